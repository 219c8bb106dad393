#include "http/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>

#include "http/listen_socket.h"

namespace tocsin::http {

std::string Peer::ReadRequest() {
  const auto fill = [&] {
    char buffer[16 << 10];
    const ssize_t count = recv(fd_.get(), buffer, sizeof buffer, 0);
    if (count > 0) input_.append(buffer, static_cast<size_t>(count));
    return count > 0;
  };
  size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  size_t size = end + 4;
  const size_t length = input_.find("Content-Length: ");
  if (length < end) size += std::strtoul(input_.c_str() + length + 16, nullptr, 10);
  while (input_.size() < size) {
    if (!fill()) return {};
  }
  std::string request = input_.substr(0, size);
  input_.erase(0, size);
  return request;
}

bool Peer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void Peer::WaitForClose() {
  char buffer[4096];
  while (recv(fd_.get(), buffer, sizeof buffer, 0) > 0) {
  }
}

void Peer::Reset() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Start(reinterpret_cast<const sockaddr&>(address), sizeof address);
}

ScriptedServer::ScriptedServer(Script script, const std::string& unix_path)
    : script_(std::move(script)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  Start(reinterpret_cast<const sockaddr&>(address), sizeof address);
}

void ScriptedServer::Start(const sockaddr& address, size_t size) {
  listener_.Reset(socket(address.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(listener_.get(), &address, static_cast<socklen_t>(size)) != 0 ||
      listen(listener_.get(), 128) != 0) {
    std::abort();
  }
  if (address.sa_family == AF_INET) {
    port_ = static_cast<uint16_t>(LocalAddress(listener_.get()).port);
  }
  acceptor_ = std::jthread([this] { Run(); });
}

ScriptedServer::~ScriptedServer() {
  is_stopping_ = true;
  shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  MutexLock lock(mutex_);
  for (const int fd : open_) shutdown(fd, SHUT_RDWR);
}

std::string ScriptedServer::Url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void ScriptedServer::Run() {
  while (!is_stopping_) {
    FileDescriptor fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd.is_open()) return;
    ++connection_count_;
    threads_.emplace_back([this, owned = std::move(fd)]() mutable { Serve(std::move(owned)); });
  }
}

void ScriptedServer::Serve(FileDescriptor fd) {
  Peer peer(std::move(fd));
  const int raw_fd = peer.fd_.get();
  {
    MutexLock lock(mutex_);
    open_.push_back(raw_fd);
  }
  script_(peer);
  MutexLock lock(mutex_);
  std::erase(open_, raw_fd);
  peer.fd_.Reset();
}

std::string OkResponse(std::string_view body, std::string_view more_headers) {
  return "HTTP/1.1 200 OK\r\n" + std::string(more_headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace tocsin::http
