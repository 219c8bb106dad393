#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "http/file_descriptor.h"

namespace tocsin::http {

/// One accepted connection of a ScriptedServer, in the hands of its script.
class Peer {
 public:
  explicit Peer(FileDescriptor fd) : fd_(std::move(fd)) {}
  /// The next request up to its blank line, and its body when it has a length; "" at the end.
  std::string ReadRequest();
  bool Send(std::string_view bytes);
  /// Waits until the other side closes.
  void WaitForClose();
  /// Closes with a reset.
  void Reset();

 private:
  friend class ScriptedServer;
  FileDescriptor fd_;
  std::string input_;
};

/// A server that does to each connection exactly what a function says, right or wrong.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;
  explicit ScriptedServer(Script script);
  /// Listens on a socket in the file system instead.
  ScriptedServer(Script script, const std::string& unix_path);
  ~ScriptedServer();

  uint16_t port() const { return port_; }
  std::string Url(std::string_view path = "/metrics") const;
  int connection_count() const { return connection_count_; }

 private:
  void Start(const sockaddr& address, size_t size);
  void Run();
  void Serve(FileDescriptor fd);

  const Script script_;
  FileDescriptor listener_;
  uint16_t port_ = 0;
  std::atomic<int> connection_count_{0};
  std::atomic<bool> is_stopping_{false};
  Mutex mutex_;
  std::vector<int> open_ GUARDED_BY(mutex_);  ///< Shut down at the end so that scripts return.
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

/// "HTTP/1.1 200 OK" with `body` and its length.
std::string OkResponse(std::string_view body, std::string_view more_headers = "");

}  // namespace tocsin::http
