#include "promql/script_load.h"

#include <map>

#include "model/number_text.h"

namespace tocsin::promql {
namespace {

/// A classic histogram at a time: cumulative counts by bound.
struct ClassicHistogram {
  std::map<double, double> buckets;
  std::optional<double> count;
  double sum = 0;
};

using ClassicByTime = std::map<int64_t, ClassicHistogram>;

FloatHistogram ToNative(ClassicHistogram classic) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double highest = classic.buckets.empty() ? 0 : classic.buckets.rbegin()->second;
  FloatHistogram native;
  native.schema = FloatHistogram::kCustomBucketsSchema;
  native.count = classic.count.value_or(highest);
  native.sum = classic.sum;
  classic.buckets.try_emplace(kInfinity, native.count);
  double before = 0;
  for (const auto& [bound, cumulative] : classic.buckets) {
    if (bound != kInfinity) native.custom_values.push_back(bound);
    native.positive_buckets.push_back(cumulative - before);
    before = cumulative;
  }
  native.positive_spans = {{0, static_cast<uint32_t>(native.positive_buckets.size())}};
  return native;
}

/// Collects the series of classic histograms under the labels of the native one.
class ClassicCollector {
 public:
  void Add(const LoadedSample& sample) {
    const std::string_view name = sample.labels.Get(kMetricNameLabel);
    if (sample.histogram != nullptr) return;
    if (name.ends_with("_bucket")) {
      const std::optional<double> bound = ParseGoFloat(sample.labels.Get("le"));
      if (bound) At(sample, "_bucket").buckets[*bound] = sample.value;
    } else if (name.ends_with("_count")) {
      At(sample, "_count").count = sample.value;
    } else if (name.ends_with("_sum")) {
      At(sample, "_sum").sum = sample.value;
    }
  }

  void AppendNative(std::vector<LoadedSample>& samples) const {
    for (const auto& [labels, by_time] : histograms_) {
      for (const auto& [timestamp_ms, classic] : by_time) {
        samples.push_back({labels, timestamp_ms, 0, 0,
                           std::make_shared<const FloatHistogram>(ToNative(classic))});
      }
    }
  }

 private:
  ClassicHistogram& At(const LoadedSample& sample, std::string_view suffix) {
    LabelsBuilder builder(sample.labels);
    const std::string_view name = sample.labels.Get(kMetricNameLabel);
    builder.Set(kMetricNameLabel, name.substr(0, name.size() - suffix.size()));
    builder.Delete("le");
    return histograms_[builder.Build()][sample.timestamp_ms];
  }

  std::map<Labels, ClassicByTime> histograms_;
};

int64_t StartOf(const std::map<Labels, const StartTimes*>& starts, const Labels& labels, size_t i,
                int64_t timestamp_ms) {
  const auto at = starts.find(labels);
  if (at == starts.end() || i >= at->second->offsets_ms.size()) return 0;
  const std::optional<int64_t>& offset_ms = at->second->offsets_ms[i];
  return offset_ms ? timestamp_ms + *offset_ms : 0;
}

}  // namespace

std::vector<LoadedSample> SamplesOf(const LoadCommand& load) {
  std::map<Labels, const SeriesDescription*> last;
  for (const SeriesDescription& series : load.series) last[series.labels] = &series;
  std::map<Labels, const StartTimes*> starts;
  for (const StartTimes& times : load.start_times) starts[times.labels] = &times;
  std::vector<LoadedSample> samples;
  ClassicCollector classic;
  for (const auto& [labels, series] : last) {
    for (size_t i = 0; i < series->values.size(); ++i) {
      const SequenceValue& value = series->values[i];
      if (value.is_omitted) continue;
      const int64_t timestamp_ms = load.step_ms * static_cast<int64_t>(i);
      samples.push_back({labels, timestamp_ms, StartOf(starts, labels, i, timestamp_ms),
                         value.value, value.histogram});
      if (load.with_custom_buckets) classic.Add(samples.back());
    }
  }
  classic.AppendNative(samples);
  return samples;
}

}  // namespace tocsin::promql
