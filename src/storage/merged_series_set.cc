#include "storage/merged_series_set.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "storage/merge_samples.h"

namespace tocsin::storage {

MergedSeriesSet::MergedSeriesSet(std::vector<MergeSource> sources, ChunkEncoder encode_chunks)
    : sources_(std::move(sources)),
      encode_chunks_(std::move(encode_chunks)),
      newest_first_(sources_.size()) {
  std::iota(newest_first_.begin(), newest_first_.end(), 0u);
  std::ranges::stable_sort(newest_first_, std::greater(),
                           [this](uint32_t source) { return sources_[source].max_time_ms; });
  MergeByLabels();
}

void MergedSeriesSet::MergeByLabels() {
  struct Cursor {
    Labels labels;
    Place place;
  };
  // A heap whose front is the least by labels, then by source.
  const auto is_after = [](const Cursor& a, const Cursor& b) {
    const auto order = a.labels <=> b.labels;
    return order != 0 ? order > 0 : a.place.source > b.place.source;
  };
  std::vector<Cursor> heap;
  size_t place_count = 0;
  for (uint32_t source = 0; source < sources_.size(); ++source) {
    place_count += sources_[source].set->size();
    if (sources_[source].set->size() == 0) continue;
    heap.push_back({sources_[source].set->LabelsOf(0), {source, 0}});
  }
  places_.reserve(place_count);
  std::ranges::make_heap(heap, is_after);
  Labels last;
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, is_after);
    Cursor& next = heap.back();
    if (ends_.empty() || next.labels != last) ends_.push_back(places_.size());
    places_.push_back(next.place);
    ends_.back() = places_.size();
    last = std::move(next.labels);
    const SeriesSet& set = *sources_[next.place.source].set;
    if (++next.place.index < set.size()) {
      next.labels = set.LabelsOf(next.place.index);
      std::ranges::push_heap(heap, is_after);
    } else {
      heap.pop_back();
    }
  }
}

Labels MergedSeriesSet::LabelsOf(size_t index) const {
  const Place place = PlacesOf(index).front();
  return sources_[place.source].set->LabelsOf(place.index);
}

Status MergedSeriesSet::Read(size_t index, int64_t start_ms, int64_t end_ms,
                             SampleBuffer& out) const {
  out.Clear();
  std::optional<SampleBuffer> more;
  bool has_read = false;
  for (const Place place : PlacesOf(index)) {
    if (!Overlaps(place.source, start_ms, end_ms)) continue;
    const SeriesSet& set = *sources_[place.source].set;
    if (!has_read) {
      TOCSIN_RETURN_IF_ERROR(set.Read(place.index, start_ms, end_ms, out));
      has_read = true;
      continue;
    }
    if (!more) more.emplace();
    TOCSIN_RETURN_IF_ERROR(set.Read(place.index, start_ms, end_ms, *more));
    MergeSamples(out, *more);
  }
  return {};
}

Status MergedSeriesSet::ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                                   std::vector<EncodedChunk>& out) const {
  std::vector<EncodedChunk> chunks;
  for (const Place place : PlacesOf(index)) {
    if (!Overlaps(place.source, start_ms, end_ms)) continue;
    TOCSIN_RETURN_IF_ERROR(
        sources_[place.source].set->ReadChunks(place.index, start_ms, end_ms, chunks));
  }
  std::ranges::stable_sort(chunks, {}, &EncodedChunk::min_time_ms);
  TOCSIN_RETURN_IF_ERROR(MergeOverlapping(index, chunks));
  out.insert(out.end(), std::make_move_iterator(chunks.begin()),
             std::make_move_iterator(chunks.end()));
  return {};
}

