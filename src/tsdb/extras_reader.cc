#include "tsdb/extras_reader.h"

#include <algorithm>

namespace tocsin::tsdb {
namespace {

using storage::HistogramSample;
using storage::SampleBuffer;

HistogramSample WithoutHint(const HistogramSample& sample) {
  if (sample.histogram->counter_reset_hint == CounterResetHint::kGauge ||
      sample.histogram->counter_reset_hint == CounterResetHint::kUnknown) {
    return sample;
  }
  auto copy = std::make_shared<FloatHistogram>(*sample.histogram);
  copy->counter_reset_hint = CounterResetHint::kUnknown;
  return {sample.timestamp_ms, std::move(copy), sample.start_timestamp_ms};
}

HistogramSample ToHistogramSample(const AnySample& sample) {
  return {sample.timestamp_ms,
          sample.float_histogram
              ? sample.float_histogram
              : std::make_shared<const FloatHistogram>(ToFloat(*sample.histogram)),
          sample.start_timestamp_ms};
}

// Joins two sequences of samples into one in order of time.
class Joiner {
 public:
  explicit Joiner(const SampleBuffer& in_order) : in_order_(in_order) {}

  void Join(const std::vector<AnySample>& out_of_order) {
    joined_.timestamps_ms.reserve(in_order_.timestamps_ms.size() + out_of_order.size());
    joined_.values.reserve(in_order_.values.size() + out_of_order.size());
    has_starts_ = !in_order_.start_timestamps_ms.empty() ||
                  std::ranges::any_of(out_of_order, [](const AnySample& sample) {
                    return sample.start_timestamp_ms != 0 && sample.kind() == SampleKind::kFloat;
                  });
    for (const AnySample& sample : out_of_order) {
      TakeInOrderBefore(sample.timestamp_ms);
      if (!IsNextInOrder(sample.timestamp_ms)) Take(sample);
    }
    TakeInOrderBefore(INT64_MAX);
    TakeInOrderAtEnd();
  }
  SampleBuffer Take() { return std::move(joined_); }

 private:
  bool IsNextInOrder(int64_t timestamp_ms) const {
    return (next_float_ < in_order_.timestamps_ms.size() &&
            in_order_.timestamps_ms[next_float_] == timestamp_ms) ||
           (next_histogram_ < in_order_.histograms.size() &&
            in_order_.histograms[next_histogram_].timestamp_ms == timestamp_ms);
  }
  int64_t NextFloatMs() const {
    return next_float_ < in_order_.timestamps_ms.size() ? in_order_.timestamps_ms[next_float_]
                                                        : INT64_MAX;
  }
  int64_t NextHistogramMs() const {
    return next_histogram_ < in_order_.histograms.size()
               ? in_order_.histograms[next_histogram_].timestamp_ms
               : INT64_MAX;
  }
  void TakeInOrderBefore(int64_t before_ms) {
    for (;;) {
      const int64_t float_ms = NextFloatMs();
      const int64_t histogram_ms = NextHistogramMs();
      if (std::min(float_ms, histogram_ms) >= before_ms) return;
      if (float_ms < histogram_ms) {
        TakeFloat();
      } else {
        TakeHistogram();
      }
    }
  }
  // At the last representable time.
  void TakeInOrderAtEnd() {
    while (next_float_ < in_order_.timestamps_ms.size()) TakeFloat();
    while (next_histogram_ < in_order_.histograms.size()) TakeHistogram();
  }
  void TakeFloat() {
    Push(in_order_.timestamps_ms[next_float_], in_order_.values[next_float_],
         in_order_.start_timestamps_ms.empty() ? 0 : in_order_.start_timestamps_ms[next_float_]);
    ++next_float_;
    is_after_out_of_order_ = false;
  }
  // A hint is about the sample before: it means nothing when that is another now.
  void TakeHistogram() {
    const HistogramSample& sample = in_order_.histograms[next_histogram_++];
    joined_.histograms.push_back(is_after_out_of_order_ ? WithoutHint(sample) : sample);
    is_after_out_of_order_ = false;
  }
  void Take(const AnySample& sample) {
    if (sample.kind() == SampleKind::kFloat) {
      Push(sample.timestamp_ms, sample.value, sample.start_timestamp_ms);
    } else {
      joined_.histograms.push_back(WithoutHint(ToHistogramSample(sample)));
    }
    is_after_out_of_order_ = true;
  }
  void Push(int64_t timestamp_ms, double value, int64_t start_timestamp_ms) {
    joined_.timestamps_ms.push_back(timestamp_ms);
    joined_.values.push_back(value);
    if (has_starts_) joined_.start_timestamps_ms.push_back(start_timestamp_ms);
  }

