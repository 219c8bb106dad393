#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "model/float_histogram.h"
#include "model/histogram.h"

namespace tocsin::tsdb {

struct HeadMetrics;

enum class SampleKind : uint8_t { kFloat, kHistogram, kFloatHistogram };

/// A native histogram of either kind, borrowed; or none.
struct HistogramRef {
  const Histogram* integer = nullptr;
  const FloatHistogram* floating = nullptr;

  explicit operator bool() const { return integer != nullptr || floating != nullptr; }
  SampleKind kind() const {
    if (integer != nullptr) return SampleKind::kHistogram;
    return floating != nullptr ? SampleKind::kFloatHistogram : SampleKind::kFloat;
  }
};

/// The newest sample in order of a series. `value` is of floats.
struct NewestSample {
  int64_t timestamp_ms = 0;
  double value = 0;
  SampleKind kind = SampleKind::kFloat;
};

/// Which times are welcome. Value type.
struct AppendBounds {
  int64_t min_valid_ms = INT64_MIN;  ///< Nothing before it goes in order.
  int64_t newest_ms = INT64_MIN;     ///< Of the head; INT64_MIN while it is empty.
  int64_t window_ms = 0;             ///< Of samples out of order; 0: none are taken.

  bool IsInWindow(int64_t timestamp_ms) const;
};

/// What becomes of a sample.
enum class Verdict : uint8_t {
  kStore,
  kStoreOutOfOrder,
  kKnown,  ///< Already there: no error, nothing to do.
  kDuplicate,
  kOutOfOrder,
  kOutOfBounds,
  kTooOld,  ///< Out of order, and older than the window.
};

/// Upstream's order of verdicts (tsdb/head_append.go, appendable). `is_same`: whether the sample is
/// the newest once more, should their times agree.
Verdict JudgeSample(const AppendBounds& bounds, const std::optional<NewestSample>& newest,
                    int64_t timestamp_ms, bool is_same);

inline bool IsRefused(Verdict verdict) { return verdict >= Verdict::kDuplicate; }

/// Counts a refused sample where upstream does.
void CountRefused(HeadMetrics& metrics, Verdict verdict, SampleKind kind, double count = 1);

/// The error of a refused sample, in upstream's words. `newest` is there for duplicates; `value` is
/// the refused one, of floats.
Error RefusalOf(Verdict verdict, int64_t timestamp_ms, double value, SampleKind kind,
                const std::optional<NewestSample>& newest);

/// Whether two histograms are the same to the bit, counter reset hints apart.
bool SameHistogram(const Histogram& a, const Histogram& b);
bool SameHistogram(const FloatHistogram& a, const FloatHistogram& b);

/// The histogram that marks the end of a series of such samples; none of floats. Lives for ever.
HistogramRef StaleMarkerOf(SampleKind kind);

}  // namespace tocsin::tsdb
