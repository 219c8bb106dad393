#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
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
  void AddHistogram(size_t segment, uint64_t ref, int64_t timestamp_ms, int64_t start_timestamp_ms,
                    const HistogramRef& histogram);
  void EncodeTo(RecordList& out);

 private:
  // Reused from commit to commit: `used` of `items` count.
  template <typename Record>
  struct Pool {
    std::vector<Record> items;
    size_t used = 0;

    Record& Add() {
      if (used == items.size()) items.emplace_back();
      return items[used++];
    }
    std::span<const Record> records() const { return {items.data(), used}; }
  };
  struct Segment {
    std::vector<SampleRecord> floats;
    std::vector<int64_t> starts_ms;  // Of floats.
    bool has_starts = false;         // One of them is not 0.
    Pool<HistogramRecord> integers;
    Pool<FloatHistogramRecord> floating;
  };
  Segment& SegmentAt(size_t number);

  std::vector<Segment> segments_;
  size_t used_ = 0;
};

}  // namespace tocsin::tsdb
