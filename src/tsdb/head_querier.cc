#include "tsdb/head_querier.h"

#include <algorithm>

#include "tsdb/head_series_set.h"
#include "tsdb/series_selector.h"

namespace tocsin::tsdb {
namespace {

void SortAndCut(std::vector<std::string>& texts, size_t limit) {
  std::ranges::sort(texts);
  if (limit != 0 && texts.size() > limit) texts.resize(limit);
}

}  // namespace

HeadQuerier::HeadQuerier(HeadState& state, int64_t start_ms, int64_t end_ms, HeadPart part)
    : state_(state),
      start_ms_(start_ms),
      end_ms_(end_ms),
      part_(part),
      ticket_(state.isolation.Enter()) {}

HeadQuerier::~HeadQuerier() { state_.isolation.Leave(ticket_); }

Result<std::unique_ptr<storage::SeriesSet>> HeadQuerier::Select(std::span<const Matcher> matchers,
                                                                const storage::SelectHints& hints) {
  // Hints of zero are hints not given.
  const bool has_range = hints.start_ms != 0 || hints.end_ms != 0;
  const int64_t start_ms = has_range ? hints.start_ms : start_ms_;
  const int64_t end_ms = has_range ? hints.end_ms : end_ms_;
  ReadLock lock(state_.index_mutex);
  std::vector<SeriesId> ids = SelectInRange(matchers, start_ms, end_ms);
  state_.order.Sort(state_.index, ids);
  return std::make_unique<HeadSeriesSet>(state_, HeadView{*ticket_, part_}, std::move(ids));
}

std::vector<SeriesId> HeadQuerier::SelectInRange(std::span<const Matcher> matchers,
                                                 int64_t start_ms, int64_t end_ms) {
  if (!Overlaps(start_ms, end_ms)) return {};
  std::vector<SeriesId> ids = SelectSeries(state_.index, matchers);
  std::erase_if(ids, [&](SeriesId id) { return HasNothingIn(id, start_ms, end_ms); });
  return ids;
}

bool HeadQuerier::Overlaps(int64_t start_ms, int64_t end_ms) const {
  if (part_ != HeadPart::kInOrder && OverlapsOutOfOrder(start_ms, end_ms)) return true;
  return part_ != HeadPart::kOutOfOrder &&
         end_ms >= state_.min_time_ms.load(std::memory_order_relaxed) &&
         start_ms <= state_.max_time_ms.load(std::memory_order_relaxed);
}

bool HeadQuerier::OverlapsOutOfOrder(int64_t start_ms, int64_t end_ms) const {
  return end_ms >= state_.min_out_of_order_ms.load(std::memory_order_relaxed) &&
         start_ms <= state_.max_out_of_order_ms.load(std::memory_order_relaxed);
}

// In order only of series that no target writes any more: the others' newest samples are in rows,
// which nearly always reach to now.
bool HeadQuerier::HasNothingIn(SeriesId id, int64_t start_ms, int64_t end_ms) const {
  if (part_ != HeadPart::kInOrder && OverlapsOutOfOrder(start_ms, end_ms)) {
    const bool has_some = state_.series.WithReadLock(id, [&](const RowGroup*, uint32_t) {
      const SeriesExtras* const extras = state_.extras.Find(id);
      return extras != nullptr && extras->out_of_order.max_time_ms() >= start_ms &&
             extras->out_of_order.min_time_ms() <= end_ms;
    });
    if (has_some) return false;
  }
  if (part_ == HeadPart::kOutOfOrder) return true;
  if (state_.series.PlaceOf(id).group != 0) return false;
  const auto newest = state_.NewestOf(id);
  return !newest || newest->timestamp_ms < std::max(start_ms, ticket_->min_time_ms);
}

Result<std::vector<std::string>> HeadQuerier::LabelNames(std::span<const Matcher> matchers,
                                                         size_t limit) {
  ReadLock lock(state_.index_mutex);
  const LabelDictionary& dictionary = state_.index.dictionary();
  std::vector<bool> used(dictionary.name_count());
  if (matchers.empty()) {
    for (NameId name = 0; name < dictionary.name_count(); ++name) {
      used[name] = Overlaps(start_ms_, end_ms_) && !dictionary.pairs_of(name).empty();
    }
  } else {
    for (const SeriesId id : SelectInRange(matchers, start_ms_, end_ms_)) {
      for (const PairId pair : state_.index.PairsOf(id)) used[dictionary.name_of(pair)] = true;
    }
  }
  std::vector<std::string> names;
  for (NameId name = 0; name < dictionary.name_count(); ++name) {
    if (used[name]) names.emplace_back(dictionary.name_text(name));
  }
  SortAndCut(names, limit);
  return names;
}

Result<std::vector<std::string>> HeadQuerier::LabelValues(const std::string& name,
                                                          std::span<const Matcher> matchers,
                                                          size_t limit) {
  ReadLock lock(state_.index_mutex);
  const LabelDictionary& dictionary = state_.index.dictionary();
  const NameId name_id = dictionary.FindName(name);
  std::vector<std::string> values;
  if (name_id == LabelDictionary::kNone || !Overlaps(start_ms_, end_ms_)) return values;
  if (matchers.empty()) {
    for (const PairId pair : dictionary.pairs_of(name_id)) {
      values.emplace_back(dictionary.value_of(pair));
    }
  } else {
    std::vector<bool> used(dictionary.pair_limit());
    for (const SeriesId id : SelectInRange(matchers, start_ms_, end_ms_)) {
      for (const PairId pair : state_.index.PairsOf(id)) {
        if (dictionary.name_of(pair) != name_id || used[pair]) continue;
        used[pair] = true;
        values.emplace_back(dictionary.value_of(pair));
      }
    }
  }
  SortAndCut(values, limit);
  return values;
}

}  // namespace tocsin::tsdb
