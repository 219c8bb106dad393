#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "model/alert.h"
#include "model/labels.h"
#include "model/relabel.h"
#include "rules/alert_sink.h"

namespace tocsin::app {

/// Takes the alerts of rules to everyone who pages: first the built-in Alertmanager, by call, then
/// the external ones. As Prometheus does before it sends, external labels are added where an alert
/// has none of that name, and alert_relabel_configs applied; the external ones do that themselves.
/// Thread-safe.
class AlertFanout final : public rules::AlertSink {
 public:
  using Receive = std::function<Status(std::span<const Alert>)>;
  using Forward = std::function<void(std::span<const Alert>)>;

  AlertFanout(Receive alertmanager, Forward external, Logger& logger)
      : alertmanager_(std::move(alertmanager)), external_(std::move(external)), logger_(logger) {}

  void ApplyConfig(const Labels& external_labels, std::vector<RelabelRule> relabel_rules);
  void Send(std::span<const Alert> alerts) override;

 private:
  std::vector<Alert> Prepare(std::span<const Alert> alerts) const;

  const Receive alertmanager_;
  const Forward external_;
  Logger& logger_;
  mutable Mutex mutex_;
  Labels external_labels_ GUARDED_BY(mutex_);
  std::vector<RelabelRule> relabel_rules_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::app
