#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/labels.h"
#include "model/matcher.h"

namespace tocsin::tsdb {

struct HeadState;

/// A series of the head as a deletion needs it.
struct HeadSeriesExtent {
  Labels labels;
  uint64_t wal_ref = 0;   ///< How the log names it.
  int64_t newest_ms = 0;  ///< Of its newest sample in order.
};

/// Samples of a series of the head that are deleted: those in [start_ms, end_ms], both inclusive.
struct HeadDeletion {
  Labels labels;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
};

/// The series with samples for which all matchers match.
std::vector<HeadSeriesExtent> ListExtents(HeadState& state, std::span<const Matcher> matchers);

}  // namespace tocsin::tsdb
