#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/exemplar.h"
#include "model/labels.h"
#include "model/matcher.h"

namespace tocsin::storage {

/// The exemplars of one series, oldest first.
struct ExemplarSeries {
  Labels labels;
  std::vector<Exemplar> exemplars;
};

/// Something that keeps exemplars. Thread-safe.
class ExemplarQueryable {
 public:
  virtual ~ExemplarQueryable() = default;
  /// Series that match all matchers of at least one of `selectors`, sorted by labels, with their
  /// exemplars of start_ms <= t <= end_ms.
  virtual Result<std::vector<ExemplarSeries>> SelectExemplars(
      int64_t start_ms, int64_t end_ms, std::span<const std::vector<Matcher>> selectors) = 0;
};

}  // namespace tocsin::storage
