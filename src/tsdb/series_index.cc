#include "tsdb/series_index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "tsdb/string_hash.h"

namespace tocsin::tsdb {

uint64_t SeriesIndex::HashOf(std::span<const PairId> pairs) {
  uint64_t hash = pairs.size();
  for (const PairId pair : pairs) hash = MixHash(hash, pair);
  return hash;
}

SeriesId SeriesIndex::FindRun(std::span<const PairId> pairs, uint64_t hash) const {
  return table_.Find(hash, [&](uint32_t id) { return std::ranges::equal(PairsOf(id), pairs); });
}

SeriesId SeriesIndex::Find(const Labels& labels) const {
  // On the stack for all but absurd label sets: looking up must not allocate.
  std::array<PairId, 64> pairs;
  std::vector<PairId> many;
  size_t count = 0;
  for (const auto [name, value] : labels) {
    const NameId name_id = dictionary_.FindName(name);
    if (name_id == LabelDictionary::kNone) return kNone;
    const PairId pair = dictionary_.FindPair(name_id, value);
    if (pair == LabelDictionary::kNone) return kNone;
    if (count == pairs.size()) many.assign(pairs.begin(), pairs.end());
    if (count < pairs.size()) {
      pairs[count] = pair;
    } else {
      many.push_back(pair);
    }
    ++count;
  }
  const std::span<const PairId> run =
      many.empty() ? std::span<const PairId>(pairs.data(), count) : std::span<const PairId>(many);
  return FindRun(run, HashOf(run));
}

SeriesIndex::Found SeriesIndex::FindOrCreate(const Labels& labels) {
  scratch_.clear();
  for (const auto [name, value] : labels) scratch_.push_back(dictionary_.Intern(name, value));
  const uint64_t hash = HashOf(scratch_);
  const SeriesId found = FindRun(scratch_, hash);
  if (found != kNone) return {found, false};
  return {AddRun(scratch_, hash), true};
}

void SeriesIndex::Reserve(uint32_t series_count) {
  runs_.EnsureSize(series_count);
  table_.Reserve(series_count);
}

SeriesId SeriesIndex::AddRun(std::span<const PairId> pairs, uint64_t hash) {
  const SeriesId id = NewId();
  {
    SlabArena::Session session(arena_);
    runs_[id] = {session.Allocate(std::max<size_t>(pairs.size_bytes(), 1)),
                 static_cast<uint32_t>(pairs.size())};
  }
  std::memcpy(arena_.Get(runs_[id].handle), pairs.data(), pairs.size_bytes());
  for (const PairId pair : pairs) dictionary_.postings(pair).Add(id);
  table_.Insert(hash, id);
  all_.Add(id);
  ++created_count_;
  return id;
}

SeriesId SeriesIndex::NewId() {
  if (free_ids_.empty()) {
    runs_.EnsureSize(++limit_);
    return limit_ - 1;
  }
  const SeriesId id = free_ids_.back();
  free_ids_.pop_back();
  return id;
}

void SeriesIndex::Unlink(SeriesId id) {
  const std::span<const PairId> pairs = PairsOf(id);
  table_.Erase(HashOf(pairs), id);
  all_.Remove(id);
  unlinked_uses_.resize(dictionary_.pair_limit());
  for (const PairId pair : pairs) {
    ++unlinked_uses_[pair];
    dictionary_.postings(pair).Remove(id);
    if (dictionary_.postings(pair).empty()) dictionary_.Remove(pair);
  }
  ++removed_count_;
}

void SeriesIndex::Release(SeriesId id) {
  for (const PairId pair : PairsOf(id)) {
    if (--unlinked_uses_[pair] == 0 && dictionary_.postings(pair).empty()) {
      dictionary_.Release(pair);
    }
  }
  SlabArena::Session session(arena_);
  session.Free(runs_[id].handle);
  runs_[id] = {};
  free_ids_.push_back(id);
  table_.Shrink();
}

Labels SeriesIndex::LabelsOf(SeriesId id) const {
  std::string encoded;
  size_t size = 0;
  for (const PairId pair : PairsOf(id)) {
    size += dictionary_.name_text_of(pair).size() + dictionary_.value_of(pair).size() + 2;
  }
  encoded.reserve(size);
  for (const PairId pair : PairsOf(id)) {
    AppendLabelString(encoded, dictionary_.name_text_of(pair));
    AppendLabelString(encoded, dictionary_.value_of(pair));
  }
  return Labels::FromEncoded(std::move(encoded));
}

bool SeriesIndex::HasLabels(SeriesId id, const Labels& labels) const {
  auto label = labels.begin();
  for (const PairId pair : PairsOf(id)) {
    if (label == labels.end() || (*label).name != dictionary_.name_text_of(pair) ||
        (*label).value != dictionary_.value_of(pair)) {
      return false;
    }
    ++label;
  }
  return label == labels.end();
}

PairId SeriesIndex::MetricNameOf(SeriesId id) const {
  for (const PairId pair : PairsOf(id)) {
    if (dictionary_.name_of(pair) == LabelDictionary::kMetricNameId) return pair;
  }
  return LabelDictionary::kNone;
}

SeriesIndex::MemoryBytes SeriesIndex::memory_bytes() const {
  return {arena_.reserved_bytes() + runs_.size_bytes() + free_ids_.capacity() * sizeof(SeriesId) +
              unlinked_uses_.capacity() * sizeof(uint32_t),
          table_.size_bytes(), all_.heap_bytes()};
}

}  // namespace tocsin::tsdb
