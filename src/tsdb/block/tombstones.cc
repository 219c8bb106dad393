// file    := magic(BE32 0x0130BA30) version(1) stone* crc(BE32, of the stones)
// stone   := series_ref(uvarint) start_ms(varint) end_ms(varint)        both inclusive
#include "tsdb/block/tombstones.h"

#include <algorithm>
#include <limits>

#include "base/crc32c.h"
#include "base/varint.h"
#include "tsdb/block/block_layout.h"

namespace tocsin::tsdb {
namespace {

constexpr uint32_t kMagic = 0x0130BA30;
constexpr uint8_t kVersion = 1;
constexpr size_t kHeaderBytes = 5;
constexpr size_t kCrcBytes = 4;

Error Malformed(size_t offset, std::string_view reason) {
  return Errorf(ErrorCode::kCorruption, "malformed tombstones at {}: {}", offset, reason);
}

// Whether `next` overlaps `last` or begins where it ends. `next` does not start before `last`.
bool Joins(const Tombstone& last, const Tombstone& next) {
  return last.series_ref == next.series_ref &&
         (last.end_ms == std::numeric_limits<int64_t>::max() || next.start_ms <= last.end_ms + 1);
}

// Those of one series, in a sorted array.
template <typename Array>
auto RangeOf(Array& tombstones, uint64_t series_ref) {
  const auto begin = std::ranges::lower_bound(tombstones, series_ref, {}, &Tombstone::series_ref);
  const auto end =
      std::ranges::upper_bound(begin, tombstones.end(), series_ref, {}, &Tombstone::series_ref);
  return std::pair(begin, end);
}

// The first interval that does not end before `time_ms`.
auto FirstReaching(std::span<const Tombstone> intervals, int64_t time_ms) {
  return std::ranges::partition_point(
      intervals, [time_ms](const Tombstone& tombstone) { return tombstone.end_ms < time_ms; });
}

}  // namespace

Tombstones Tombstones::FromUnsorted(std::vector<Tombstone> tombstones) {
  std::erase_if(tombstones, [](const Tombstone& t) { return t.end_ms < t.start_ms; });
  std::ranges::sort(tombstones);
  size_t kept = 0;
  for (const Tombstone& next : tombstones) {
    if (kept > 0 && Joins(tombstones[kept - 1], next)) {
      int64_t& end_ms = tombstones[kept - 1].end_ms;
      end_ms = std::max(end_ms, next.end_ms);
    } else {
      tombstones[kept++] = next;
    }
  }
  tombstones.resize(kept);
  Tombstones result;
  result.tombstones_ = std::move(tombstones);
  return result;
}

void Tombstones::Add(const Tombstone& tombstone) {
  if (tombstone.end_ms < tombstone.start_ms) return;
  if (tombstones_.empty() || tombstones_.back().series_ref < tombstone.series_ref) {
    tombstones_.push_back(tombstone);
    return;
  }
  // What it may join with is of the same series: only that part is sorted anew.
  const auto [begin, end] = RangeOf(tombstones_, tombstone.series_ref);
  std::vector<Tombstone> intervals(begin, end);
  intervals.push_back(tombstone);
  intervals = FromUnsorted(std::move(intervals)).tombstones_;
  const auto at = tombstones_.erase(begin, end);
  tombstones_.insert(at, intervals.begin(), intervals.end());
}

void Tombstones::Merge(const Tombstones& other) {
  if (other.empty()) return;
  std::vector<Tombstone> all = std::move(tombstones_);
  all.insert(all.end(), other.tombstones_.begin(), other.tombstones_.end());
  *this = FromUnsorted(std::move(all));
}

Tombstones Tombstones::Within(int64_t start_ms, int64_t end_ms) const {
  Tombstones result;
  for (Tombstone tombstone : tombstones_) {
    tombstone.start_ms = std::max(tombstone.start_ms, start_ms);
    tombstone.end_ms = std::min(tombstone.end_ms, end_ms);
    if (tombstone.start_ms <= tombstone.end_ms) result.tombstones_.push_back(tombstone);
  }
  return result;
}

void Tombstones::TruncateBefore(int64_t time_ms) {
  std::erase_if(tombstones_, [time_ms](const Tombstone& t) { return t.end_ms < time_ms; });
}

std::span<const Tombstone> Tombstones::Of(uint64_t series_ref) const {
  if (tombstones_.empty()) return {};
  const auto [begin, end] = RangeOf(tombstones_, series_ref);
  return {begin, end};
}

bool IsDeletedAt(std::span<const Tombstone> intervals, int64_t time_ms) {
  return AnyDeleted(intervals, time_ms, time_ms);
}

bool AnyDeleted(std::span<const Tombstone> intervals, int64_t start_ms, int64_t end_ms) {
  const auto at = FirstReaching(intervals, start_ms);
  return at != intervals.end() && at->start_ms <= end_ms;
}

bool AllDeleted(std::span<const Tombstone> intervals, int64_t start_ms, int64_t end_ms) {
  const auto at = FirstReaching(intervals, start_ms);
  return at != intervals.end() && at->start_ms <= start_ms && at->end_ms >= end_ms;
}

void EraseDeleted(std::span<const Tombstone> intervals, storage::SampleBuffer& samples) {
  if (intervals.empty()) return;
  const bool has_starts = !samples.start_timestamps_ms.empty();
  size_t kept = 0;
  for (size_t i = 0; i < samples.timestamps_ms.size(); ++i) {
    if (IsDeletedAt(intervals, samples.timestamps_ms[i])) continue;
    samples.timestamps_ms[kept] = samples.timestamps_ms[i];
    samples.values[kept] = samples.values[i];
    if (has_starts) samples.start_timestamps_ms[kept] = samples.start_timestamps_ms[i];
    ++kept;
  }
  samples.timestamps_ms.resize(kept);
  samples.values.resize(kept);
  if (has_starts) samples.start_timestamps_ms.resize(kept);
  std::erase_if(samples.histograms, [&](const storage::HistogramSample& sample) {
    return IsDeletedAt(intervals, sample.timestamp_ms);
  });
}

std::string EncodeTombstones(const Tombstones& tombstones) {
  std::string bytes;
  PutBE32(bytes, kMagic);
  bytes.push_back(static_cast<char>(kVersion));
  for (const Tombstone& tombstone : tombstones.all()) {
    PutUvarint(bytes, tombstone.series_ref);
    PutVarint(bytes, tombstone.start_ms);
    PutVarint(bytes, tombstone.end_ms);
  }
  PutBE32(bytes, Crc32c(std::string_view(bytes).substr(kHeaderBytes)));
  return bytes;
}

Result<Tombstones> DecodeTombstones(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes + kCrcBytes) return Malformed(0, "shorter than its header");
  ByteReader header(bytes);
  if (header.ReadBE32() != kMagic) return Malformed(0, "bad magic number");
  if (header.ReadByte() != kVersion) return Malformed(4, "unknown version");
  const size_t end = bytes.size() - kCrcBytes;
  const std::string_view stones = bytes.substr(kHeaderBytes, end - kHeaderBytes);
  if (ByteReader(bytes.substr(end)).ReadBE32() != Crc32c(stones)) {
    return Malformed(end, "checksum does not match");
  }
  std::vector<Tombstone> tombstones;
  for (ByteReader reader(stones); reader.remaining() > 0;) {
    const size_t offset = end - reader.remaining();
    Tombstone tombstone;
    tombstone.series_ref = reader.ReadUvarint();
    tombstone.start_ms = reader.ReadVarint();
    tombstone.end_ms = reader.ReadVarint();
    if (reader.failed()) return Malformed(offset, "entry ends early");
    tombstones.push_back(tombstone);
  }
  return Tombstones::FromUnsorted(std::move(tombstones));
}

Result<Tombstones> ReadTombstones(Fs& fs, const std::string& directory) {
  const std::string path = JoinPath(directory, kTombstonesFileName);
  const Result<std::string> bytes = fs.ReadFile(path);
  if (!bytes) {
    if (bytes.error().code() == ErrorCode::kNotFound) return Tombstones();
    return bytes.error();
  }
  Result<Tombstones> tombstones = DecodeTombstones(*bytes);
  if (!tombstones) return tombstones.error().WithContext(path);
  return tombstones;
}

Status WriteTombstones(Fs& fs, const std::string& directory, const Tombstones& tombstones) {
  return fs.WriteFileAtomically(JoinPath(directory, kTombstonesFileName),
                                EncodeTombstones(tombstones));
}

}  // namespace tocsin::tsdb
