#include "storage/merge_querier.h"

#include <algorithm>

#include "storage/merged_series_set.h"

namespace tocsin::storage {
namespace {

bool Overlaps(const MergePart& part, const SelectHints& hints) {
  // Hints of zero are hints not given.
  if (hints.start_ms == 0 && hints.end_ms == 0) return true;
  return part.min_time_ms <= hints.end_ms && part.max_time_ms >= hints.start_ms;
}

// Unites sorted lists of texts, `limit` (0: all) at most.
Result<std::vector<std::string>> Unite(std::vector<std::vector<std::string>> lists, size_t limit) {
  std::vector<std::string> united;
  for (std::vector<std::string>& list : lists) {
    if (united.empty()) {
      united = std::move(list);
      continue;
    }
    const auto middle = static_cast<std::ptrdiff_t>(united.size());
    united.insert(united.end(), std::make_move_iterator(list.begin()),
                  std::make_move_iterator(list.end()));
    std::inplace_merge(united.begin(), united.begin() + middle, united.end());
    united.erase(std::unique(united.begin(), united.end()), united.end());
  }
  if (limit != 0 && united.size() > limit) united.resize(limit);
  return united;
}

}  // namespace

MergeQuerier::MergeQuerier(std::vector<MergePart> parts, ChunkEncoder encode_chunks)
    : parts_(std::move(parts)), encode_chunks_(std::move(encode_chunks)) {}

Result<std::unique_ptr<SeriesSet>> MergeQuerier::Select(std::span<const Matcher> matchers,
                                                        const SelectHints& hints) {
  std::vector<MergeSource> sources;
  for (const MergePart& part : parts_) {
    if (!Overlaps(part, hints)) continue;
    TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<SeriesSet> set, part.querier->Select(matchers, hints));
    if (set->size() > 0) sources.push_back({std::move(set), part.min_time_ms, part.max_time_ms});
  }
  if (sources.size() == 1) return std::move(sources.front().set);
  return std::make_unique<MergedSeriesSet>(std::move(sources), encode_chunks_);
}

Result<std::vector<std::string>> MergeQuerier::LabelNames(std::span<const Matcher> matchers,
                                                          size_t limit) {
  std::vector<std::vector<std::string>> lists;
  for (const MergePart& part : parts_) {
    TOCSIN_ASSIGN_OR_RETURN(lists.emplace_back(), part.querier->LabelNames(matchers, limit));
  }
  return Unite(std::move(lists), limit);
}

Result<std::vector<std::string>> MergeQuerier::LabelValues(const std::string& name,
                                                           std::span<const Matcher> matchers,
                                                           size_t limit) {
  std::vector<std::vector<std::string>> lists;
  for (const MergePart& part : parts_) {
    TOCSIN_ASSIGN_OR_RETURN(lists.emplace_back(), part.querier->LabelValues(name, matchers, limit));
  }
  return Unite(std::move(lists), limit);
}

}  // namespace tocsin::storage
