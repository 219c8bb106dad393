#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "http/connection.h"
#include "http/exchange.h"
#include "http/listen_socket.h"
#include "http/web_security.h"
#include "http/worker_pool.h"

namespace tocsin::http {

struct EventLoopOptions {
  size_t max_connections = 0;
  int64_t idle_timeout_ms = 0;    ///< Between requests.
  int64_t header_timeout_ms = 0;  ///< From the first byte of a request to the end of its headers.
};

/// Accepts connections and keeps those that wait for a request in one edge-triggered epoll set: no
/// thread, no polling per connection. Once a request's headers are complete the connection goes to
/// a worker, which brings it back when there is nothing more to answer; meanwhile the loop only
/// watches whether the client goes away. TLS connections go to a worker for every step, because
/// handshakes are expensive. Thread-safe.
class EventLoop {
 public:
  /// Keeps the references. All but `workers` must outlive it; `workers` goes between Stop() and the
  /// end.
  EventLoop(const EventLoopOptions& options, std::vector<ListenSocket> sockets,
            WebSecurity& security, Exchange& exchange, WorkerPool& workers, const Clock& clock,
            Logger& logger);
  ~EventLoop();

  /// Closes listening sockets and parked connections, from now on and for good; does not wait.
  void Drain();
  /// Ends the loop's thread. Workers may still hold connections; call before `workers` goes.
  void Stop();
  /// Connections being served or lingering.
  size_t connection_count() EXCLUDES(mutex_);
  /// Tells the requests under way that nobody waits for their answers.
  void CancelAll() EXCLUDES(mutex_);

 private:
  void Run(const std::stop_token& stop);
  void HandleEvent(void* tag, uint32_t events);
  void Wake();

  // Listening.
  void AcceptAll(const ListenSocket& socket);
  void Adopt(FileDescriptor fd);
  void SetListening(bool is_listening);
  bool IsFull() EXCLUDES(mutex_);
  bool IsSomebodyWaiting() const;

  // A parked connection, on the loop's thread.
  void Advance(Connection& connection);
  void Refuse(Connection& connection, std::string_view status_line);
  /// Throws away what a lingering client still sends; false when it has closed or had its time.
  bool Discard(Connection& connection);
  void Sweep(int64_t now_ns) EXCLUDES(mutex_);
  void SweepOne(Connection& connection, int64_t now_ns);
  void MakeRoom(const std::vector<Connection*>& parked, int64_t now_ns);

  // Either.
  void SendRefusal(Connection& connection, std::string_view status_line);
  void BeginLinger(Connection& connection);
  void Close(Connection& connection) EXCLUDES(mutex_);

  // A connection of a worker, on its thread.
  void Dispatch(Connection& connection);
  void Work(Connection& connection);
  /// One step: true to go on, false when the connection was parked or closed.
  bool WorkOnce(Connection& connection);
  bool ReadMore(Connection& connection);
  bool ServeOne(Connection& connection, size_t header_bytes);
  /// False when more has arrived meanwhile; then the connection stays with the caller.
  bool Park(Connection& connection);
  void Linger(Connection& connection);

  int64_t SweepIntervalMs() const;
  int64_t DeadlineNs(int64_t timeout_ms) const;

  const EventLoopOptions options_;
  WebSecurity& security_;
  Exchange& exchange_;
  WorkerPool& workers_;
  const Clock& clock_;
  Logger& logger_;
  FileDescriptor epoll_;
  FileDescriptor wakeup_;
  std::atomic<bool> is_draining_{false};

  // The loop's own.
  std::vector<ListenSocket> sockets_;
  bool is_listening_ = false;
  int64_t listen_again_ns_ = 0;  ///< After an accept that failed for want of descriptors.

  Mutex mutex_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_ GUARDED_BY(mutex_);
  /// Closed; freed by the loop when no event can name them any more.
  std::vector<std::unique_ptr<Connection>> closed_ GUARDED_BY(mutex_);

  std::jthread thread_;  ///< Last: it uses all of the above.
};

}  // namespace tocsin::http