  const SampleBuffer& in_order_;
  SampleBuffer joined_;
  size_t next_float_ = 0;
  size_t next_histogram_ = 0;
  bool has_starts_ = false;
  bool is_after_out_of_order_ = false;
};

void AddStarts(const StartTimes& starts, int64_t start_ms, SampleBuffer& out) {
  if (out.timestamps_ms.empty() || !starts.IsKnownSince(start_ms)) return;
  for (const int64_t timestamp_ms : out.timestamps_ms) {
    out.start_timestamps_ms.push_back(starts.Of(timestamp_ms));
  }
}

}  // namespace

Status MergeExtras(const SeriesExtras& extras, const HeadView& view, int64_t start_ms,
                   int64_t end_ms, SampleBuffer& out) {
  if (view.part != HeadPart::kOutOfOrder) {
    AddStarts(extras.starts, start_ms, out);
    TOCSIN_RETURN_IF_ERROR(extras.histograms.Read(
        view.point.sequence, std::max(start_ms, view.point.min_time_ms), end_ms, out.histograms));
  }
  if (view.part == HeadPart::kInOrder || extras.out_of_order.empty()) return {};
  std::vector<AnySample> out_of_order;
  TOCSIN_RETURN_IF_ERROR(
      extras.out_of_order.Read(view.point.sequence, start_ms, end_ms, out_of_order));
  if (out_of_order.empty()) return {};
  Joiner joiner(out);
  joiner.Join(out_of_order);
  out = joiner.Take();
  return {};
}

Status RaiseLatest(const SeriesExtras& extras, const HeadView& view, int64_t start_ms,
                   int64_t end_ms, storage::SeriesSet::Latest& out) {
  constexpr int64_t kNone = storage::SeriesSet::kNoSample;
  if (view.part != HeadPart::kOutOfOrder) {
    const int64_t from_ms = std::max({start_ms, view.point.min_time_ms, out.timestamp_ms});
    TOCSIN_ASSIGN_OR_RETURN(HistogramSample newest,
                            extras.histograms.Latest(view.point.sequence, from_ms, end_ms));
    if (newest.histogram) out = {newest.timestamp_ms, 0, std::move(newest.histogram)};
  }
  const int64_t from_ms =
      out.timestamp_ms == kNone ? start_ms : std::max(start_ms, out.timestamp_ms);
  if (view.part == HeadPart::kInOrder || extras.out_of_order.max_time_ms() < from_ms) return {};
  std::vector<AnySample> out_of_order;
  TOCSIN_RETURN_IF_ERROR(
      extras.out_of_order.Read(view.point.sequence, from_ms, end_ms, out_of_order));
  if (out_of_order.empty() || out_of_order.back().timestamp_ms <= out.timestamp_ms) return {};
  const AnySample& newest = out_of_order.back();
  out = {newest.timestamp_ms, newest.value, nullptr};
  if (newest.kind() != SampleKind::kFloat) {
    out.value = 0;
    out.histogram = WithoutHint(ToHistogramSample(newest)).histogram;
  }
  return {};
}

}  // namespace tocsin::tsdb
