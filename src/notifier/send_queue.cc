#include "notifier/send_queue.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "notifier/alert_json.h"

namespace tocsin::notifier {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
// Waits between attempts of a batch: doubled each time, but short enough that an Alertmanager that
// comes back hears of an alert before the rule sends it again.
constexpr int64_t kFirstBackoffMs = 500;
constexpr int64_t kMaxBackoffMs = 30'000;

telemetry::LabelPairs PeerLabel(const std::string& url) { return {{"alertmanager", url}}; }

int64_t BackoffMs(int64_t failures) {
  const int64_t doublings = std::min<int64_t>(failures - 1, 10);
  return std::min(kFirstBackoffMs << doublings, kMaxBackoffMs);
}

enum class Outcome { kSent, kTryAgain, kRefused };

Outcome OutcomeOf(const Result<http::ClientResponse>& response) {
  if (!response) return Outcome::kTryAgain;
  if (response->status / 100 == 2) return Outcome::kSent;
  // What the Alertmanager does not understand now it will not understand later.
  const bool is_final = response->status / 100 == 4 && response->status != 429;
  return is_final ? Outcome::kRefused : Outcome::kTryAgain;
}

std::string ReasonOf(const Result<http::ClientResponse>& response) {
  if (!response) return response.error().message();
  return fmt::format("bad response status {}", response->status);
}

}  // namespace

SendQueue::SendQueue(std::string url, PeerOptions peer, const NotifierEnvironment& environment,
                     const NotifierOptions& options)
    : url_(std::move(url)),
      environment_(environment),
      options_(options),
      sent_(environment.registry.AddCounter("prometheus_notifications_sent_total",
                                            "Total number of alerts sent.", PeerLabel(url_))),
      errors_(environment.registry.AddCounter("prometheus_notifications_errors_total",
                                              "Total number of sent alerts affected by errors.",
                                              PeerLabel(url_))),
      dropped_(environment.registry.AddCounter(
          "prometheus_notifications_dropped_total",
          "Total number of alerts dropped due to errors when sending to Alertmanager.",
          PeerLabel(url_))),
      latency_(environment.registry.AddSummary("prometheus_notifications_latency_seconds",
                                               "Latency quantiles for sending alert notifications.",
                                               PeerLabel(url_))),
      length_(environment.registry.AddGauge("prometheus_notifications_queue_length",
                                            "The number of alert notifications in the queue.",
                                            PeerLabel(url_))),
      peer_(std::move(peer)) {}

void SendQueue::Add(std::span<const Alert> alerts) {
  const int64_t now_ns = environment_.clock.NowNs();
  MutexLock lock(mutex_);
  if (is_stopped_) return;
  for (const Alert& alert : alerts) waiting_.push_back({alert, !alert.IsResolvedAt(now_ns)});
  TrimLocked();
  // While a retry is due, that is scheduled already.
  if (!is_sending_) SchedulePumpLocked(environment_.clock.NowMs());
}

void SendQueue::SetPeer(PeerOptions peer) {
  MutexLock lock(mutex_);
  peer_ = std::move(peer);
}

void SendQueue::TrimLocked() {
  if (waiting_.size() > options_.queue_capacity) {
    const size_t excess = waiting_.size() - options_.queue_capacity;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(excess));
    dropped_.Increment(static_cast<double>(excess));
    const std::string count = std::to_string(excess);
    environment_.logger.Warn("Alert notification queue full, dropping alerts",
                             {{"alertmanager", url_}, {"count", count}});
  }
  length_.Set(static_cast<double>(waiting_.size()));
}

void SendQueue::SchedulePumpLocked(int64_t at_ms) {
  if (is_scheduled_) return;
  is_scheduled_ = true;
  environment_.timers.RunAt(at_ms, [self = weak_from_this()] {
    if (const auto queue = self.lock()) queue->Pump();
  });
}

