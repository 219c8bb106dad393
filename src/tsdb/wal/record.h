#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/histogram.h"
#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::tsdb {

/// What a record of the write-ahead log holds: its first byte. Numbers are Prometheus'; the bytes
/// are drawn in docs/formats/wal.md.
enum class RecordType : uint8_t {
  kSeries = 1,
  kSamples = 2,
  kTombstones = 3,
  kExemplars = 4,
  kMmapMarkers = 5,
  kMetadata = 6,
  kHistogramSamples = 7,
  kFloatHistogramSamples = 8,
  kCustomBucketsHistogramSamples = 9,
  kCustomBucketsFloatHistogramSamples = 10,
  kSamplesV2 = 11,  ///< The three of these with start timestamps.
  kHistogramSamplesV2 = 12,
  kFloatHistogramSamplesV2 = 13,
};

/// The type byte of a record; 0 for an empty one. May be a type that this program does not know.
uint8_t RecordTypeByte(std::string_view record);

/// A float sample of a series. References are those that series records introduced.
struct SampleRecord {
  uint64_t ref = 0;
  int64_t timestamp_ms = 0;
  double value = 0;
};

/// A reference and the label set that it stands for from here on.
struct SeriesRecord {
  uint64_t ref = 0;
  /// In the encoding of Labels::bytes(), sorted, without empty values. Lives as long as its batch.
  std::string_view encoded_labels;
  Labels labels() const { return Labels::FromEncoded(std::string(encoded_labels)); }
};

/// Decoded series records; the label bytes of all stand in one allocation. Reused from record to
/// record.
struct SeriesBatch {
  std::vector<SeriesRecord> series;
  std::string label_bytes;  ///< What the views of `series` point into.
};

/// Samples of `ref` in [start_ms, end_ms] are deleted.
struct TombstoneRecord {
  uint64_t ref = 0;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
};

struct ExemplarRecord {
  uint64_t ref = 0;
  int64_t timestamp_ms = 0;
  double value = 0;
  Labels labels;
};

/// A native histogram of a series.
struct HistogramRecord {
  uint64_t ref = 0;
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;  ///< When counting began; 0: not known, or not in this record.
  Histogram histogram;
};

struct FloatHistogramRecord {
  uint64_t ref = 0;
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;
  FloatHistogram histogram;
};

/// All out-of-order samples of `ref` so far are in chunk `chunk_ref` of the head chunk files. Only
/// in the log of out-of-order samples.
struct MmapMarkerRecord {
  uint64_t ref = 0;
  uint64_t chunk_ref = 0;
};

struct MetadataRecord {
  uint64_t ref = 0;
  MetricMetadata metadata;
};

// Encoders append one record, or a piece of one, to `out`, which callers reuse from commit to
// commit.

/// Begins a series record; AppendSeries() adds any number of series to it.
void BeginSeriesRecord(std::string& out);
void AppendSeries(uint64_t ref, const Labels& labels, std::string& out);

void EncodeSamples(std::span<const SampleRecord> samples, std::string& out);

/// A samples record of one scrape: slot i stands for refs[i] with values[i], at one timestamp. Only
/// slots whose bit (i % 64 of present[i / 64]) is set are written; bits beyond refs.size() must be
/// clear. Returns the number of samples; with 0 nothing is appended.
size_t EncodeRow(int64_t timestamp_ms, std::span<const uint32_t> refs, const double* values,
                 const uint64_t* present, std::string& out);
size_t EncodeRow(int64_t timestamp_ms, std::span<const uint64_t> refs, const double* values,
                 const uint64_t* present, std::string& out);

void EncodeTombstones(std::span<const TombstoneRecord> tombstones, std::string& out);
void EncodeExemplars(std::span<const ExemplarRecord> exemplars, std::string& out);
void EncodeMetadata(std::span<const MetadataRecord> metadata, std::string& out);

void EncodeMmapMarkers(std::span<const MmapMarkerRecord> markers, std::string& out);

/// As EncodeSamples, with the start timestamp of each (0: none); both spans have one size.
void EncodeSamplesV2(std::span<const SampleRecord> samples,
                     std::span<const int64_t> start_timestamps_ms, std::string& out);

/// A record of `type` with those of `histograms` that belong in it: exponential ones in
/// kHistogramSamples, custom buckets in kCustomBucketsHistogramSamples, all, with start timestamps,
/// in kHistogramSamplesV2. Returns their number; with 0 nothing is appended.
size_t EncodeHistograms(RecordType type, std::span<const HistogramRecord> histograms,
                        std::string& out);
/// The same with kFloatHistogramSamples, kCustomBucketsFloatHistogramSamples and
/// kFloatHistogramSamplesV2.
size_t EncodeHistograms(RecordType type, std::span<const FloatHistogramRecord> histograms,
                        std::string& out);

// Decoders replace the contents of their output. Each checks every length against what is there, so
// malformed bytes are kCorruption ("samples record, byte 17: …"), never more memory than the record
// justifies. After an error the output holds what came before the malformed byte.

Status DecodeSeries(std::string_view record, SeriesBatch& out);
Status DecodeSamples(std::string_view record, std::vector<SampleRecord>& out);
Status DecodeTombstones(std::string_view record, std::vector<TombstoneRecord>& out);
Status DecodeExemplars(std::string_view record, std::vector<ExemplarRecord>& out);
Status DecodeMetadata(std::string_view record, std::vector<MetadataRecord>& out);
Status DecodeMmapMarkers(std::string_view record, std::vector<MmapMarkerRecord>& out);
Status DecodeSamplesV2(std::string_view record, std::vector<SampleRecord>& out,
                       std::vector<int64_t>& start_timestamps_ms);
/// Any of the three types; histograms of a schema that nobody knows are left out, as upstream does.
Status DecodeHistograms(std::string_view record, std::vector<HistogramRecord>& out);
Status DecodeHistograms(std::string_view record, std::vector<FloatHistogramRecord>& out);

}  // namespace tocsin::tsdb
