#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "storage/queryable.h"

namespace tocsin::tsdb {

/// "Samples of this series in [start_ms, end_ms], both inclusive, are deleted."
struct Tombstone {
  uint64_t series_ref = 0;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  friend auto operator<=>(const Tombstone&, const Tombstone&) = default;
};

/// What is deleted of which series, in one sorted array. Of a series the intervals rise, do not
/// overlap and do not touch: adding joins them. Thread-compatible: one writer or many readers.
class Tombstones {
 public:
  Tombstones() = default;
  /// From any number in any order, overlapping or not; those that end before they start are
  /// dropped.
  static Tombstones FromUnsorted(std::vector<Tombstone> tombstones);

  /// Adds one. Cheap at the end of the array; for many at once, FromUnsorted and Merge are better.
  void Add(const Tombstone& tombstone);
  /// Adds all of `other`.
  void Merge(const Tombstones& other);
  /// What of it lies in [start_ms, end_ms], cut to that.
  Tombstones Within(int64_t start_ms, int64_t end_ms) const;
  /// What remains after all before `time_ms` is forgotten.
  void TruncateBefore(int64_t time_ms);

  /// The intervals of one series; valid until the next change.
  std::span<const Tombstone> Of(uint64_t series_ref) const;
  /// All, sorted by series and time.
  std::span<const Tombstone> all() const { return tombstones_; }
  size_t size() const { return tombstones_.size(); }
  bool empty() const { return tombstones_.empty(); }

 private:
  std::vector<Tombstone> tombstones_;
};

// Questions about the intervals of one series, as Tombstones::Of gives them.

/// Whether the sample at `time_ms` is deleted.
bool IsDeletedAt(std::span<const Tombstone> intervals, int64_t time_ms);
/// Whether anything in [start_ms, end_ms] is deleted.
bool AnyDeleted(std::span<const Tombstone> intervals, int64_t start_ms, int64_t end_ms);
/// Whether all of [start_ms, end_ms] is deleted.
bool AllDeleted(std::span<const Tombstone> intervals, int64_t start_ms, int64_t end_ms);
/// Removes deleted samples.
void EraseDeleted(std::span<const Tombstone> intervals, storage::SampleBuffer& samples);

/// The bytes of a tombstones file (upstream: tsdb/tombstones), and back. kCorruption names the
/// offset.
std::string EncodeTombstones(const Tombstones& tombstones);
Result<Tombstones> DecodeTombstones(std::string_view bytes);

/// Reads `directory`/tombstones; a missing file is none. Errors name the file.
Result<Tombstones> ReadTombstones(Fs& fs, const std::string& directory);
/// Replaces the file: after a crash the old or the new one is there.
Status WriteTombstones(Fs& fs, const std::string& directory, const Tombstones& tombstones);

}  // namespace tocsin::tsdb
