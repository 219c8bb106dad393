#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/wal/segment.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

/// Decodes the records of segment files into a visitor and keeps account of what it finds.
/// Confined to a thread.
class Replayer {
 public:
  /// A file that was read and has stretches or records that are no good.
  struct DamagedFile {
    SegmentFile file;
    std::set<uint64_t> rejected_offsets;  ///< Of records that are whole and make no sense.
  };

  /// Both are kept. `bytes_total` is for progress.
  Replayer(Fs& fs, ReplayVisitor& visitor, uint64_t bytes_total);

  /// Reads `file` from `offset` on.
  Status ReadSegment(const SegmentFile& file, uint64_t offset);

  /// Notes damage that is no matter of bytes: a missing segment.
  void AddCorruption(WalCorruption corruption);

  /// Tells the visitor the end.
  void Finish();

  const ReplayReport& report() const { return report_; }
  const std::vector<DamagedFile>& damaged_files() const { return damaged_files_; }

 private:
  Status Visit(std::string_view record, Status& malformed);
  Status VisitSample(RecordType type, std::string_view record, Status& malformed);
  Status VisitOther(RecordType type, std::string_view record, Status& malformed);
  void ReportProgress(uint64_t offset);

  Fs& fs_;
  ReplayVisitor& visitor_;
  const uint64_t bytes_total_;
  uint64_t bytes_before_ = 0;  // Of the files that are done.
  uint64_t next_progress_ = 0;
  ReplayReport report_;
  std::vector<DamagedFile> damaged_files_;

  SeriesBatch series_;
  std::vector<SampleRecord> samples_;
  std::vector<int64_t> start_timestamps_ms_;
  std::vector<HistogramRecord> histograms_;
  std::vector<FloatHistogramRecord> float_histograms_;
  std::vector<MmapMarkerRecord> markers_;
  std::vector<TombstoneRecord> tombstones_;
  std::vector<ExemplarRecord> exemplars_;
  std::vector<MetadataRecord> metadata_;
};

}  // namespace tocsin::tsdb
