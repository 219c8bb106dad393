// Any bytes as a record of the write-ahead log, and as a segment of it: no crash, and what is
// accepted survives being written and read again.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/faulty_fs.h"
#include "tsdb/wal/record.h"
#include "tsdb/wal/segment_reader.h"

namespace {

using namespace tocsin;        // NOLINT: a fuzz target is one function.
using namespace tocsin::tsdb;  // NOLINT

void Check(bool holds) {
  if (!holds) std::abort();
}

void FuzzSamples(std::string_view record) {
  std::vector<SampleRecord> samples;
  if (!DecodeSamples(record, samples)) return;
  std::string again;
  EncodeSamples(samples, again);
  std::vector<SampleRecord> decoded;
  Check(DecodeSamples(again, decoded).ok());
  Check(decoded.size() == samples.size());
}

void FuzzSamplesV2(std::string_view record) {
  std::vector<SampleRecord> samples;
  std::vector<int64_t> starts;
  if (!DecodeSamplesV2(record, samples, starts)) return;
  Check(samples.size() == starts.size());
  std::string again;
  EncodeSamplesV2(samples, starts, again);
  std::vector<SampleRecord> decoded;
  std::vector<int64_t> decoded_starts;
  Check(DecodeSamplesV2(again, decoded, decoded_starts).ok());
  Check(decoded.size() == samples.size() && decoded_starts == starts);
}

template <typename Entry>
void FuzzHistograms(std::string_view record) {
  std::vector<Entry> histograms;
  if (!DecodeHistograms(record, histograms) || histograms.empty()) return;
  std::string again;
  const size_t count = EncodeHistograms(static_cast<RecordType>(RecordTypeByte(record)),
                                        std::span<const Entry>(histograms), again);
  Check(count <= histograms.size());  // A record may hold what belongs in another type.
  if (count == 0) return;
  std::vector<Entry> decoded;
  Check(DecodeHistograms(again, decoded).ok() && decoded.size() == count);
}

void FuzzSeries(std::string_view record) {
  SeriesBatch batch;
  if (!DecodeSeries(record, batch)) return;
  std::string again;
  BeginSeriesRecord(again);
  for (const SeriesRecord& series : batch.series) AppendSeries(series.ref, series.labels(), again);
  SeriesBatch decoded;
  Check(DecodeSeries(again, decoded).ok());
  Check(decoded.series.size() == batch.series.size());
  for (size_t i = 0; i < batch.series.size(); ++i) {
    Check(decoded.series[i].encoded_labels == batch.series[i].encoded_labels);
  }
}

void FuzzSegment(std::string_view bytes) {
  FaultyFs fs;
  auto file = fs.OpenForWriting("/0", /*truncate=*/true);
  Check((*file)->Append(bytes).ok());
  auto reader = SegmentReader::Open(fs, "/0");
  Check(reader.ok());
  while (true) {
    const auto record = (*reader)->Next();
    Check(record.ok());
    if (!*record) break;
  }
  Check((*reader)->damages().size() <= bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view record(reinterpret_cast<const char*>(bytes), size);
  std::vector<TombstoneRecord> tombstones;
  std::vector<ExemplarRecord> exemplars;
  std::vector<MetadataRecord> metadata;
  (void)DecodeTombstones(record, tombstones);
  (void)DecodeExemplars(record, exemplars);
  (void)DecodeMetadata(record, metadata);
  std::vector<MmapMarkerRecord> markers;
  (void)DecodeMmapMarkers(record, markers);
  FuzzSamples(record);
  FuzzSamplesV2(record);
  FuzzHistograms<HistogramRecord>(record);
  FuzzHistograms<FloatHistogramRecord>(record);
  FuzzSeries(record);
  FuzzSegment(record);
  return 0;
}
