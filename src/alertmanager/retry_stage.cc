#include <algorithm>
#include <atomic>
#include <utility>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

namespace {

// Upstream's backoff (cenkalti/backoff's defaults, no limit but the deadline).
constexpr double kFirstPauseMs = 500;
constexpr double kPauseGrowth = 1.5;
constexpr double kPauseSpread = 0.5;
constexpr double kLongestPauseMs = 60'000;

/// One notification on its way: attempts and the pauses between them. Keeps itself alive by the
/// callbacks it waits for. Its callbacks follow one another; only Cancel comes from elsewhere.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  Delivery(const RetryDependencies& dependencies, std::shared_ptr<Integration> integration,
           ContextPtr context, AlertList alerts, AlertList sent, Stage::Done done)
      : dependencies_(dependencies),
        integration_(std::move(integration)),
        context_(std::move(context)),
        alerts_(std::move(alerts)),
        sent_(std::move(sent)),
        done_(std::move(done)) {}

  void Try() {
    const int64_t now_ms = dependencies_.clock.NowMs();
    if (context_->cancel->canceled() || now_ms >= context_->deadline_ms) {
      FinishCanceled();
      return;
    }
    ++attempts_;
    attempt_start_ms_ = now_ms;
    attempt_start_ns_ = dependencies_.clock.MonotonicNs();
    const std::function<void(SendResult)> done = [self = shared_from_this()](SendResult result) {
      self->HandOver(std::move(result));
    };
    integration_->Notify(*context_, sent_, context_->deadline_ms - now_ms,
                         CallbackGate::Guard(dependencies_.gate, done));
  }

 private:
  // From the client's I/O thread, which must not wait, to a timer's.
  void HandOver(SendResult result) {
    auto shared = std::make_shared<SendResult>(std::move(result));
    dependencies_.timers.RunAt(
        dependencies_.clock.NowMs(),
        CallbackGate::Guard(dependencies_.gate,
                            std::function<void()>(
                                [self = shared_from_this(), shared] { self->OnResult(*shared); })));
  }

  void OnResult(const SendResult& result) {
    Metrics& metrics = dependencies_.metrics;
    const auto elapsed_ns = dependencies_.clock.MonotonicNs() - attempt_start_ns_;
    metrics.notification_latency(integration_->kind())
        .Observe(static_cast<double>(elapsed_ns) / 1e9);
    metrics.notification_requests(integration_->kind()).Increment();
    if (result.status) {
      Succeed();
      return;
    }
    metrics.notification_requests_failed(integration_->kind()).Increment();
    const bool is_new_error = last_error_ != result.status.error().message();
    last_error_ = result.status.error().message();
    failure_reason_ = result.failure_reason;
    if (!result.is_retryable) {
      Fail(fmt::format("notify retry canceled due to unrecoverable error after {} attempts: {}",
                       attempts_, last_error_));
      return;
    }
    if (is_new_error) LogAttempt(LogLevel::kWarn, "Notify attempt failed, will retry later");
    Pause();
  }

  void Pause() {
    const double spread = 1 + kPauseSpread * (2 * dependencies_.random() - 1);
    const auto next_ms = attempt_start_ms_ + static_cast<int64_t>(pause_ms_ * spread);
    pause_ms_ = std::min(pause_ms_ * kPauseGrowth, kLongestPauseMs);
    const auto wake = std::make_shared<Wake>(shared_from_this());
    const auto run =
        CallbackGate::Guard(dependencies_.gate, std::function<void()>([wake] { wake->Run(); }));
    dependencies_.timers.RunAt(std::min(next_ms, context_->deadline_ms), run);
    // A reload must not wait for a pause of a minute: others wait for this delivery's turn.
    const uint64_t cancel_id = context_->cancel->OnCancel(run);
    wake->cancel_id = cancel_id;
    if (wake->is_over) context_->cancel->Forget(cancel_id);
  }

  /// The end of a pause: by time or by cancellation, whichever comes first.
  struct Wake {
    explicit Wake(std::shared_ptr<Delivery> the_delivery) : delivery(std::move(the_delivery)) {}
    void Run() {
      if (is_over.exchange(true)) return;
      const auto kept = std::move(delivery);
      kept->context_->cancel->Forget(cancel_id);
      kept->Try();
    }
    std::shared_ptr<Delivery> delivery;  // Only the first to Run touches it.
    std::atomic<bool> is_over{false};
    std::atomic<uint64_t> cancel_id{0};
  };

  void Succeed() {
    LogAttempt(LogLevel::kDebug, "Notify success");
    done_(std::move(alerts_));
  }

  void FinishCanceled() {
    const bool is_canceled = context_->cancel->canceled();
    if (last_error_.empty()) {
      last_error_ = is_canceled ? "context canceled" : "context deadline exceeded";
      failure_reason_ = is_canceled ? "contextCanceled" : "contextDeadlineExceeded";
    }
    Fail(fmt::format("notify retry canceled after {} attempts: {}", attempts_, last_error_));
  }

  void Fail(const std::string& message) {
    dependencies_.metrics.notifications_failed(integration_->kind(), failure_reason_).Increment();
    done_(Errorf(ErrorCode::kUnavailable, "{}/{}: {}", context_->receiver, integration_->name(),
                 message));
  }

  void LogAttempt(LogLevel level, std::string_view message) {
    if (!dependencies_.logger.IsEnabled(level)) return;
    const std::string attempts = std::to_string(attempts_);
    const std::string name = integration_->name();
    const LogField fields[] = {{"receiver", context_->receiver},
                               {"integration", name},
                               {"aggrGroup", context_->group_key},
                               {"attempts", attempts},
                               {"err", last_error_}};
    const size_t count = level == LogLevel::kWarn ? 5 : 4;
    dependencies_.logger.Write(level, message, std::span(fields, count));
  }

  const RetryDependencies dependencies_;
  const std::shared_ptr<Integration> integration_;
  const ContextPtr context_;
  AlertList alerts_;      // What goes on to the next stage.
  const AlertList sent_;  // What the receiver sees.
  const Stage::Done done_;
  double pause_ms_ = kFirstPauseMs;
  int attempts_ = 0;
  int64_t attempt_start_ms_ = 0;
  int64_t attempt_start_ns_ = 0;
  std::string last_error_;
  std::string failure_reason_ = "other";
};

class RetryStage final : public Stage {
 public:
  RetryStage(const RetryDependencies& dependencies, std::shared_ptr<Integration> integration)
      : dependencies_(dependencies), integration_(std::move(integration)) {}

  void Exec(ContextPtr context, AlertList alerts, Done done) override {
    AlertList sent = alerts;
    if (!integration_->sends_resolved()) {
      // With nothing to tell the receiver, the log still has to learn that nothing fires.
      if (context->firing.empty()) {
        done(std::move(alerts));
        return;
      }
      std::erase_if(sent, [](const AlertPtr& alert) { return alert->ends_at_ns != 0; });
    }
    dependencies_.metrics.notifications(integration_->kind()).Increment();
    std::make_shared<Delivery>(dependencies_, integration_, std::move(context), std::move(alerts),
                               std::move(sent), std::move(done))
        ->Try();
  }

 private:
  const RetryDependencies dependencies_;
  const std::shared_ptr<Integration> integration_;
};

}  // namespace

std::unique_ptr<Stage> MakeRetryStage(const RetryDependencies& dependencies,
                                      std::shared_ptr<Integration> integration) {
  return std::make_unique<RetryStage>(dependencies, std::move(integration));
}

}  // namespace tocsin::alertmanager
