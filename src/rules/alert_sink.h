#pragma once

#include <span>

#include "model/alert.h"

namespace tocsin::rules {

/// Where the alerts of rules go: the built-in Alertmanager, the notifier, or both. Thread-safe.
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  /// Takes firing and resolved alerts of one rule; the alerts are borrowed for the call. Must not
  /// block on the network: rule evaluation waits for it.
  virtual void Send(std::span<const Alert> alerts) = 0;
};

}  // namespace tocsin::rules
