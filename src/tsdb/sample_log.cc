#include "tsdb/sample_log.h"

namespace tocsin::tsdb {

void SampleLog::Clear() {
  for (size_t i = 0; i < used_; ++i) {
    segments_[i].floats.clear();
    segments_[i].histograms.clear();
  }
  used_ = 0;
}

SampleLog::Segment& SampleLog::SegmentAt(size_t number) {
  if (number >= segments_.size()) segments_.resize(number + 1);
  if (number >= used_) used_ = number + 1;
  return segments_[number];
}

void SampleLog::AddFloat(size_t segment, const SampleRecord& sample, int64_t) {
  SegmentAt(segment).floats.push_back(sample);
}

void SampleLog::AddHistogram(size_t segment, uint64_t ref, int64_t timestamp_ms,
                             int64_t start_timestamp_ms, const HistogramRef& histogram) {
  SegmentAt(segment).histograms.push_back({ref, timestamp_ms, start_timestamp_ms, histogram});
}

void SampleLog::EncodeTo(RecordList& out) {
  for (size_t i = 0; i < used_; ++i) {
    const Segment& segment = segments_[i];
    if (!segment.floats.empty()) EncodeSamples(segment.floats, out.Add());
  }
}

}  // namespace tocsin::tsdb
