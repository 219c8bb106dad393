#include "tsdb/block/symbol_grouping.h"

#include <algorithm>

#include "tsdb/hash_slots.h"
#include "tsdb/string_hash.h"

namespace tocsin::tsdb {
namespace {

uint64_t Pack(SymbolPair pair) { return uint64_t{pair.name} << 32 | pair.value; }

// The packed label pairs that make up each group's labels, one after the other, and a table over
// them.
class GroupTable {
 public:
  uint32_t FindOrAdd(std::span<const uint64_t> key) {
    uint64_t hash = key.size();
    for (const uint64_t pair : key) hash = MixHash(hash, pair);
    const uint32_t found =
        table_.Find(hash, [&](uint32_t group) { return std::ranges::equal(KeyOf(group), key); });
    if (found != HashSlots::kNone) return found;
    const auto group = static_cast<uint32_t>(ends_.size());
    pairs_.insert(pairs_.end(), key.begin(), key.end());
    ends_.push_back(pairs_.size());
    table_.Insert(hash, group);
    return group;
  }
  std::span<const uint64_t> KeyOf(uint32_t group) const {
    const size_t begin = group == 0 ? 0 : ends_[group - 1];
    return {pairs_.data() + begin, ends_[group] - begin};
  }
  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }

 private:
  std::vector<uint64_t> pairs_;
  std::vector<size_t> ends_;
  HashSlots table_;
};

Labels LabelsOfKey(const IndexReader& index, std::span<const uint64_t> key) {
  std::string encoded;
  for (const uint64_t pair : key) {
    const Result<std::string_view> name = index.Symbol(static_cast<SymbolRef>(pair >> 32));
    const Result<std::string_view> value = index.Symbol(static_cast<SymbolRef>(pair));
    if (!name || !value) continue;
    AppendLabelString(encoded, *name);
    AppendLabelString(encoded, *value);
  }
  return Labels::FromEncoded(std::move(encoded));
}

}  // namespace

storage::SeriesGrouping GroupBySymbols(const IndexReader& index, std::span<const PostingId> ids,
                                       std::span<const std::string> names, bool without) {
  std::vector<SymbolRef> listed;
  for (const std::string& name : names) {
    if (const auto symbol = index.FindSymbol(name)) listed.push_back(*symbol);
  }
  if (without) {
    if (const auto symbol = index.FindSymbol(kMetricNameLabel)) listed.push_back(*symbol);
  }
  GroupTable groups;
  storage::SeriesGrouping grouping;
  grouping.group_of_series.reserve(ids.size());
  std::vector<uint64_t> key;
  for (const PostingId id : ids) {
    key.clear();
    if (Result<SeriesEntry> entry = index.Series(id)) {
      for (SymbolPair pair; entry->NextLabel(pair);) {
        const bool is_listed = std::ranges::find(listed, pair.name) != listed.end();
        if (is_listed != without) key.push_back(Pack(pair));
      }
    }
    grouping.group_of_series.push_back(groups.FindOrAdd(key));
  }
  for (uint32_t group = 0; group < groups.size(); ++group) {
    grouping.group_labels.push_back(LabelsOfKey(index, groups.KeyOf(group)));
  }
  return grouping;
}

}  // namespace tocsin::tsdb
