#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/result.h"
#include "telemetry/registry.h"
#include "tsdb/wal/record.h"
#include "tsdb/wal/segment.h"

namespace tocsin::tsdb {

/// When written records are forced to stable storage. A crash of the process loses nothing under
/// any.
enum class WalFsync {
  kOff,         ///< Never: a power failure may lose what the kernel had not written.
  kOnSegment,   ///< When a segment is full and at Close(), as Prometheus.
  kOnEveryLog,  ///< Before each Log() returns: a power failure loses nothing either.
};

struct WalOptions {
  uint64_t segment_bytes = uint64_t{128} << 20;  ///< A multiple of the page size.
  WalCompression compression = WalCompression::kSnappy;
  WalFsync fsync = WalFsync::kOnSegment;
};

/// What a Wal works with. All are kept and must outlive it.
struct WalEnvironment {
  Fs& fs;
  const Clock& clock;
  Logger& logger;
  telemetry::Registry& registry;
};

/// A piece of the log that could not be read.
struct WalCorruption {
  std::string path;     ///< Of the segment file.
  uint64_t offset = 0;  ///< Of the first byte that was passed over.
  std::string reason;
};

/// How far a replay is. Bytes are those on disk.
struct ReplayProgress {
  uint64_t bytes_done = 0;
  uint64_t bytes_total = 0;
};

/// What a replay found.
struct ReplayReport {
  uint64_t records = 0;
  uint64_t series = 0;
  uint64_t samples = 0;
  uint64_t histograms = 0;
  uint64_t bytes = 0;
  std::map<uint8_t, uint64_t> skipped_records;  ///< By type byte: known to others, not to us.
  std::vector<WalCorruption> corruptions;       ///< At most kMaxReported; the counter knows all.
  uint64_t corruption_count = 0;
  static constexpr size_t kMaxReported = 100;  ///< Enough to see a pattern, little to keep and log.
};

/// Takes what a replay reads, in order of the log. Vectors are the replay's, refilled for each
/// record; a visitor may swap an empty one in to keep the contents. An error ends the replay and is
/// returned by it.
class ReplayVisitor {
 public:
  virtual ~ReplayVisitor() = default;
  virtual Status OnSeries(SeriesBatch& batch) = 0;
  virtual Status OnSamples(std::vector<SampleRecord>& samples) = 0;
  /// Samples with start timestamps, one each (0: none). The default drops those.
  virtual Status OnSamplesWithStarts(std::vector<SampleRecord>& samples,
                                     std::vector<int64_t>& /*start_timestamps_ms*/) {
    return OnSamples(samples);
  }
  virtual Status OnHistograms(std::vector<HistogramRecord>&) { return {}; }
  virtual Status OnFloatHistograms(std::vector<FloatHistogramRecord>&) { return {}; }
  virtual Status OnMmapMarkers(std::vector<MmapMarkerRecord>&) { return {}; }
  virtual Status OnTombstones(std::vector<TombstoneRecord>&) { return {}; }
  virtual Status OnExemplars(std::vector<ExemplarRecord>&) { return {}; }
  virtual Status OnMetadata(std::vector<MetadataRecord>&) { return {}; }
  /// After about each MiB and at the end.
  virtual void OnProgress(const ReplayProgress&) {}
};

/// The write-ahead log of the head: segments 00000000, 00000001, … and at most one finished
/// checkpoint.NNNNNNNN in a directory, in Prometheus' format. Open it, Replay what is there, then
/// Log (Log is allowed before and during the replay too; new records are not part of it). The log
/// of out-of-order samples, in a directory named "wbl", is another object of this class, with
/// metrics of its own; it has no checkpoints and is shortened by RemoveBefore instead of Truncate.
/// Thread-safe; Replay and Truncate each exclude themselves and each other.
class Wal {
 public:
  /// Creates `directory` if need be, cuts an incomplete record off the end of the last segment
  /// (logged), removes unfinished checkpoints, and begins a new segment after the last, as
  /// Prometheus does.
  static Result<std::unique_ptr<Wal>> Open(WalEnvironment environment, std::string directory,
                                           WalOptions options = {});
  /// Closes, dropping the error that Close() would return.
  ~Wal();
  Wal(const Wal&) = delete;
  Wal& operator=(const Wal&) = delete;

  /// Writes `records` with one write(2), in order, and returns when the kernel has them: then they
  /// survive the death of the process. Records of concurrent calls do not mix. After an error (disk
  /// full) none of them is in the log, and the log stays usable: a later call may succeed.
  Status Log(std::span<const std::string_view> records);
  Status Log(std::string_view record) { return Log(std::span(&record, 1)); }

  /// Where the next record goes; a Replay from here sees exactly what is logged from now on.
  WalPosition position() const;

  /// Reads the checkpoint and all segments that were there at Open(), in order. Damaged records are
  /// passed over (each loses itself alone where its neighbours can be found), logged, counted and
  /// reported; the damaged segment is then rewritten without them, so that Prometheus can read on,
  /// and its original is kept beside it as NNNNNNNN.corrupt. Fails only on I/O errors and the
  /// visitor's.
  Result<ReplayReport> Replay(ReplayVisitor& visitor) {
    return Replay(visitor, WalPosition{-1, 0});
  }
  /// As above, but only what comes at and after `from`; a segment of -1 means from the checkpoint
  /// on.
  Result<ReplayReport> Replay(ReplayVisitor& visitor, WalPosition from);

  /// Replaces the older two thirds of the segments by a checkpoint with the series for which
  /// `keep_series` is true and what is not older than `min_time_ms`, then removes those segments
  /// and older checkpoints. With too few segments it only begins a new one. Log() goes on
  /// meanwhile.
  Status Truncate(int64_t min_time_ms, const std::function<bool(uint64_t ref)>& keep_series);

  /// Begins a new segment and returns its index: all that was logged before is in segments below
  /// it.
  Result<int64_t> Cut();

  /// Removes the segments below `segment` (at most all but the current one) without a checkpoint:
  /// their records are of no use any more.
  Status RemoveBefore(int64_t segment);

  /// Makes everything logged durable (but under kOff) and ends the log. Later calls of Log fail
  /// with kUnavailable.
  Status Close();

  const std::string& directory() const;

 private:
  struct State;
  explicit Wal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::tsdb
