// entry  := label_count(uvarint) { name(uvarint) value(uvarint) }
//           chunk_count(uvarint) [first] next*
// first  := min_time(varint) max_time-min_time(uvarint) ref(uvarint)
// next   := min_time-last_max_time(uvarint) max_time-min_time(uvarint) ref-last_ref(varint)
#include "tsdb/block/series_entry.h"

#include <limits>

namespace tocsin::tsdb {
namespace {

// Unsigned, so that malformed input wraps instead of overflowing.
int64_t Plus(int64_t a, uint64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + b); }

}  // namespace

bool SeriesEntry::NextLabel(SymbolPair& pair) {
  if (labels_left_ == 0 || reader_.failed()) return false;
  --labels_left_;
  const uint64_t name = reader_.ReadUvarint();
  const uint64_t value = reader_.ReadUvarint();
  constexpr uint64_t kMax = std::numeric_limits<SymbolRef>::max();
  if (name > kMax || value > kMax) reader_.ReadBytes(UINT64_MAX);  // Fails the reader.
  pair = {static_cast<SymbolRef>(name), static_cast<SymbolRef>(value)};
  return !reader_.failed();
}

void SeriesEntry::SkipLabels() {
  for (SymbolPair pair; NextLabel(pair);) {
  }
}

bool SeriesEntry::NextChunk(ChunkMeta& chunk) {
  if (!has_begun_chunks_) {
    has_begun_chunks_ = true;
    chunks_left_ = reader_.ReadUvarint();
  }
  if (chunks_left_ == 0 || reader_.failed()) return false;
  --chunks_left_;
  if (is_first_chunk_) {
    last_.min_time_ms = reader_.ReadVarint();
  } else {
    last_.min_time_ms = Plus(last_.max_time_ms, reader_.ReadUvarint());
  }
  last_.max_time_ms = Plus(last_.min_time_ms, reader_.ReadUvarint());
  last_.ref = is_first_chunk_ ? reader_.ReadUvarint()
                              : last_.ref + static_cast<uint64_t>(reader_.ReadVarint());
  is_first_chunk_ = false;
  chunk = last_;
  return !reader_.failed();
}

}  // namespace tocsin::tsdb
