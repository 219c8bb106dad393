#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tsdb/record_list.h"
#include "tsdb/sample_verdict.h"
#include "tsdb/wal/record.h"

namespace tocsin::tsdb {

/// Sorts the samples of a commit into the records of the log, a kind each. Where a series changes
/// its kind within the commit the caller begins another segment, so that its samples stand in the
/// log in order of time. Confined to a thread.
class SampleLog {
 public:
  void Clear();
  void AddFloat(size_t segment, const SampleRecord& sample, int64_t start_timestamp_ms);
  /// What `histogram` refers to must live until EncodeTo.
  void AddHistogram(size_t segment, uint64_t ref, int64_t timestamp_ms, int64_t start_timestamp_ms,
                    const HistogramRef& histogram);
  void EncodeTo(RecordList& out);

 private:
  struct Histograms {
    uint64_t ref;
    int64_t timestamp_ms;
    int64_t start_timestamp_ms;
    HistogramRef histogram;
  };
  struct Segment {
    std::vector<SampleRecord> floats;
    std::vector<Histograms> histograms;
  };
  Segment& SegmentAt(size_t number);

  std::vector<Segment> segments_;
  size_t used_ = 0;
};

}  // namespace tocsin::tsdb
