#pragma once

#include <cstdint>
#include <string>

#include "model/labels.h"

namespace tocsin {

/// An alert on its way from a rule to whoever pages: the fields of POST /api/v2/alerts. Times are
/// nanoseconds since the epoch, 0 means unset. Value type.
struct Alert {
  Labels labels;
  Labels annotations;
  int64_t starts_at_ns = 0;
  int64_t ends_at_ns = 0;
  std::string generator_url;

  /// Resolved at `now_ns`: its end is set and not in the future.
  bool IsResolvedAt(int64_t now_ns) const { return ends_at_ns != 0 && ends_at_ns <= now_ns; }
};

}  // namespace tocsin
