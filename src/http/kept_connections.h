#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/file_descriptor.h"

namespace tocsin::http {

/// Idle connections to servers that let us send another request, by "host:port". While they are
/// here, an epoll set watches them: bytes or an end that nobody asked for makes them useless.
/// Confined to a thread.
class KeptConnections {
 public:
  /// `epoll` is borrowed.
  explicit KeptConnections(int epoll) : epoll_(epoll) {}

  /// Watches a socket that is new here.
  void Add(const std::string& authority, FileDescriptor socket, int64_t now_ns);
  /// Takes back one that Take() gave out; it has been watched all the time.
  void Return(const std::string& authority, FileDescriptor socket, int64_t now_ns);
  /// The one used last, still watched, or a closed one when there is none.
  FileDescriptor Take(const std::string& authority);

  bool Holds(int fd) const { return idle_.contains(fd); }
  void Drop(int fd);
  /// Drops those that have been idle since before `since_ns`.
  void DropIdleSince(int64_t since_ns);

 private:
  struct Idle {
    std::string authority;
    int64_t since_ns;
  };

  const int epoll_;
  std::unordered_map<int, Idle> idle_;
  std::unordered_map<std::string, std::vector<FileDescriptor>> by_authority_;
};

}  // namespace tocsin::http
