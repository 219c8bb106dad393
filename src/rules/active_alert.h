#pragma once

#include <cstdint>
#include <string_view>

#include "model/labels.h"

namespace tocsin::rules {

enum class AlertState { kUnknown, kInactive, kPending, kFiring };

/// "unknown", "inactive", "pending", "firing".
std::string_view AlertStateText(AlertState state);

/// One label set for which an alerting rule's expression was true lately. Times are nanoseconds
/// since the epoch, 0 means not yet. Value type.
struct ActiveAlert {
  Labels annotations;
  AlertState state = AlertState::kPending;
  double value = 0;  ///< Of the expression, when it was last true.
  int64_t active_at_ns = 0;
  int64_t fired_at_ns = 0;
  int64_t resolved_at_ns = 0;
  int64_t last_sent_at_ns = 0;
  int64_t valid_until_ns = 0;  ///< endsAt of the last send while firing.
  int64_t keep_firing_since_ns = 0;
};

}  // namespace tocsin::rules
