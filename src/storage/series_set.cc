#include <unordered_map>

#include "storage/queryable.h"

namespace tocsin::storage {

Status SeriesSet::ReadLatest(size_t first, int64_t start_ms, int64_t end_ms,
                             std::span<Latest> out) const {
  SampleBuffer buffer;
  for (size_t i = 0; i < out.size(); ++i) {
    TOCSIN_RETURN_IF_ERROR(Read(first + i, start_ms, end_ms, buffer));
    Latest& latest = out[i];
    latest = {kNoSample, 0, nullptr};
    if (!buffer.timestamps_ms.empty()) {
      latest.timestamp_ms = buffer.timestamps_ms.back();
      latest.value = buffer.values.back();
    }
    if (!buffer.histograms.empty() && buffer.histograms.back().timestamp_ms > latest.timestamp_ms) {
      latest.timestamp_ms = buffer.histograms.back().timestamp_ms;
      latest.histogram = buffer.histograms.back().histogram;
    }
  }
  return {};
}

Status SeriesSet::ReadChunks(size_t, int64_t, int64_t, std::vector<EncodedChunk>&) const {
  return Error(ErrorCode::kUnimplemented, "this storage has no chunks");
}

SeriesGrouping SeriesSet::GroupBy(std::span<const std::string> names, bool without) const {
  std::vector<std::string> sorted(names.begin(), names.end());
  if (without) sorted.emplace_back(kMetricNameLabel);
  SeriesGrouping grouping;
  grouping.group_of_series.reserve(size());
  std::unordered_map<Labels, uint32_t, LabelsHash> groups;
  for (size_t i = 0; i < size(); ++i) {
    const Labels labels = LabelsOf(i);
    Labels key = without ? labels.Without(sorted) : labels.Only(sorted);
    const auto [at, inserted] =
        groups.try_emplace(key, static_cast<uint32_t>(grouping.group_labels.size()));
    if (inserted) grouping.group_labels.push_back(std::move(key));
    grouping.group_of_series.push_back(at->second);
  }
  return grouping;
}

}  // namespace tocsin::storage
