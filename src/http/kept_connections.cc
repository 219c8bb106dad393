#include "http/kept_connections.h"

#include <sys/epoll.h>

#include <algorithm>

namespace tocsin::http {

void KeptConnections::Add(const std::string& authority, FileDescriptor socket, int64_t now_ns) {
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.fd = socket.get()}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.get(), &event) != 0) return;
  Return(authority, std::move(socket), now_ns);
}

void KeptConnections::Return(const std::string& authority, FileDescriptor socket, int64_t now_ns) {
  idle_.insert_or_assign(socket.get(), Idle{authority, now_ns});
  by_authority_[authority].push_back(std::move(socket));
}

FileDescriptor KeptConnections::Take(const std::string& authority) {
  const auto sockets = by_authority_.find(authority);
  if (sockets == by_authority_.end() || sockets->second.empty()) return {};
  FileDescriptor socket = std::move(sockets->second.back());
  sockets->second.pop_back();
  idle_.erase(socket.get());
  return socket;
}

void KeptConnections::Drop(int fd) {
  const auto node = idle_.extract(fd);
  if (node.empty()) return;
  const auto sockets = by_authority_.find(node.mapped().authority);
  std::erase_if(sockets->second, [fd](const FileDescriptor& socket) { return socket.get() == fd; });
  if (sockets->second.empty()) by_authority_.erase(sockets);
}

void KeptConnections::DropIdleSince(int64_t since_ns) {
  std::vector<int> old;
  for (const auto& [fd, idle] : idle_) {
    if (idle.since_ns < since_ns) old.push_back(fd);
  }
  for (const int fd : old) Drop(fd);
}

}  // namespace tocsin::http