void SendQueue::Pump() {
  http::ClientRequest request;
  {
    MutexLock lock(mutex_);
    is_scheduled_ = false;
    if (is_sending_ || waiting_.empty()) {
      idle_.notify_all();
      return;
    }
    is_sending_ = true;
    request = TakeBatchLocked();
  }
  const int64_t started_ns = environment_.clock.MonotonicNs();
  environment_.client.Start(std::move(request),
                            [self = shared_from_this(), started_ns](auto response) {
                              self->Done(std::move(response), started_ns);
                            });
}

http::ClientRequest SendQueue::TakeBatchLocked() {
  const size_t size = std::min(waiting_.size(), options_.max_batch_size);
  std::vector<Alert> alerts;
  for (size_t i = 0; i < size; ++i) {
    alerts.push_back(waiting_.front().alert);
    batch_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  length_.Set(static_cast<double>(waiting_.size()));
  http::ClientRequest request;
  request.method = "POST";
  request.url = url_;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = FormatAlerts(alerts);
  request.options = peer_.client;
  request.timeout_ms = peer_.timeout_ms;
  return request;
}

// Runs on the I/O thread: what comes next is left to a timer.
void SendQueue::Done(Result<http::ClientResponse> response, int64_t started_ns) {
  const Outcome outcome = OutcomeOf(response);
  const int64_t now_ms = environment_.clock.NowMs();
  size_t size = 0;
  bool drains = false;
  {
    MutexLock lock(mutex_);
    size = batch_.size();
    sent_.Increment(static_cast<double>(size));
    latency_.Observe(static_cast<double>(environment_.clock.MonotonicNs() - started_ns) / 1e9);
    if (outcome != Outcome::kSent) errors_.Increment(static_cast<double>(size));
    if (outcome == Outcome::kRefused) dropped_.Increment(static_cast<double>(size));
    if (outcome == Outcome::kTryAgain)
      RequeueLocked();
    else
      failures_in_a_row_ = 0;
    batch_.clear();
    is_sending_ = false;
    drains = is_stopped_ && !waiting_.empty();
    if (waiting_.empty())
      idle_.notify_all();
    else if (!drains)
      SchedulePumpLocked(failures_in_a_row_ == 0 ? now_ms : now_ms + BackoffMs(failures_in_a_row_));
  }
  if (outcome != Outcome::kSent) {
    const std::string count = std::to_string(size);
    const std::string reason = ReasonOf(response);
    environment_.logger.Error("Error sending alerts",
                              {{"alertmanager", url_}, {"count", count}, {"err", reason}});
  }
  if (drains) Pump();  // Timers may have ended by now.
}

// Puts what is still worth sending back to the front, in its order.
void SendQueue::RequeueLocked() {
  if (is_stopped_) {
    // Draining: this Alertmanager does not listen, so its whole queue is lost.
    dropped_.Increment(static_cast<double>(batch_.size() + waiting_.size()));
    waiting_.clear();
    length_.Set(0);
    return;
  }
  ++failures_in_a_row_;
  std::unordered_set<Labels, LabelsHash> newer;
  for (const Waiting& waiting : waiting_) newer.insert(waiting.alert.labels);
  const int64_t now_ns = environment_.clock.NowMs() * kNsPerMs;
  for (auto at = batch_.rbegin(); at != batch_.rend(); ++at) {
    if (newer.contains(at->alert.labels)) continue;
    if (at->is_firing && at->alert.IsResolvedAt(now_ns)) {
      // Sent now it would count as resolved, which nobody said.
      dropped_.Increment();
      continue;
    }
    waiting_.push_front(std::move(*at));
  }
  TrimLocked();
}

void SendQueue::Stop(bool drains) {
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    if (!drains) {
      dropped_.Increment(static_cast<double>(waiting_.size()));
      waiting_.clear();
      length_.Set(0);
    }
  }
  // A retry may be far away; this is the last chance.
  if (drains) Pump();
}

void SendQueue::WaitUntilIdle() {
  MutexLock lock(mutex_);
  while (is_sending_ || !waiting_.empty()) idle_.wait(mutex_);
}

}  // namespace tocsin::notifier
