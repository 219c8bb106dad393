#include "tsdb/sample_log.h"

#include <algorithm>

namespace tocsin::tsdb {
namespace {

// Starts need records that Prometheus before 3.14 passes over, so they are written only where there
// is one. In them exponential and custom buckets stand together.
template <typename Record>
void Encode(std::span<const Record> histograms, RecordType plain, RecordType custom,
            RecordType with_starts, RecordList& out) {
  if (histograms.empty()) return;
  if (std::ranges::any_of(histograms,
                          [](const Record& one) { return one.start_timestamp_ms != 0; })) {
    EncodeHistograms(with_starts, histograms, out.Add());
    return;
  }
  EncodeHistograms(plain, histograms, out.Add());
  EncodeHistograms(custom, histograms, out.Add());
}

template <typename Record, typename H>
void Fill(Record& record, uint64_t ref, int64_t timestamp_ms, int64_t start_timestamp_ms,
          const H& histogram) {
  record.ref = ref;
  record.timestamp_ms = timestamp_ms;
  record.start_timestamp_ms = start_timestamp_ms;
  record.histogram = histogram;
}

}  // namespace

void SampleLog::Clear() {
  for (size_t i = 0; i < used_; ++i) {
    Segment& segment = segments_[i];
    segment.floats.clear();
    segment.starts_ms.clear();
    segment.has_starts = false;
    segment.integers.used = 0;
    segment.floating.used = 0;
  }
  used_ = 0;
}

SampleLog::Segment& SampleLog::SegmentAt(size_t number) {
  if (number >= segments_.size()) segments_.resize(number + 1);
  if (number >= used_) used_ = number + 1;
  return segments_[number];
}

void SampleLog::AddFloat(size_t segment, const SampleRecord& sample, int64_t start_timestamp_ms) {
  Segment& target = SegmentAt(segment);
  target.floats.push_back(sample);
  target.starts_ms.push_back(start_timestamp_ms);
  target.has_starts |= start_timestamp_ms != 0;
}

void SampleLog::AddHistogram(size_t segment, uint64_t ref, int64_t timestamp_ms,
                             int64_t start_timestamp_ms, const HistogramRef& histogram) {
  Segment& target = SegmentAt(segment);
  if (histogram.integer != nullptr) {
    Fill(target.integers.Add(), ref, timestamp_ms, start_timestamp_ms, *histogram.integer);
  } else {
    Fill(target.floating.Add(), ref, timestamp_ms, start_timestamp_ms, *histogram.floating);
  }
}

void SampleLog::EncodeTo(RecordList& out) {
  for (size_t i = 0; i < used_; ++i) {
    const Segment& segment = segments_[i];
    if (segment.has_starts) {
      EncodeSamplesV2(segment.floats, segment.starts_ms, out.Add());
    } else if (!segment.floats.empty()) {
      EncodeSamples(segment.floats, out.Add());
    }
    Encode(segment.integers.records(), RecordType::kHistogramSamples,
           RecordType::kCustomBucketsHistogramSamples, RecordType::kHistogramSamplesV2, out);
    Encode(segment.floating.records(), RecordType::kFloatHistogramSamples,
           RecordType::kCustomBucketsFloatHistogramSamples, RecordType::kFloatHistogramSamplesV2,
           out);
  }
}

}  // namespace tocsin::tsdb
