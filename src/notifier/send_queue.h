#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/timers.h"
#include "http/client.h"
#include "model/alert.h"
#include "notifier/notifier_environment.h"
#include "telemetry/registry.h"

namespace tocsin::notifier {

/// How one Alertmanager is talked to.
struct PeerOptions {
  std::shared_ptr<const http::ClientOptions> client;  // Shared with requests under way.
  int64_t timeout_ms = 10'000;
};

/// The alerts that wait for one Alertmanager, which gets them in order, a batch at a time. The
/// queue is bounded: the oldest alerts are dropped, and counted. A batch that fails for now
/// (network, 5xx, 429) is tried again, later each time, without the alerts that newer ones in the
/// queue supersede and without those whose validity has passed. Thread-safe.
class SendQueue : public std::enable_shared_from_this<SendQueue> {
 public:
  /// `environment` and `options` must outlive the queue.
  SendQueue(std::string url, PeerOptions peer, const NotifierEnvironment& environment,
            const NotifierOptions& options);

  void Add(std::span<const Alert> alerts);
  void SetPeer(PeerOptions peer);

  /// Sends nothing more, and with `drains` first everything that waits, until a batch fails. Does
  /// not wait.
  void Stop(bool drains);
  /// Waits until a stopped queue has nothing under way.
  void WaitUntilIdle();

  const std::string& url() const { return url_; }

 private:
  struct Waiting {
    Alert alert;
    bool is_firing;  ///< When it was queued: its end is how long it is valid.
  };

  void SchedulePumpLocked(int64_t at_ms) REQUIRES(mutex_);
  void Pump();
  http::ClientRequest TakeBatchLocked() REQUIRES(mutex_);
  void Done(Result<http::ClientResponse> response, int64_t started_ns);
  void RequeueLocked() REQUIRES(mutex_);
  void TrimLocked() REQUIRES(mutex_);

  // Constant after construction.
  const std::string url_;
  const NotifierEnvironment& environment_;
  const NotifierOptions& options_;
  telemetry::Counter& sent_;
  telemetry::Counter& errors_;
  telemetry::Counter& dropped_;
  telemetry::Histogram& latency_;
  telemetry::Gauge& length_;

  Mutex mutex_;
  CondVar idle_;
  PeerOptions peer_ GUARDED_BY(mutex_);
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
  std::vector<Waiting> batch_ GUARDED_BY(mutex_);  // Under way.
  bool is_sending_ GUARDED_BY(mutex_) = false;
  bool is_scheduled_ GUARDED_BY(mutex_) = false;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  int64_t failures_in_a_row_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::notifier
