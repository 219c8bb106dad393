#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
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

// Decoders replace the contents of their output. Each checks every length against what is there, so
// malformed bytes are kCorruption ("samples record, byte 17: …"), never more memory than the record
// justifies. After an error the output holds what came before the malformed byte.

Status DecodeSeries(std::string_view record, SeriesBatch& out);
Status DecodeSamples(std::string_view record, std::vector<SampleRecord>& out);
Status DecodeTombstones(std::string_view record, std::vector<TombstoneRecord>& out);
Status DecodeExemplars(std::string_view record, std::vector<ExemplarRecord>& out);
Status DecodeMetadata(std::string_view record, std::vector<MetadataRecord>& out);

}  // namespace tocsin::tsdb
