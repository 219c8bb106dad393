#include "promql/window.h"

#include <algorithm>
#include <cstring>

#include "model/sample.h"
#include "promql/histogram_hints.h"

namespace tocsin::promql {
namespace {

bool IsStale(const storage::HistogramSample& sample) {
  return sample.histogram == nullptr || IsStaleNan(sample.histogram->sum);
}

void DropStaleMarkers(storage::SampleBuffer& samples) {
  const auto first_stale = std::find_if(samples.values.begin(), samples.values.end(), IsStaleNan);
  auto keep = static_cast<size_t>(first_stale - samples.values.begin());
  for (size_t i = keep; i < samples.values.size(); ++i) {
    if (IsStaleNan(samples.values[i])) continue;
    samples.values[keep] = samples.values[i];
    if (!samples.start_timestamps_ms.empty()) {
      samples.start_timestamps_ms[keep] = samples.start_timestamps_ms[i];
    }
    samples.timestamps_ms[keep++] = samples.timestamps_ms[i];
  }
  samples.values.resize(keep);
  if (!samples.start_timestamps_ms.empty()) samples.start_timestamps_ms.resize(keep);
  samples.timestamps_ms.resize(keep);
  std::erase_if(samples.histograms, IsStale);
}

class SelectedSamples final : public SampleSource {
 public:
  SelectedSamples(std::shared_ptr<const storage::SeriesSet> set, const VectorSelector& selector,
                  bool with_start_times)
      : SampleSource(std::make_shared<SelectedSeries>(set, selector)),
        set_(std::move(set)),
        detects_resets_(selector.needs_histogram_totals_only),
        with_start_times_(with_start_times) {}

  Status Read(size_t index, int64_t start_ms, int64_t end_ms, BatchState& state) const override {
    TOCSIN_RETURN_IF_ERROR(set_->Read(index, start_ms, end_ms, state.samples));
    DropStaleMarkers(state.samples);
    state.samples_read += state.samples.values.size() + state.samples.histograms.size();
    if (detects_resets_) DetectResets(state.samples.histograms);
    if (!with_start_times_) ForgetStartTimes(state.samples);
    return {};
  }

 private:
  static void ForgetStartTimes(storage::SampleBuffer& samples) {
    samples.start_timestamps_ms.clear();
    for (storage::HistogramSample& sample : samples.histograms) sample.start_timestamp_ms = 0;
  }

  const std::shared_ptr<const storage::SeriesSet> set_;
  const bool detects_resets_;
  const bool with_start_times_;
};

/// A subquery may have left out samples, so what a hint says of the one before is not known any
/// more.
HistogramPtr WithoutResetHint(const HistogramPtr& histogram) {
  const CounterResetHint hint = histogram->counter_reset_hint;
  if (hint == CounterResetHint::kUnknown || hint == CounterResetHint::kGauge) return histogram;
  auto unhinted = std::make_shared<FloatHistogram>(*histogram);
  unhinted->counter_reset_hint = CounterResetHint::kUnknown;
  return unhinted;
}

class SubquerySamples final : public SampleSource {
 public:
  SubquerySamples(FramePtr frame, const StepRange& steps)
      : SampleSource(frame->series_ptr()), frame_(std::move(frame)), steps_(steps) {}

  Status Read(size_t index, int64_t start_ms, int64_t end_ms, BatchState& state) const override {
    const GridView grid = frame_->view();
    const double* values = grid.Values(index);
    state.samples.Clear();
    ForEachPresent(grid.Present(index), grid.words, [&](size_t step) {
      const int64_t timestamp_ms = steps_.At(step);
      if (timestamp_ms < start_ms || timestamp_ms > end_ms) return;
      if (const HistogramPtr* histogram = grid.HistogramAt(index, step)) {
        state.samples.histograms.push_back({timestamp_ms, WithoutResetHint(*histogram)});
        return;
      }
      state.samples.timestamps_ms.push_back(timestamp_ms);
      state.samples.values.push_back(values[step]);
    });
    return {};
  }
  bool is_subquery() const override { return true; }

 private:
  const FramePtr frame_;
  const StepRange steps_;
};

int64_t TimeOf(int64_t timestamp_ms) { return timestamp_ms; }
int64_t TimeOf(const storage::HistogramSample& sample) { return sample.timestamp_ms; }

/// Fills first and last with two cursors that only move forward.
template <typename Sample>
void IndexWindows(const Windows& windows, std::span<const Sample> samples,
                  std::vector<uint32_t>& first, std::vector<uint32_t>& last) {
  const size_t steps = windows.steps.count;
  const auto count = static_cast<uint32_t>(samples.size());
  first.resize(steps);
  last.resize(steps);
  uint32_t low = 0;
  uint32_t high = 0;
  for (size_t step = 0; step < steps; ++step) {
    const int64_t end_ms = windows.EndAt(step) + windows.reach_ahead_ms;
    const int64_t start_ms = windows.StartAt(step) - windows.reach_back_ms;
    while (high < count && TimeOf(samples[high]) <= end_ms) ++high;
    while (low < high && TimeOf(samples[low]) <= start_ms) ++low;
    first[step] = low;
    last[step] = high;
  }
}

/// Series of one target share their timestamps: the windows of the series before often serve again.
bool IndexFloatWindows(const Windows& windows, BatchState& state) {
  const std::vector<int64_t>& now = state.samples.timestamps_ms;
  std::vector<int64_t>& before = state.window_timestamps_ms;
  const bool same = !now.empty() && now.size() == before.size() &&
                    state.windows.first.size() == windows.steps.count &&
                    std::memcmp(now.data(), before.data(), now.size() * sizeof(int64_t)) == 0;
  if (same) return true;
  before = now;
  IndexWindows<int64_t>(windows, now, state.windows.first, state.windows.last);
  return false;
}

bool LooksLikeCounter(std::string_view name) {
  return name.ends_with("_total") || name.ends_with("_sum") || name.ends_with("_count") ||
         name.ends_with("_bucket");
}

bool HasFloat(const GridView& grid, size_t row) {
  if (grid.Histograms(row) == nullptr) return AnyPresent(grid.Present(row), grid.words);
  bool found = false;
  ForEachPresent(grid.Present(row), grid.words,
                 [&](size_t step) { found |= grid.HistogramAt(row, step) == nullptr; });
  return found;
}

class WindowRows final : public RowSource {
 public:
  WindowRows(WindowCall call, SeriesTablePtr series, QueryContext& context)
      : RowSource(std::move(series)),
        call_(std::move(call)),
        context_(context),
        tally_(context),
        common_name_(CommonName(*call_.samples->series_ptr())),
        checks_name_(call_.checks_counter_name &&
                     (call_.type_and_unit_labels || !LooksLikeCounter(common_name_))) {}

