#include "promql/smoothed_rows.h"

#include <algorithm>

#include "promql/window_rate.h"

namespace tocsin::promql {
namespace {

using storage::HistogramSample;

int64_t TimeOf(int64_t timestamp_ms) { return timestamp_ms; }
int64_t TimeOf(const HistogramSample& sample) { return sample.timestamp_ms; }

/// The samples of one kind around a time, [first, last) of them within the lookback on either side.
struct Around {
  size_t first;
  size_t next;  ///< The first one at or after the time.
  size_t last;
};

template <typename Sample>
Around FindAround(std::span<const Sample> samples, int64_t at_ms, int64_t lookback_ms) {
  const auto first_after = [&](int64_t bound_ms) {
    const auto at = std::partition_point(samples.begin(), samples.end(),
                                         [&](const Sample& s) { return TimeOf(s) <= bound_ms; });
    return static_cast<size_t>(at - samples.begin());
  };
  return {first_after(at_ms - lookback_ms), first_after(at_ms - 1),
          first_after(at_ms + lookback_ms)};
}

class SmoothedRows final : public RowSource {
 public:
  SmoothedRows(SampleSourcePtr samples, const VectorSelector& selector, const Lookback& lookback,
               QueryContext& context)
      : RowSource(samples->series_ptr()),
        samples_(std::move(samples)),
        lookback_(lookback),
        position_(selector.position),
        context_(context),
        tally_(context) {}

  Status Compute(size_t first, const GridView& out, BatchState& state) const override {
    for (size_t row = 0; row < out.rows; ++row) {
      TOCSIN_RETURN_IF_ERROR(context_.CheckRunning());
      TOCSIN_RETURN_IF_ERROR(samples_->Read(first + row, lookback_.first_sample_ms(),
                                            lookback_.last_sample_ms() + lookback_.lookback_ms,
                                            state));
      for (size_t step = 0; step < out.steps; ++step) Fill(first + row, out, row, step, state);
      ForEachPresent(out.Present(row), out.words, [&](size_t step) { tally_.Add(step, 1, state); });
    }
    return {};
  }

 private:
  void Fill(size_t index, const GridView& out, size_t row, size_t step, BatchState& state) const {
    const storage::SampleBuffer& samples = state.samples;
    const int64_t at_ms = lookback_.At(step);
    const Around floats = FindAround<int64_t>(samples.timestamps_ms, at_ms, lookback_.lookback_ms);
    const Around histograms =
        FindAround<HistogramSample>(samples.histograms, at_ms, lookback_.lookback_ms);
    const bool has_floats = floats.first < floats.last;
    const bool has_histograms = histograms.first < histograms.last;
    if (has_floats && has_histograms) {
      state.annotations.AddWarning(MixedFloatsAndHistogramsText(NameOf(index)), position_);
    } else if (has_floats) {
      FillFloat(out, row, step, samples, floats, at_ms);
    } else if (has_histograms) {
      PutHistogram(out, row, step, HistogramAt(index, samples, histograms, at_ms, state));
    }
  }

  void FillFloat(const GridView& out, size_t row, size_t step, const storage::SampleBuffer& samples,
                 const Around& around, int64_t at_ms) const {
    const std::vector<int64_t>& times = samples.timestamps_ms;
    const size_t next = around.next;
    double& value = out.Values(row)[step];
    if (next < around.last && times[next] == at_ms) {
      value = samples.values[next];
    } else if (next == around.first) {
      return;  // Nothing before.
    } else if (next == around.last) {
      value = samples.values[next - 1];
    } else {
      value = Interpolate(at_ms, times[next - 1], samples.values[next - 1], times[next],
                          samples.values[next], false);
    }
    SetPresent(out.Present(row), step);
  }

  HistogramPtr HistogramAt(size_t index, const storage::SampleBuffer& samples, const Around& around,
                           int64_t at_ms, BatchState& state) const {
    const size_t next = around.next;
    if (next < around.last && samples.histograms[next].timestamp_ms == at_ms) {
      return samples.histograms[next].histogram;
    }
    if (next == around.first) return nullptr;
    const HistogramSample& before = samples.histograms[next - 1];
    if (next == around.last) return before.histogram;
    const HistogramSample& after = samples.histograms[next];
    const bool is_counter = after.histogram->counter_reset_hint != CounterResetHint::kGauge;
    HistogramPtr between = Interpolate(at_ms, before, after, is_counter);
    if (between == nullptr) {
      state.annotations.AddWarning(MixedBucketSchemasText(NameOf(index)), position_);
    }
    return between;
  }

  std::string NameOf(size_t index) const {
    return std::string(series().LabelsOf(index).Get(kMetricNameLabel));
  }

  const SampleSourcePtr samples_;
  const Lookback lookback_;
  const PositionRange position_;
  QueryContext& context_;
  const SampleTally tally_;
};

}  // namespace

RowSourcePtr MakeSmoothedRows(std::shared_ptr<const storage::SeriesSet> set,
                              const VectorSelector& selector, const Lookback& lookback,
                              QueryContext& context) {
  return std::make_shared<SmoothedRows>(MakeSelectedSamples(std::move(set), selector, false),
                                        selector, lookback, context);
}

}  // namespace tocsin::promql