// Replaces each run of chunks that overlap by chunks of their merged samples.
Status MergedSeriesSet::MergeOverlapping(size_t index, std::vector<EncodedChunk>& chunks) const {
  std::vector<EncodedChunk> merged;
  for (size_t begin = 0; begin < chunks.size();) {
    size_t end = begin + 1;
    int64_t max_time_ms = chunks[begin].max_time_ms;
    for (; end < chunks.size() && chunks[end].min_time_ms <= max_time_ms; ++end) {
      max_time_ms = std::max(max_time_ms, chunks[end].max_time_ms);
    }
    if (end == begin + 1) {
      merged.push_back(std::move(chunks[begin]));
    } else if (!encode_chunks_) {
      return Error(ErrorCode::kUnimplemented, "chunks of several parts overlap");
    } else {
      SampleBuffer samples;
      TOCSIN_RETURN_IF_ERROR(Read(index, chunks[begin].min_time_ms, max_time_ms, samples));
      TOCSIN_RETURN_IF_ERROR(encode_chunks_(samples, merged));
    }
    begin = end;
  }
  chunks = std::move(merged);
  return {};
}

Status MergedSeriesSet::ReadLatest(size_t first, int64_t start_ms, int64_t end_ms,
                                   std::span<Latest> out) const {
  std::ranges::fill(out, Latest{kNoSample, 0, nullptr});
  std::vector<uint32_t> found_in(out.size(), UINT32_MAX);
  for (const uint32_t source : newest_first_) {
    if (!Overlaps(source, start_ms, end_ms)) continue;
    TOCSIN_RETURN_IF_ERROR(ReadLatestOf(source, first, start_ms, end_ms, out, found_in));
  }
  return {};
}

// Asks one source for those series that it may have something newer of; neighbours in one call.
Status MergedSeriesSet::ReadLatestOf(uint32_t source, size_t first, int64_t start_ms,
                                     int64_t end_ms, std::span<Latest> out,
                                     std::span<uint32_t> found_in) const {
  const int64_t newest_ms = std::min(end_ms, sources_[source].max_time_ms);
  const auto wanted = [&](size_t i) -> std::optional<uint32_t> {
    if (out[i].timestamp_ms > newest_ms) return std::nullopt;
    for (const Place place : PlacesOf(first + i)) {
      if (place.source == source) return place.index;
    }
    return std::nullopt;
  };
  std::vector<Latest> found;
  for (size_t i = 0; i < out.size();) {
    const auto begin = wanted(i);
    if (!begin) {
      ++i;
      continue;
    }
    size_t count = 1;
    while (i + count < out.size() && wanted(i + count) == *begin + count) ++count;
    found.assign(count, Latest{kNoSample, 0, nullptr});
    TOCSIN_RETURN_IF_ERROR(sources_[source].set->ReadLatest(*begin, start_ms, end_ms, found));
    for (size_t k = 0; k < count; ++k, ++i) {
      // The same timestamp in two sources: the earlier one's sample counts.
      const bool is_newer = found[k].timestamp_ms > out[i].timestamp_ms ||
                            (found[k].timestamp_ms != kNoSample &&
                             found[k].timestamp_ms == out[i].timestamp_ms && source < found_in[i]);
      if (!is_newer) continue;
      out[i] = std::move(found[k]);
      found_in[i] = source;
    }
  }
  return {};
}

// Each source groups its own; groups with the same labels are one. A series is in the group that
// its first source says.
SeriesGrouping MergedSeriesSet::GroupBy(std::span<const std::string> names, bool without) const {
  std::vector<SeriesGrouping> of_source;
  for (const MergeSource& source : sources_) {
    of_source.push_back(source.set->GroupBy(names, without));
  }
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<std::vector<uint32_t>> merged_group(sources_.size());
  for (size_t i = 0; i < sources_.size(); ++i) {
    merged_group[i].assign(of_source[i].group_labels.size(), kNone);
  }
  SeriesGrouping grouping;
  grouping.group_of_series.reserve(size());
  std::unordered_map<Labels, uint32_t, LabelsHash> groups;
  for (size_t i = 0; i < size(); ++i) {
    const Place place = PlacesOf(i).front();
    const uint32_t local = of_source[place.source].group_of_series[place.index];
    uint32_t& group = merged_group[place.source][local];
    if (group == kNone) {
      const Labels& labels = of_source[place.source].group_labels[local];
      const auto [at, is_new] =
          groups.try_emplace(labels, static_cast<uint32_t>(grouping.group_labels.size()));
      if (is_new) grouping.group_labels.push_back(labels);
      group = at->second;
    }
    grouping.group_of_series.push_back(group);
  }
  return grouping;
}

}  // namespace tocsin::storage
