#include "storage/merge_samples.h"

#include <algorithm>
#include <utility>

namespace tocsin::storage {
namespace {

bool IsEmpty(const SampleBuffer& samples) {
  return samples.timestamps_ms.empty() && samples.histograms.empty();
}

int64_t FirstOf(const SampleBuffer& samples) {
  int64_t first = INT64_MAX;
  if (!samples.timestamps_ms.empty()) first = samples.timestamps_ms.front();
  if (!samples.histograms.empty()) first = std::min(first, samples.histograms.front().timestamp_ms);
  return first;
}

int64_t LastOf(const SampleBuffer& samples) {
  int64_t last = INT64_MIN;
  if (!samples.timestamps_ms.empty()) last = samples.timestamps_ms.back();
  if (!samples.histograms.empty()) last = std::max(last, samples.histograms.back().timestamp_ms);
  return last;
}

void FillStarts(SampleBuffer& samples) {
  samples.start_timestamps_ms.resize(samples.timestamps_ms.size());
}

void Append(SampleBuffer& samples, SampleBuffer& other) {
  if (!samples.start_timestamps_ms.empty() || !other.start_timestamps_ms.empty()) {
    FillStarts(samples);
    FillStarts(other);
  }
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(samples.timestamps_ms, other.timestamps_ms);
  append(samples.values, other.values);
  append(samples.start_timestamps_ms, other.start_timestamps_ms);
  append(samples.histograms, other.histograms);
}

bool Has(const SampleBuffer& samples, int64_t timestamp_ms) {
  return std::ranges::binary_search(samples.timestamps_ms, timestamp_ms) ||
         std::ranges::binary_search(samples.histograms, timestamp_ms, {},
                                    &HistogramSample::timestamp_ms);
}

// Interleaves the floats of two buffers that have no timestamp in common.
void MergeFloats(SampleBuffer& samples, SampleBuffer& other) {
  const bool has_starts =
      !samples.start_timestamps_ms.empty() || !other.start_timestamps_ms.empty();
  if (has_starts) {
    FillStarts(samples);
    FillStarts(other);
  }
  SampleBuffer merged;
  for (size_t i = 0, j = 0; i < samples.timestamps_ms.size() || j < other.timestamps_ms.size();) {
    const bool takes_other =
        i == samples.timestamps_ms.size() ||
        (j < other.timestamps_ms.size() && other.timestamps_ms[j] < samples.timestamps_ms[i]);
    const SampleBuffer& from = takes_other ? other : samples;
    const size_t at = takes_other ? j++ : i++;
    merged.timestamps_ms.push_back(from.timestamps_ms[at]);
    merged.values.push_back(from.values[at]);
    if (has_starts) merged.start_timestamps_ms.push_back(from.start_timestamps_ms[at]);
  }
  samples.timestamps_ms.swap(merged.timestamps_ms);
  samples.values.swap(merged.values);
  samples.start_timestamps_ms.swap(merged.start_timestamps_ms);
}

void DropKnown(SampleBuffer& other, const SampleBuffer& samples) {
  size_t kept = 0;
  const bool has_starts = !other.start_timestamps_ms.empty();
  for (size_t i = 0; i < other.timestamps_ms.size(); ++i) {
    if (Has(samples, other.timestamps_ms[i])) continue;
    other.timestamps_ms[kept] = other.timestamps_ms[i];
    other.values[kept] = other.values[i];
    if (has_starts) other.start_timestamps_ms[kept] = other.start_timestamps_ms[i];
    ++kept;
  }
  other.timestamps_ms.resize(kept);
  other.values.resize(kept);
  if (has_starts) other.start_timestamps_ms.resize(kept);
  std::erase_if(other.histograms,
                [&](const HistogramSample& sample) { return Has(samples, sample.timestamp_ms); });
}

}  // namespace

void MergeSamples(SampleBuffer& samples, SampleBuffer& other) {
  if (IsEmpty(other)) return;
  if (IsEmpty(samples) || FirstOf(samples) > LastOf(other)) std::swap(samples, other);
  if (IsEmpty(other)) return;
  if (LastOf(samples) < FirstOf(other)) return Append(samples, other);
  DropKnown(other, samples);
  MergeFloats(samples, other);
  const auto middle = static_cast<std::ptrdiff_t>(samples.histograms.size());
  samples.histograms.insert(samples.histograms.end(),
                            std::make_move_iterator(other.histograms.begin()),
                            std::make_move_iterator(other.histograms.end()));
  std::ranges::inplace_merge(samples.histograms, samples.histograms.begin() + middle, {},
                             &HistogramSample::timestamp_ms);
}

}  // namespace tocsin::storage
