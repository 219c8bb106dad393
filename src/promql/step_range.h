#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::promql {

/// The times at which an expression is evaluated: start_ms, start_ms + step_ms, … Value type.
struct StepRange {
  int64_t start_ms = 0;
  int64_t step_ms = 1;  ///< Greater than 0.
  size_t count = 1;     ///< May be 0 inside a subquery that is shorter than its step.

  int64_t At(size_t step) const { return start_ms + step_ms * static_cast<int64_t>(step); }
  int64_t last_ms() const { return At(count == 0 ? 0 : count - 1); }

  /// All steps up to and including end_ms.
  static StepRange Between(int64_t start_ms, int64_t end_ms, int64_t step_ms) {
    if (end_ms < start_ms) return {start_ms, step_ms, 0};
    return {start_ms, step_ms, static_cast<size_t>((end_ms - start_ms) / step_ms) + 1};
  }
};

}  // namespace tocsin::promql
