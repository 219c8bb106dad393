#include "http/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdlib>

namespace tocsin::http {

RawClient::RawClient(uint16_t port, const std::string& ip) {
  const bool is_ipv6 = ip.find(':') != std::string::npos;
  fd_.Reset(socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int on = 1;
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int result = 0;
  if (is_ipv6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    inet_pton(AF_INET6, ip.c_str(), &address.sin6_addr);
    result = connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, ip.c_str(), &address.sin_addr);
    result = connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  if (result != 0) fd_.Reset();
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void RawClient::ShutdownWrite() { shutdown(fd_.get(), SHUT_WR); }

void RawClient::Abort() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  fd_.Reset();
}

bool RawClient::Fill() {
  char buffer[16 << 10];
  const ssize_t count = recv(fd_.get(), buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  input_.append(buffer, static_cast<size_t>(count));
  return true;
}

bool RawClient::FillUntil(size_t size) {
  while (input_.size() < size) {
    if (!Fill()) return false;
  }
  return true;
}

bool RawClient::ReadChunks(std::string& body) {
  for (;;) {
    size_t line_end = 0;
    while ((line_end = input_.find("\r\n")) == std::string::npos) {
      if (!Fill()) return false;
    }
    const size_t size = std::strtoul(input_.c_str(), nullptr, 16);
    if (!FillUntil(line_end + 2 + size + 2)) return false;
    body.append(input_, line_end + 2, size);
    input_.erase(0, line_end + 2 + size + 2);
    if (size == 0) return true;
  }
}

RawResponse RawClient::ReadResponse(bool has_body) {
  size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return {};
  }
  RawResponse response;
  response.status = std::atoi(input_.c_str() + sizeof "HTTP/1.1");
  std::string_view head = std::string_view(input_).substr(0, end + 2);
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const size_t colon = line.find(": ");
    response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  input_.erase(0, end + 4);
  if (!has_body) return response;
  if (response.Header("Transfer-Encoding") == "chunked") {
    if (!ReadChunks(response.body)) return {};
  } else if (const std::string length(response.Header("Content-Length")); !length.empty()) {
    const size_t size = std::strtoul(length.c_str(), nullptr, 10);
    if (!FillUntil(size)) return {};
    response.body = input_.substr(0, size);
    input_.erase(0, size);
  }
  return response;
}

bool RawClient::ReadToEnd(std::string& out) {
  char buffer[16 << 10];
  out = std::move(input_);
  for (;;) {
    const ssize_t count = recv(fd_.get(), buffer, sizeof buffer, 0);
    if (count == 0) return true;
    if (count < 0) return errno == ECONNRESET;
    out.append(buffer, static_cast<size_t>(count));
  }
}

RawResponse Get(RawClient& client, std::string_view target, std::string_view more_headers) {
  std::string request = "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n";
  request += more_headers;
  client.Send(request + "\r\n");
  return client.ReadResponse();
}

}  // namespace tocsin::http
