#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/faulty_fs.h"
#include "base/log.h"
#include "telemetry/registry.h"
#include "tsdb/wal/record_batch.h"
#include "tsdb/wal/segment_reader.h"
#include "tsdb/wal/segment_writer.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

/// What a Wal needs, with nothing real behind it.
struct Surroundings {
  ManualClock clock;
  NullLogger logger;
  telemetry::Registry registry;
  WalEnvironment With(Fs& fs) { return {fs, clock, logger, registry}; }
};

/// Keeps everything that a replay reads.
class CollectingVisitor final : public ReplayVisitor {
 public:
  Status OnSeries(SeriesBatch& batch) override {
    for (const SeriesRecord& entry : batch.series) series.emplace_back(entry.ref, entry.labels());
    return {};
  }
  Status OnSamples(std::vector<SampleRecord>& batch) override {
    samples.insert(samples.end(), batch.begin(), batch.end());
    return {};
  }
  Status OnSamplesWithStarts(std::vector<SampleRecord>& batch,
                             std::vector<int64_t>& batch_starts_ms) override {
    starts_ms.insert(starts_ms.end(), batch_starts_ms.begin(), batch_starts_ms.end());
    return OnSamples(batch);
  }
  Status OnHistograms(std::vector<HistogramRecord>& batch) override {
    histograms.insert(histograms.end(), batch.begin(), batch.end());
    return {};
  }
  Status OnFloatHistograms(std::vector<FloatHistogramRecord>& batch) override {
    float_histograms.insert(float_histograms.end(), batch.begin(), batch.end());
    return {};
  }
  Status OnMmapMarkers(std::vector<MmapMarkerRecord>& batch) override {
    markers.insert(markers.end(), batch.begin(), batch.end());
    return {};
  }
  Status OnTombstones(std::vector<TombstoneRecord>& batch) override {
    tombstones.insert(tombstones.end(), batch.begin(), batch.end());
    return {};
  }
  Status OnExemplars(std::vector<ExemplarRecord>& batch) override {
    exemplars.insert(exemplars.end(), batch.begin(), batch.end());
    return {};
  }
  Status OnMetadata(std::vector<MetadataRecord>& batch) override {
    metadata.insert(metadata.end(), batch.begin(), batch.end());
    return {};
  }
  void OnProgress(const ReplayProgress& progress) override { last_progress = progress; }

  std::vector<double> values() const {
    std::vector<double> result;
    for (const SampleRecord& sample : samples) result.push_back(sample.value);
    return result;
  }

  std::vector<std::pair<uint64_t, Labels>> series;
  std::vector<SampleRecord> samples;
  std::vector<int64_t> starts_ms;
  std::vector<HistogramRecord> histograms;
  std::vector<FloatHistogramRecord> float_histograms;
  std::vector<MmapMarkerRecord> markers;
  std::vector<TombstoneRecord> tombstones;
  std::vector<ExemplarRecord> exemplars;
  std::vector<MetadataRecord> metadata;
  ReplayProgress last_progress;
};

/// A samples record with one sample of series 1.
inline std::string SampleRecordOf(int64_t timestamp_ms, double value) {
  std::string record;
  const SampleRecord sample{1, timestamp_ms, value};
  EncodeSamples({&sample, 1}, record);
  return record;
}

/// Writes `records` to segment `index` of `directory`, one Write each.
inline Status WriteSegment(Fs& fs, const std::string& directory, int64_t index,
                           const std::vector<std::string>& records,
                           WalCompression compression = WalCompression::kNone) {
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(directory));
  SegmentWriter::Options options;
  options.seal = [](std::unique_ptr<WritableFile> file) { return file->Close(); };
  TOCSIN_ASSIGN_OR_RETURN(SegmentWriter writer,
                          SegmentWriter::Create(fs, directory, index, options));
  RecordBatch batch;
  for (const std::string& record : records) {
    const std::string_view view = record;
    batch.Assign({&view, 1}, compression);
    TOCSIN_RETURN_IF_ERROR(writer.Write(batch));
  }
  return {};  // Not closed: what a crash leaves has no padding either.
}

/// What a reader makes of a segment.
struct ReadSegment {
  std::vector<std::string> records;
  std::vector<SegmentDamage> damages;
  std::optional<uint64_t> torn_offset;
};

inline ReadSegment ReadWholeSegment(Fs& fs, const std::string& path, uint64_t offset = 0) {
  ReadSegment result;
  auto reader = SegmentReader::Open(fs, path, offset);
  if (!reader) return result;
  while (true) {
    auto record = (*reader)->Next();
    if (!record || !*record) break;
    result.records.emplace_back(**record);
  }
  result.damages = (*reader)->damages();
  result.torn_offset = (*reader)->torn_offset();
  return result;
}

/// Replaces the contents of `path`.
inline Status Overwrite(Fs& fs, const std::string& path, std::string_view bytes) {
  TOCSIN_ASSIGN_OR_RETURN(const auto file, fs.OpenForWriting(path, /*truncate=*/true));
  return file->Append(bytes);
}

}  // namespace tocsin::tsdb
