#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "discovery/zookeeper_protocol.h"
#include "http/file_descriptor.h"

namespace tocsin::discovery::zookeeper {

/// A session with one server: requests that wait for their answers, and events of the watches that
/// they leave. Any error but kNotFound ends it: kUnavailable, kTimeout or kCorruption from the
/// other side, kCanceled when the stop descriptor is readable. Confined to one thread.
class Session {
 public:
  /// `server` as in "host", "host:port" or "[::1]:port"; the port is 2181 unless given. Looking up
  /// the name cannot be stopped. `stop_fd` is borrowed.
  static Result<std::unique_ptr<Session>> Connect(const std::string& server, int32_t timeout_ms,
                                                  int stop_fd);
  ~Session();

  // Each leaves a watch. kNotFound: there is no such node.
  Result<std::string> GetData(const std::string& path);
  Result<std::vector<std::string>> GetChildren(const std::string& path);
  Status CheckExists(const std::string& path);

  bool has_event() const { return !events_.empty(); }
  /// Waits for the next event, keeping the session alive.
  Result<WatchEvent> WaitForEvent();

 private:
  Session(http::FileDescriptor socket, int32_t timeout_ms, int stop_fd)
      : socket_(std::move(socket)), timeout_ms_(timeout_ms), stop_fd_(stop_fd) {}

  Status WaitUntilReady(short events, int32_t timeout_ms) const;
  Status FinishConnect();
  Status Send(std::string_view frame);
  Result<std::string> ReadFrame(int32_t timeout_ms);
  std::optional<std::string> TakeFrame();
  /// Sends a request and returns the body of its answer. Events on the way are kept.
  Result<std::string> Call(Operation operation, const std::string& path);
  Status TakeEvent(std::string_view body);

  const http::FileDescriptor socket_;
  int32_t timeout_ms_;
  const int stop_fd_;
  int32_t last_id_ = 0;
  std::string input_;
  std::deque<WatchEvent> events_;
};

}  // namespace tocsin::discovery::zookeeper
