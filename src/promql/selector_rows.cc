#include "promql/selector_rows.h"

#include "model/sample.h"
#include "promql/histogram_hints.h"

namespace tocsin::promql {
namespace {

using storage::SampleBuffer;
using storage::SeriesSet;

bool IsStaleHistogram(const HistogramPtr& histogram) { return IsStaleNan(histogram->sum); }

class SelectorRows final : public RowSource {
 public:
  SelectorRows(std::shared_ptr<const SeriesSet> set, const VectorSelector& selector,
               const Lookback& lookback, SampleAspect aspect, QueryContext& context)
      : RowSource(std::make_shared<SelectedSeries>(set, selector)),
        set_(std::move(set)),
        lookback_(lookback),
        aspect_(aspect),
        context_(context),
        tally_(context),
        detects_resets_(selector.needs_histogram_totals_only),
        reads_all_(detects_resets_ || aspect == SampleAspect::kStartTimestampSeconds) {}

  Status Compute(size_t first, const GridView& out, BatchState& state) const override {
    if (out.steps == 0) return {};
    if (out.steps == 1 && !reads_all_) return ComputeLatest(first, out, state);
    for (size_t row = 0; row < out.rows; ++row) {
      TOCSIN_RETURN_IF_ERROR(context_.CheckRunning());
      TOCSIN_RETURN_IF_ERROR(set_->Read(first + row, lookback_.first_sample_ms(),
                                        lookback_.last_sample_ms(), state.samples));
      state.samples_read += state.samples.values.size() + state.samples.histograms.size();
      if (detects_resets_) DetectResets(state.samples.histograms);
      FillFloats(out, row, state.samples);
      if (!state.samples.histograms.empty()) FillHistograms(out, row, state.samples);
      Count(out, row, state);
    }
    return {};
  }

 private:
  Status ComputeLatest(size_t first, const GridView& out, BatchState& state) const {
    state.latest.resize(out.rows);
    TOCSIN_RETURN_IF_ERROR(set_->ReadLatest(first, lookback_.first_sample_ms(),
                                            lookback_.last_sample_ms(), state.latest));
    for (size_t row = 0; row < out.rows; ++row) {
      const SeriesSet::Latest& latest = state.latest[row];
      if (latest.timestamp_ms == SeriesSet::kNoSample) continue;
      ++state.samples_read;
      if (latest.histogram) {
        PutHistogram(out, row, 0, {latest.timestamp_ms, latest.histogram});
      } else if (!IsStaleNan(latest.value)) {
        PutFloat(out, row, 0, {latest.timestamp_ms, 0}, latest.value);
      }
      Count(out, row, state);
    }
    return {};
  }

  void Count(const GridView& out, size_t row, BatchState& state) const {
    if (!tally_.by_step()) {
      tally_.Add(0, CountPresent(out.Present(row), out.words), state);
      return;
    }
    ForEachPresent(out.Present(row), out.words, [&](size_t step) { tally_.Add(step, 1, state); });
  }

  struct SampleTime {
    int64_t timestamp_ms;
    int64_t start_timestamp_ms;
  };

  static double Seconds(int64_t timestamp_ms) { return static_cast<double>(timestamp_ms) / 1000; }

  double AspectOf(const SampleTime& time, double value) const {
    if (aspect_ == SampleAspect::kValue) return value;
    return Seconds(aspect_ == SampleAspect::kStartTimestampSeconds ? time.start_timestamp_ms
                                                                   : time.timestamp_ms);
  }

  void PutFloat(const GridView& out, size_t row, size_t step, const SampleTime& time,
                double value) const {
    out.Values(row)[step] = AspectOf(time, value);
    SetPresent(out.Present(row), step);
  }
  void PutHistogram(const GridView& out, size_t row, size_t step,
                    const storage::HistogramSample& sample) const {
    if (IsStaleHistogram(sample.histogram)) return;
    const bool keeps =
        aspect_ == SampleAspect::kValue || aspect_ == SampleAspect::kFloatTimestampSeconds;
    if (!keeps) {
      PutFloat(out, row, step, {sample.timestamp_ms, sample.start_timestamp_ms}, 0);
      return;
    }
    out.EnsureHistograms(row)[step] = sample.histogram;
    SetPresent(out.Present(row), step);
  }

  void FillFloats(const GridView& out, size_t row, const SampleBuffer& samples) const {
    size_t next = 0;  // The first sample after the step.
    for (size_t step = 0; step < out.steps; ++step) {
      const int64_t at_ms = lookback_.At(step);
      while (next < samples.values.size() && samples.timestamps_ms[next] <= at_ms) ++next;
      if (next == 0) continue;
      const int64_t timestamp_ms = samples.timestamps_ms[next - 1];
      const double value = samples.values[next - 1];
      if (timestamp_ms <= at_ms - lookback_.lookback_ms || IsStaleNan(value)) continue;
      const bool has_starts = !samples.start_timestamps_ms.empty();
      PutFloat(out, row, step,
               {timestamp_ms, has_starts ? samples.start_timestamps_ms[next - 1] : 0}, value);
    }
  }

  /// Where a histogram is newer than the newest float it takes the step, stale or not.
  void FillHistograms(const GridView& out, size_t row, const SampleBuffer& samples) const {
    size_t next = 0;
    size_t next_float = 0;
    for (size_t step = 0; step < out.steps; ++step) {
      const int64_t at_ms = lookback_.At(step);
      while (next < samples.histograms.size() && samples.histograms[next].timestamp_ms <= at_ms) {
        ++next;
      }
      while (next_float < samples.values.size() && samples.timestamps_ms[next_float] <= at_ms) {
        ++next_float;
      }
      if (next == 0) continue;
      const storage::HistogramSample& sample = samples.histograms[next - 1];
      if (sample.timestamp_ms <= at_ms - lookback_.lookback_ms) continue;
      if (next_float > 0 && samples.timestamps_ms[next_float - 1] > sample.timestamp_ms) continue;
      ClearPresent(out.Present(row), step);
      PutHistogram(out, row, step, sample);
    }
  }

  const std::shared_ptr<const SeriesSet> set_;
  const Lookback lookback_;
  const SampleAspect aspect_;
  QueryContext& context_;
  const SampleTally tally_;
  const bool detects_resets_;
  const bool reads_all_;  ///< The newest sample alone does not tell enough.
};

}  // namespace

RowSourcePtr MakeSelectorRows(std::shared_ptr<const SeriesSet> set, const VectorSelector& selector,
                              const Lookback& lookback, SampleAspect aspect,
                              QueryContext& context) {
  return std::make_shared<SelectorRows>(std::move(set), selector, lookback, aspect, context);
}

}  // namespace tocsin::promql
