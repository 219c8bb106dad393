#include "tsdb/sample_verdict.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "model/number_text.h"
#include "model/sample.h"
#include "tsdb/head_metrics.h"

namespace tocsin::tsdb {
namespace {

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return SameBits(x, y); });
}

// Spans without buckets say nothing but where the next begins.
bool SameSpans(const std::vector<HistogramSpan>& a, const std::vector<HistogramSpan>& b) {
  const auto normal = [](const std::vector<HistogramSpan>& spans) {
    std::vector<HistogramSpan> out;
    int32_t skipped = 0;
    for (const HistogramSpan& span : spans) {
      if (span.length == 0) {
        skipped += span.offset;
        continue;
      }
      const int32_t offset = span.offset + skipped;
      skipped = 0;
      if (!out.empty() && offset == 0) {
        out.back().length += span.length;
      } else {
        out.push_back({offset, span.length});
      }
    }
    return out;
  };
  return a == b || normal(a) == normal(b);
}

template <typename AnyHistogram>
bool SameLayout(const AnyHistogram& a, const AnyHistogram& b) {
  return a.schema == b.schema && SameBits(a.zero_threshold, b.zero_threshold) &&
         SameBits(a.sum, b.sum) && SameSpans(a.positive_spans, b.positive_spans) &&
         SameSpans(a.negative_spans, b.negative_spans) &&
         (a.schema != FloatHistogram::kCustomBucketsSchema ||
          SameBits(a.custom_values, b.custom_values));
}

// The marker of the end of a series of histograms of a kind.
const Histogram& StaleHistogram() {
  static const Histogram marker = [] {
    Histogram histogram;
    histogram.sum = kStaleNan;
    return histogram;
  }();
  return marker;
}

const FloatHistogram& StaleFloatHistogram() {
  static const FloatHistogram marker = [] {
    FloatHistogram histogram;
    histogram.sum = kStaleNan;
    return histogram;
  }();
  return marker;
}

}  // namespace

HistogramRef StaleMarkerOf(SampleKind kind) {
  if (kind == SampleKind::kHistogram) return {&StaleHistogram(), nullptr};
  if (kind == SampleKind::kFloatHistogram) return {nullptr, &StaleFloatHistogram()};
  return {};
}

bool AppendBounds::IsInWindow(int64_t timestamp_ms) const {
  if (window_ms <= 0) return false;
  // An empty head, or one at the beginning of time, must not overflow.
  return newest_ms < INT64_MIN + window_ms || timestamp_ms >= newest_ms - window_ms;
}

Verdict JudgeSample(const AppendBounds& bounds, const std::optional<NewestSample>& newest,
                    int64_t timestamp_ms, bool is_same) {
  if (timestamp_ms >= bounds.min_valid_ms) {
    if (!newest || timestamp_ms > newest->timestamp_ms) return Verdict::kStore;
    if (timestamp_ms == newest->timestamp_ms) {
      return is_same ? Verdict::kKnown : Verdict::kDuplicate;
    }
  }
  if (bounds.IsInWindow(timestamp_ms)) return Verdict::kStoreOutOfOrder;
  if (bounds.window_ms > 0) return Verdict::kTooOld;
  return timestamp_ms < bounds.min_valid_ms ? Verdict::kOutOfBounds : Verdict::kOutOfOrder;
}

void CountRefused(HeadMetrics& metrics, Verdict verdict, SampleKind kind, double count) {
  switch (verdict) {
    case Verdict::kDuplicate:
      return metrics.duplicate_samples.Increment(count);
    case Verdict::kOutOfOrder:
      return metrics.out_of_order_samples.Of(kind).Increment(count);
    case Verdict::kOutOfBounds:
      return metrics.out_of_bound_samples.Of(kind).Increment(count);
    case Verdict::kTooOld:
      return metrics.too_old_samples.Of(kind).Increment(count);
    case Verdict::kStore:
    case Verdict::kStoreOutOfOrder:
    case Verdict::kKnown:
      return;
  }
}

Error RefusalOf(Verdict verdict, int64_t timestamp_ms, double value, SampleKind kind,
                const std::optional<NewestSample>& newest) {
  switch (verdict) {
    case Verdict::kOutOfBounds:
      return Error(ErrorCode::kOutOfBounds, "out of bounds");
    case Verdict::kTooOld:
      return Error(ErrorCode::kOutOfBounds, "too old sample");
    case Verdict::kDuplicate:
      break;
    default:
      return Error(ErrorCode::kOutOfOrder, "out of order sample");
  }
  // Upstream says no more of histograms, nor at time 0.
  if (kind != SampleKind::kFloat || timestamp_ms == 0) {
    return Error(ErrorCode::kAlreadyExists, "duplicate sample for timestamp");
  }
  if (newest && newest->kind != SampleKind::kFloat) {
    return Errorf(ErrorCode::kAlreadyExists,
                  "duplicate sample for timestamp {}; overrides not allowed: existing is a "
                  "histogram, new value is {}",
                  timestamp_ms, FormatFloatGeneral(value));
  }
  return Errorf(ErrorCode::kAlreadyExists,
                "duplicate sample for timestamp {}; overrides not allowed: existing {}, new value "
                "{}",
                timestamp_ms, FormatFloatGeneral(newest ? newest->value : 0),
                FormatFloatGeneral(value));
}

bool SameHistogram(const Histogram& a, const Histogram& b) {
  return a.zero_count == b.zero_count && a.count == b.count && SameLayout(a, b) &&
         a.positive_deltas == b.positive_deltas && a.negative_deltas == b.negative_deltas;
}

bool SameHistogram(const FloatHistogram& a, const FloatHistogram& b) {
  return SameBits(a.zero_count, b.zero_count) && SameBits(a.count, b.count) && SameLayout(a, b) &&
         SameBits(a.positive_buckets, b.positive_buckets) &&
         SameBits(a.negative_buckets, b.negative_buckets);
}

}  // namespace tocsin::tsdb
