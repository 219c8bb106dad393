#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "alertmanager/notification.h"
#include "base/result.h"

namespace tocsin::alertmanager {

/// What became of one attempt to notify.
struct SendResult {
  Status status;
  bool is_retryable = false;
  /// The label of alertmanager_notifications_failed_total: "other", "clientError", "serverError",
  /// "contextCanceled", "contextDeadlineExceeded", "authError", "rateLimited".
  std::string failure_reason = "other";
};

/// One way of one receiver to reach people: a webhook, a chat, a pager. Immutable; thread-safe.
class Integration {
 public:
  using Done = std::function<void(SendResult)>;

  Integration(std::string kind, uint32_t index, bool sends_resolved)
      : kind_(std::move(kind)), index_(index), sends_resolved_(sends_resolved) {}
  virtual ~Integration() = default;

  /// Tries once, within `timeout_ms`. Calls `done` exactly once, on any thread, at once or later;
  /// it must not block there. `alerts` is not empty.
  virtual void Notify(const NotificationContext& context, const AlertList& alerts,
                      int64_t timeout_ms, Done done) = 0;

  /// "webhook": the name in metrics, logs and the notification log.
  const std::string& kind() const { return kind_; }
  /// Its place among the receiver's integrations of this kind.
  uint32_t index() const { return index_; }
  bool sends_resolved() const { return sends_resolved_; }
  /// "webhook[0]".
  std::string name() const { return kind_ + "[" + std::to_string(index_) + "]"; }

 private:
  const std::string kind_;
  const uint32_t index_;
  const bool sends_resolved_;
};

}  // namespace tocsin::alertmanager
