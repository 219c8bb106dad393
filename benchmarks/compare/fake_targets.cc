// Serves many synthetic hosts, a port each, as cheaply as it can: what it burns is not measured but
// shares the machine. One thread, one epoll set, keep-alive; `/stats` on any port tells how many
// pages went out.
//
//   fake_targets --first-port 20000 --targets 200 [--gzip]
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "base/compression.h"
#include "compare/host_page.h"

namespace tocsin::compare {
namespace {

struct Options {
  int first_port = 20000;
  int targets = 200;
  bool gzip = false;
};

/// A client's connection: its unfinished request and the rest of an answer it has not taken yet.
struct Connection {
  int socket = -1;
  int target = 0;
  bool closes = false;
  std::string request;
  std::string unsent;
};

/// Confined to a thread.
class TargetServer {
 public:
  explicit TargetServer(const Options& options) : options_(options), epoll_(::epoll_create1(0)) {
    for (int i = 0; i < options.targets; ++i) {
      hosts_.push_back(page_.MakeHost(static_cast<uint64_t>(i) + 1));
    }
  }

  bool Listen() {
    for (int i = 0; i < options_.targets; ++i) {
      const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      const int yes = 1;
      ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<uint16_t>(options_.first_port + i));
      if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
          ::listen(listener, 64) != 0) {
        std::fprintf(stderr, "cannot listen on port %d: %s\n", options_.first_port + i,
                     std::strerror(errno));
        return false;
      }
      listeners_[listener] = i;
      Watch(listener, EPOLLIN, EPOLL_CTL_ADD);
    }
    return true;
  }

  void Run() {
    std::array<epoll_event, 64> events;
    while (true) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) Handle(events[static_cast<size_t>(i)]);
    }
  }

 private:
  void Watch(int socket, uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.fd = socket;
    ::epoll_ctl(epoll_, operation, socket, &event);
  }

  void Handle(const epoll_event& event) {
    if (const auto listener = listeners_.find(event.data.fd); listener != listeners_.end()) {
      return Accept(listener->first, listener->second);
    }
    const auto found = connections_.find(event.data.fd);
    if (found == connections_.end()) return;
    Connection& connection = found->second;
    const bool alive = connection.unsent.empty() ? Read(connection) : Send(connection, "");
    if (alive) return;
    ::close(connection.socket);
    connections_.erase(found);
  }

  void Accept(int listener, int target) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (socket < 0) return;
    const int yes = 1;
    const int buffer_bytes = 256 * 1024;  // A page at once: one write, no second wake-up.
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof(buffer_bytes));
    Connection& connection = connections_[socket];
    connection.socket = socket;
    connection.target = target;
    Watch(socket, EPOLLIN, EPOLL_CTL_ADD);
  }

  bool Read(Connection& connection) {
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(connection.socket, bytes.data(), bytes.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    connection.request.append(bytes.data(), static_cast<size_t>(count));
    if (connection.request.find("\r\n\r\n") == std::string::npos) {
      return connection.request.size() < 64 * 1024;
    }
    const std::string request = std::exchange(connection.request, {});
    connection.closes = request.find("onnection: close") != std::string::npos;
    if (request.starts_with("GET /stats")) {
      return Answer(connection,
                    fmt::format("{{\"pages\":{},\"series\":{}}}\n", pages_, HostPage::kSeries),
                    false);
    }
    ++pages_;
    page_.Render(hosts_[static_cast<size_t>(connection.target)]);
    if (!options_.gzip || request.find("gzip") == std::string::npos) {
      return Answer(connection, page_.text(), false);
    }
    GzipCompress(page_.text(), compressed_);
    return Answer(connection, compressed_, true);
  }

  bool Answer(Connection& connection, std::string_view body, bool is_gzip) {
    answer_ = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        "{}Content-Length: {}\r\n\r\n",
        is_gzip ? "Content-Encoding: gzip\r\n" : "", body.size());
    answer_ += body;
    return Send(connection, answer_);
  }

  /// Sends what waits and then `bytes`, as far as the socket takes them. False: the connection is
  /// over.
  bool Send(Connection& connection, std::string_view bytes) {
    const bool was_waiting = !connection.unsent.empty();
    std::string_view rest = was_waiting ? std::string_view(connection.unsent) : bytes;
    while (!rest.empty()) {
      const ssize_t count = ::send(connection.socket, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno != EAGAIN) return false;
      if (count < 0) break;
      rest.remove_prefix(static_cast<size_t>(count));
    }
    connection.unsent = std::string(rest);
    const bool is_waiting = !connection.unsent.empty();
    if (is_waiting != was_waiting) {
      Watch(connection.socket, is_waiting ? EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    }
    return is_waiting || !connection.closes;
  }

  const Options options_;
  const int epoll_;
  HostPage page_;
  std::vector<HostPage::Host> hosts_;
  std::map<int, int> listeners_;  // Socket to target.
  std::map<int, Connection> connections_;
  std::string answer_;
  std::string compressed_;
  uint64_t pages_ = 0;
};

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--gzip") {
      options.gzip = true;
    } else if (name == "--first-port" && i + 1 < argc) {
      options.first_port = std::atoi(argv[++i]);
    } else if (name == "--targets" && i + 1 < argc) {
      options.targets = std::atoi(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: fake_targets [--first-port 20000] [--targets 200] [--gzip]\n");
      std::exit(2);
    }
  }
  return options;
}

}  // namespace
}  // namespace tocsin::compare

int main(int argc, char** argv) {
  tocsin::compare::TargetServer server(tocsin::compare::ParseOptions(argc, argv));
  if (!server.Listen()) return 1;
  std::puts("ready");
  std::fflush(stdout);
  server.Run();
}
