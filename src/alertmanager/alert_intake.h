#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "alertmanager/stored_alert.h"
#include "base/result.h"

namespace tocsin::alertmanager {

/// Alerts as they came in, made ready for the store.
struct Intake {
  std::vector<StoredAlert> valid;
  std::vector<std::string> errors;  ///< One for each alert that was refused.
  size_t firing = 0;                ///< Of all that came in.
  size_t resolved = 0;
};

/// Fills in what senders may leave out (start: now, or the end if there is one; end: now plus
/// `resolve_timeout_ms`, marked as a timeout) and refuses alerts that make no sense.
Intake TakeIn(std::vector<StoredAlert> alerts, int64_t now_ns, int64_t resolve_timeout_ms);

}  // namespace tocsin::alertmanager
