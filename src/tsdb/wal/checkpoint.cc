#include "tsdb/wal/checkpoint.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "tsdb/wal/log_files.h"
#include "tsdb/wal/record.h"
#include "tsdb/wal/record_batch.h"
#include "tsdb/wal/segment_reader.h"
#include "tsdb/wal/segment_writer.h"

namespace tocsin::tsdb {
namespace {

Status SyncAndClose(std::unique_ptr<WritableFile> file) {
  TOCSIN_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

/// Filters records one by one and writes what remains. Confined to a call of WriteCheckpoint.
class CheckpointWriter {
 public:
  CheckpointWriter(const CheckpointRequest& request, SegmentWriter writer)
      : request_(request), writer_(std::move(writer)) {}

  Status AddSegment(Fs& fs, const SegmentFile& file);
  Status Finish();
  CheckpointReport& report() { return report_; }

 private:
  // Few writes, little memory; upstream's number.
  static constexpr size_t kFlushBytes = size_t{1} << 20;

  Status Filter(std::string_view record);
  Status FilterSeries(std::string_view record);
  Status FilterSamples(std::string_view record);
  Status FilterSamplesV2(std::string_view record);
  template <typename Entry>
  Status FilterHistograms(std::string_view record, std::vector<Entry>& histograms);
  Status FilterMarkers(std::string_view record);
  Status FilterTombstones(std::string_view record);
  Status FilterExemplars(std::string_view record);
  Status KeepMetadata(std::string_view record);
  void Keep(std::string_view record) {
    pending_.append(record);
    ends_.push_back(pending_.size());
  }
  /// Ends a record that was encoded straight into pending_.
  void KeepEncoded() { ends_.push_back(pending_.size()); }
  Status Flush();

  const CheckpointRequest& request_;
  SegmentWriter writer_;
  CheckpointReport report_;
  std::map<uint64_t, MetricMetadata> metadata_;  // The newest of each series.

  std::string pending_;  // Records to write, one after another.
  std::vector<size_t> ends_;
  std::vector<std::string_view> views_;
  RecordBatch batch_;

  SeriesBatch series_;
  std::vector<SampleRecord> samples_;
  std::vector<int64_t> start_timestamps_ms_;
  std::vector<HistogramRecord> histograms_;
  std::vector<FloatHistogramRecord> float_histograms_;
  std::vector<MmapMarkerRecord> markers_;
  std::vector<TombstoneRecord> tombstones_;
  std::vector<ExemplarRecord> exemplars_;
  std::vector<MetadataRecord> metadata_records_;
};

Status CheckpointWriter::AddSegment(Fs& fs, const SegmentFile& file) {
  TOCSIN_ASSIGN_OR_RETURN(const auto reader, SegmentReader::Open(fs, file.path));
  while (true) {
    TOCSIN_ASSIGN_OR_RETURN(const std::optional<std::string_view> record, reader->Next());
    if (!record) break;
    if (const Status filtered = Filter(*record); !filtered) {
      report_.corruptions.push_back(
          {file.path, reader->record_offset(), filtered.error().message()});
    }
    if (pending_.size() >= kFlushBytes) TOCSIN_RETURN_IF_ERROR(Flush());
  }
  for (const SegmentDamage& damage : reader->damages()) {
    report_.corruptions.push_back({file.path, damage.offset, damage.reason});
  }
  if (reader->torn_offset()) {
    report_.corruptions.push_back(
        {file.path, *reader->torn_offset(), "file ends in the middle of a record"});
  }
  return {};
}

Status CheckpointWriter::Filter(std::string_view record) {
  switch (static_cast<RecordType>(RecordTypeByte(record))) {
    case RecordType::kSeries:
      return FilterSeries(record);
    case RecordType::kSamples:
      return FilterSamples(record);
    case RecordType::kSamplesV2:
      return FilterSamplesV2(record);
    case RecordType::kHistogramSamples:
    case RecordType::kCustomBucketsHistogramSamples:
    case RecordType::kHistogramSamplesV2:
      return FilterHistograms(record, histograms_);
    case RecordType::kFloatHistogramSamples:
    case RecordType::kCustomBucketsFloatHistogramSamples:
    case RecordType::kFloatHistogramSamplesV2:
      return FilterHistograms(record, float_histograms_);
    case RecordType::kMmapMarkers:
      return FilterMarkers(record);
    case RecordType::kTombstones:
      return FilterTombstones(record);
    case RecordType::kExemplars:
      return FilterExemplars(record);
    case RecordType::kMetadata:
      return KeepMetadata(record);
    default:
      if (record.empty()) return {};
      ++report_.copied_unknown_records;
      Keep(record);
      return {};
  }
}

Status CheckpointWriter::FilterSeries(std::string_view record) {
  TOCSIN_RETURN_IF_ERROR(DecodeSeries(record, series_));
  report_.total_series += series_.series.size();
  const size_t dropped = std::erase_if(series_.series, [this](const SeriesRecord& series) {
    return !request_.keep_series(series.ref);
  });
  report_.dropped_series += dropped;
  if (dropped == 0) {
    Keep(record);
  } else if (!series_.series.empty()) {
    BeginSeriesRecord(pending_);
    for (const SeriesRecord& series : series_.series) {
      AppendSeries(series.ref, series.labels(), pending_);
    }
    KeepEncoded();
  }
  return {};
}

Status CheckpointWriter::FilterSamples(std::string_view record) {
  TOCSIN_RETURN_IF_ERROR(DecodeSamples(record, samples_));
  report_.total_samples += samples_.size();
  const size_t dropped = std::erase_if(samples_, [this](const SampleRecord& sample) {
    return sample.timestamp_ms < request_.min_time_ms;
  });
  report_.dropped_samples += dropped;
  if (samples_.empty()) return {};
  if (dropped == 0) {
    Keep(record);
  } else {
    EncodeSamples(samples_, pending_);
    KeepEncoded();
  }
  return {};
}

Status CheckpointWriter::FilterSamplesV2(std::string_view record) {
  TOCSIN_RETURN_IF_ERROR(DecodeSamplesV2(record, samples_, start_timestamps_ms_));
  const size_t total = samples_.size();
  size_t kept = 0;
  for (size_t i = 0; i < total; ++i) {
    if (samples_[i].timestamp_ms < request_.min_time_ms) continue;
    samples_[kept] = samples_[i];
    start_timestamps_ms_[kept++] = start_timestamps_ms_[i];
  }
  samples_.resize(kept);
  start_timestamps_ms_.resize(kept);
  report_.total_samples += total;
  report_.dropped_samples += total - kept;
  if (kept == total && total > 0) {
    Keep(record);
  } else if (kept > 0) {
    EncodeSamplesV2(samples_, start_timestamps_ms_, pending_);
    KeepEncoded();
  }
  return {};
}

template <typename Entry>
Status CheckpointWriter::FilterHistograms(std::string_view record, std::vector<Entry>& histograms) {
  TOCSIN_RETURN_IF_ERROR(DecodeHistograms(record, histograms));
  report_.total_samples += histograms.size();
  const size_t dropped = std::erase_if(
      histograms, [this](const Entry& entry) { return entry.timestamp_ms < request_.min_time_ms; });
  report_.dropped_samples += dropped;
  if (histograms.empty()) return {};
  if (dropped == 0) {
    Keep(record);
  } else {
    EncodeHistograms(static_cast<RecordType>(RecordTypeByte(record)),
                     std::span<const Entry>(histograms), pending_);
    KeepEncoded();
  }
  return {};
}

Status CheckpointWriter::FilterMarkers(std::string_view record) {
  TOCSIN_RETURN_IF_ERROR(DecodeMmapMarkers(record, markers_));
  std::erase_if(markers_, [this](const MmapMarkerRecord& marker) {
    return !request_.keep_series(marker.ref);
  });
  if (markers_.empty()) return {};
  EncodeMmapMarkers(markers_, pending_);
  KeepEncoded();
  return {};
}

Status CheckpointWriter::FilterTombstones(std::string_view record) {
  TOCSIN_RETURN_IF_ERROR(DecodeTombstones(record, tombstones_));
  std::erase_if(tombstones_, [this](const TombstoneRecord& tombstone) {
    return tombstone.end_ms < request_.min_time_ms;
  });
  if (tombstones_.empty()) return {};
  EncodeTombstones(tombstones_, pending_);
  KeepEncoded();
  return {};
}

Status CheckpointWriter::FilterExemplars(std::string_view record) {
  TOCSIN_RETURN_IF_ERROR(DecodeExemplars(record, exemplars_));
  std::erase_if(exemplars_, [this](const ExemplarRecord& exemplar) {
    return exemplar.timestamp_ms < request_.min_time_ms;
  });
  if (exemplars_.empty()) return {};
  EncodeExemplars(exemplars_, pending_);
  KeepEncoded();
  return {};
}

Status CheckpointWriter::KeepMetadata(std::string_view record) {
  TOCSIN_RETURN_IF_ERROR(DecodeMetadata(record, metadata_records_));
  for (MetadataRecord& entry : metadata_records_) {
    if (request_.keep_series(entry.ref)) metadata_[entry.ref] = std::move(entry.metadata);
  }
  return {};
}

Status CheckpointWriter::Flush() {
  views_.clear();
  size_t begin = 0;
  for (const size_t end : std::exchange(ends_, {})) {
    views_.push_back(std::string_view(pending_).substr(begin, end - begin));
    begin = end;
  }
  batch_.Assign(views_, request_.compression);
  const Status status = writer_.Write(batch_);
  pending_.clear();
  return status;
}

Status CheckpointWriter::Finish() {
  metadata_records_.clear();
  for (auto& [ref, metadata] : metadata_) metadata_records_.push_back({ref, std::move(metadata)});
  if (!metadata_records_.empty()) {
    EncodeMetadata(metadata_records_, pending_);
    KeepEncoded();
  }
  TOCSIN_RETURN_IF_ERROR(Flush());
  return writer_.Close();
}

Result<CheckpointReport> WriteInto(Fs& fs, const CheckpointRequest& request,
                                   const std::string& directory) {
  TOCSIN_ASSIGN_OR_RETURN(const LogFiles files,
                          ListLogFiles(fs, request.directory, /*first=*/-1, request.last_segment));
  SegmentWriter::Options options;
  options.segment_bytes = request.segment_bytes;
  options.seal = SyncAndClose;
  TOCSIN_ASSIGN_OR_RETURN(SegmentWriter segments, SegmentWriter::Create(fs, directory, 0, options));
  CheckpointWriter writer(request, std::move(segments));
  for (const auto* list : {&files.checkpoint, &files.segments}) {
    for (const SegmentFile& file : *list) TOCSIN_RETURN_IF_ERROR(writer.AddSegment(fs, file));
  }
  TOCSIN_RETURN_IF_ERROR(writer.Finish());
  TOCSIN_RETURN_IF_ERROR(fs.SyncDirectory(directory));
  return std::move(writer.report());
}

void NoteFirst(Status& first, Status status) {
  if (first && !status) first = std::move(status);
}

}  // namespace

Result<CheckpointReport> WriteCheckpoint(Fs& fs, const CheckpointRequest& request) {
  const std::string finished = request.directory + "/" + CheckpointName(request.last_segment);
  const std::string unfinished = finished + ".tmp";
  if (fs.Exists(finished)) return CheckpointReport();  // Only its segments could not be removed.
  TOCSIN_RETURN_IF_ERROR(fs.RemoveAll(unfinished));
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(unfinished));
  Result<CheckpointReport> report = WriteInto(fs, request, unfinished);
  if (!report) {
    (void)fs.RemoveAll(
        unfinished);  // The first error is the one to tell; the next start tries again.
    return report;
  }
  TOCSIN_RETURN_IF_ERROR(fs.Rename(unfinished, finished));
  TOCSIN_RETURN_IF_ERROR(fs.SyncDirectory(request.directory));
  return report;
}

Status RemoveSegmentsUpTo(Fs& fs, const std::string& directory, int64_t last_segment) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs.List(directory));
  Status first;
  for (const DirectoryEntry& entry : entries) {
    const std::string_view name = entry.name;
    const std::optional<int64_t> index = ParseSegmentIndex(name.substr(0, name.find('.')));
    if (index && *index <= last_segment)
      NoteFirst(first, fs.RemoveAll(directory + "/" + entry.name));
  }
  return first;
}

Status RemoveCheckpointsBefore(Fs& fs, const std::string& directory, int64_t index) {
  TOCSIN_ASSIGN_OR_RETURN(const auto checkpoints, ListCheckpoints(fs, directory));
  Status first;
  for (const CheckpointDirectory& checkpoint : checkpoints) {
    if (checkpoint.index < index) NoteFirst(first, fs.RemoveAll(checkpoint.path));
  }
  return first;
}

}  // namespace tocsin::tsdb
