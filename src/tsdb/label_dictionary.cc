#include "tsdb/label_dictionary.h"

#include <cstring>

#include "model/labels.h"
#include "tsdb/string_hash.h"

namespace tocsin::tsdb {

LabelDictionary::LabelDictionary(SlabArena& arena) : arena_(arena) {
  CHECK(InternName(kMetricNameLabel) == kMetricNameId, "the metric name comes first");
}

uint64_t LabelDictionary::HashOf(NameId name, std::string_view value) {
  return HashString(value, MixHash(name, 0x5851f42d4c957f2du));
}

NameId LabelDictionary::FindName(std::string_view name) const {
  return name_table_.Find(HashString(name), [&](uint32_t id) { return names_[id].text == name; });
}

NameId LabelDictionary::InternName(std::string_view name) {
  const NameId found = FindName(name);
  if (found != kNone) return found;
  NameId id;
  if (free_names_.empty()) {
    id = name_count_++;
    names_.EnsureSize(name_count_);
  } else {
    id = free_names_.back();
    free_names_.pop_back();
  }
  names_[id].text = name;
  name_table_.Insert(HashString(name), id);
  if (name < kMetricNameLabel) has_names_before_metric_name_ = true;
  return id;
}

PairId LabelDictionary::FindPair(NameId name, std::string_view value) const {
  return table_.Find(HashOf(name, value),
                     [&](uint32_t id) { return pairs_[id].name == name && value_of(id) == value; });
}

PairId LabelDictionary::Intern(std::string_view name, std::string_view value) {
  const NameId name_id = InternName(name);
  const PairId found = FindPair(name_id, value);
  if (found != kNone) return found;
  PairId id;
  if (free_pairs_.empty()) {
    id = pair_limit_++;
    pairs_.EnsureSize(pair_limit_);
    postings_.EnsureSize(pair_limit_);
  } else {
    id = free_pairs_.back();
    free_pairs_.pop_back();
  }
  std::vector<PairId>& siblings = names_[name_id].pairs;
  pairs_[id] = {name_id, CopyText(value), static_cast<uint32_t>(value.size()),
                static_cast<uint32_t>(siblings.size())};
  siblings.push_back(id);
  ++names_[name_id].pair_count;
  table_.Insert(HashOf(name_id, value), id);
  return id;
}

ArenaHandle LabelDictionary::CopyText(std::string_view text) {
  // An empty value takes a piece too, so that value_of needs no special case.
  SlabArena::Session session(arena_);
  const ArenaHandle handle = session.Allocate(text.empty() ? 1 : text.size());
  std::memcpy(arena_.Get(handle), text.data(), text.size());
  return handle;
}

void LabelDictionary::Remove(PairId pair) {
  const Pair& entry = pairs_[pair];
  table_.Erase(HashOf(entry.name, value_of(pair)), pair);
  std::vector<PairId>& siblings = names_[entry.name].pairs;
  siblings[entry.index_in_name] = siblings.back();
  pairs_[siblings.back()].index_in_name = entry.index_in_name;
  siblings.pop_back();
  // Half a million values of yesterday must not cost their list for ever.
  if (siblings.size() * 4 < siblings.capacity()) siblings.shrink_to_fit();
}

void LabelDictionary::Release(PairId pair) {
  const NameId name = pairs_[pair].name;
  SlabArena::Session session(arena_);
  session.Free(pairs_[pair].value);
  pairs_[pair] = {};
  if (--names_[name].pair_count == 0 && name != kMetricNameId) ReleaseName(name);
  postings_[pair].Reset();
  free_pairs_.push_back(pair);
}

void LabelDictionary::ReleaseName(NameId name) {
  name_table_.Erase(HashString(names_[name].text), name);
  names_[name] = Name();
  free_names_.push_back(name);
}

size_t LabelDictionary::value_bytes(NameId name) const {
  size_t bytes = 0;
  for (const PairId pair : names_[name].pairs) bytes += pairs_[pair].value_size;
  return bytes;
}

size_t LabelDictionary::text_bytes() const {
  size_t bytes = names_.size_bytes() + pairs_.size_bytes() + table_.size_bytes() +
                 name_table_.size_bytes() + free_pairs_.capacity() * sizeof(PairId);
  for (NameId name = 0; name < name_count_; ++name) {
    bytes += names_[name].pairs.capacity() * sizeof(PairId);
  }
  return bytes;
}

size_t LabelDictionary::postings_bytes() const {
  size_t bytes = postings_.size_bytes();
  for (NameId name = 0; name < name_count_; ++name) {
    for (const PairId pair : names_[name].pairs) bytes += postings_[pair].heap_bytes();
  }
  return bytes;
}

}  // namespace tocsin::tsdb