  Status Compute(size_t first, const GridView& out, BatchState& state) const override {
    state.window_timestamps_ms.clear();
    for (size_t row = 0; row < out.rows; ++row) {
      TOCSIN_RETURN_IF_ERROR(context_.CheckRunning());
      TOCSIN_RETURN_IF_ERROR(ComputeRow(first + row, out, row, state));
    }
    return {};
  }

 private:
  Status ComputeRow(size_t index, const GridView& out, size_t row, BatchState& state) const {
    const Windows& windows = call_.windows;
    TOCSIN_RETURN_IF_ERROR(
        call_.samples->Read(index, windows.first_sample_ms(), windows.last_sample_ms(), state));
    const storage::SampleBuffer& samples = state.samples;
    if (samples.values.empty() && samples.histograms.empty()) return {};
    const bool same_timestamps = IndexFloatWindows(windows, state);
    WindowIndex histogram_windows;
    if (!samples.histograms.empty()) {
      IndexWindows<storage::HistogramSample>(windows, samples.histograms, histogram_windows.first,
                                             histogram_windows.last);
    }
    TOCSIN_RETURN_IF_ERROR(CountSamples(histogram_windows, state));
    const WindowInput input{windows,
                            samples.timestamps_ms,
                            samples.values,
                            samples.start_timestamps_ms,
                            state.windows.first,
                            state.windows.last,
                            samples.histograms,
                            histogram_windows.first,
                            histogram_windows.last,
                            call_.scalars,
                            *call_.samples->series_ptr(),
                            index,
                            call_.position,
                            same_timestamps};
    TOCSIN_RETURN_IF_ERROR(call_.function(input, out, row, state));
    if (checks_name_ && HasFloat(out, row)) NoteCounterName(index, state);
    return {};
  }

  /// The widest window counts against the limit while the series is worked on, as upstream's buffer
  /// does.
  Status CountSamples(const WindowIndex& histogram_windows, BatchState& state) const {
    uint64_t total = 0;
    uint32_t widest = 0;
    for (size_t step = 0; step < state.windows.first.size(); ++step) {
      uint32_t samples = state.windows.last[step] - state.windows.first[step];
      if (!histogram_windows.first.empty()) {
        samples += histogram_windows.last[step] - histogram_windows.first[step];
      }
      total += samples;
      widest = std::max(widest, samples);
      if (tally_.by_step() && samples > 0) tally_.Add(step, samples, state);
    }
    if (!tally_.by_step()) tally_.Add(0, total, state);
    return context_.TouchSamples(widest);
  }

  /// The name that all series are known to have, so that their labels need not be built; else "".
  static std::string CommonName(const SeriesTable& series) {
    if (!series.HasUniformNames() || series.size() == 0) return {};
    return std::string(series.LabelsOf(0).Get(kMetricNameLabel));
  }

  void NoteCounterName(size_t index, BatchState& state) const {
    Labels labels;
    if (common_name_.empty() || call_.type_and_unit_labels) {
      labels = call_.samples->series_ptr()->LabelsOf(index);
    }
    const std::string_view name =
        common_name_.empty() ? labels.Get(kMetricNameLabel) : std::string_view(common_name_);
    if (name.empty()) return;
    if (call_.type_and_unit_labels) {
      const std::string_view type = labels.Get("__type__");
      if (type == "counter" || type == "histogram") return;
      state.annotations.AddInfo(
          "metric might not be a counter, __type__ label is not set to \"counter\" or "
          "\"histogram\", got " +
              GoQuote(type) + ": " + GoQuote(name),
          call_.position);
    } else if (!LooksLikeCounter(name)) {
      state.annotations.AddInfo(
          "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
              GoQuote(name),
          call_.position);
    }
  }

  const WindowCall call_;
  QueryContext& context_;
  const SampleTally tally_;
  const std::string common_name_;
  const bool checks_name_;
};

}  // namespace

std::string WindowInput::MetricName() const {
  return std::string(series.LabelsOf(series_index).Get(kMetricNameLabel));
}

SampleSourcePtr MakeSelectedSamples(std::shared_ptr<const storage::SeriesSet> set,
                                    const VectorSelector& selector, bool with_start_times) {
  return std::make_shared<SelectedSamples>(std::move(set), selector, with_start_times);
}

SampleSourcePtr MakeSubquerySamples(FramePtr frame, const StepRange& steps) {
  return std::make_shared<SubquerySamples>(std::move(frame), steps);
}

RowSourcePtr MakeWindowRows(WindowCall call, SeriesTablePtr series, QueryContext& context) {
  return std::make_shared<WindowRows>(std::move(call), std::move(series), context);
}

}  // namespace tocsin::promql
