#include "tsdb/wal/replay.h"

#include <memory>
#include <optional>
#include <utility>

#include "tsdb/wal/segment_reader.h"

namespace tocsin::tsdb {
namespace {
constexpr uint64_t kProgressBytes = uint64_t{1} << 20;
}  // namespace

Replayer::Replayer(Fs& fs, ReplayVisitor& visitor, uint64_t bytes_total)
    : fs_(fs), visitor_(visitor), bytes_total_(bytes_total) {}

Status Replayer::ReadSegment(const SegmentFile& file, uint64_t offset) {
  TOCSIN_ASSIGN_OR_RETURN(const auto reader, SegmentReader::Open(fs_, file.path, offset));
  std::vector<SegmentDamage> damages;
  std::set<uint64_t> rejected_offsets;
  while (true) {
    TOCSIN_ASSIGN_OR_RETURN(const std::optional<std::string_view> record, reader->Next());
    if (!record) break;
    Status malformed;
    TOCSIN_RETURN_IF_ERROR(Visit(*record, malformed));
    if (!malformed) {
      rejected_offsets.insert(reader->record_offset());
      damages.push_back({reader->record_offset(), malformed.error().message()});
    }
    ReportProgress(reader->position());
  }
  damages.insert(damages.end(), reader->damages().begin(), reader->damages().end());
  if (reader->torn_offset()) {
    damages.push_back({*reader->torn_offset(), "file ends in the middle of a record"});
  }
  for (SegmentDamage& damage : damages) {
    AddCorruption({file.path, damage.offset, std::move(damage.reason)});
  }
  if (!damages.empty()) damaged_files_.push_back({file, std::move(rejected_offsets)});
  bytes_before_ += file.size_bytes;
  return {};
}

Status Replayer::Visit(std::string_view record, Status& malformed) {
  ++report_.records;
  report_.bytes += record.size();
  const auto type = static_cast<RecordType>(RecordTypeByte(record));
  switch (type) {
    case RecordType::kSeries:
      malformed = DecodeSeries(record, series_);
      if (!malformed) return {};
      report_.series += series_.series.size();
      return visitor_.OnSeries(series_);
    case RecordType::kSamples:
    case RecordType::kSamplesV2:
    case RecordType::kHistogramSamples:
    case RecordType::kCustomBucketsHistogramSamples:
    case RecordType::kHistogramSamplesV2:
    case RecordType::kFloatHistogramSamples:
    case RecordType::kCustomBucketsFloatHistogramSamples:
    case RecordType::kFloatHistogramSamplesV2:
      return VisitSample(type, record, malformed);
    default:
      return VisitOther(type, record, malformed);
  }
}

Status Replayer::VisitSample(RecordType type, std::string_view record, Status& malformed) {
  switch (type) {
    case RecordType::kSamples:
      malformed = DecodeSamples(record, samples_);
      if (!malformed) return {};
      report_.samples += samples_.size();
      return visitor_.OnSamples(samples_);
    case RecordType::kSamplesV2:
      malformed = DecodeSamplesV2(record, samples_, start_timestamps_ms_);
      if (!malformed) return {};
      report_.samples += samples_.size();
      return visitor_.OnSamplesWithStarts(samples_, start_timestamps_ms_);
    case RecordType::kHistogramSamples:
    case RecordType::kCustomBucketsHistogramSamples:
    case RecordType::kHistogramSamplesV2:
      malformed = DecodeHistograms(record, histograms_);
      if (!malformed) return {};
      report_.histograms += histograms_.size();
      return visitor_.OnHistograms(histograms_);
    default:
      malformed = DecodeHistograms(record, float_histograms_);
      if (!malformed) return {};
      report_.histograms += float_histograms_.size();
      return visitor_.OnFloatHistograms(float_histograms_);
  }
}

Status Replayer::VisitOther(RecordType type, std::string_view record, Status& malformed) {
  switch (type) {
    case RecordType::kMmapMarkers:
      malformed = DecodeMmapMarkers(record, markers_);
      return malformed ? visitor_.OnMmapMarkers(markers_) : Status();
    case RecordType::kTombstones:
      malformed = DecodeTombstones(record, tombstones_);
      return malformed ? visitor_.OnTombstones(tombstones_) : Status();
    case RecordType::kExemplars:
      malformed = DecodeExemplars(record, exemplars_);
      return malformed ? visitor_.OnExemplars(exemplars_) : Status();
    case RecordType::kMetadata:
      malformed = DecodeMetadata(record, metadata_);
      return malformed ? visitor_.OnMetadata(metadata_) : Status();
    default:
      ++report_.skipped_records[static_cast<uint8_t>(type)];
      return {};
  }
}

void Replayer::AddCorruption(WalCorruption corruption) {
  ++report_.corruption_count;
  if (report_.corruptions.size() < ReplayReport::kMaxReported) {
    report_.corruptions.push_back(std::move(corruption));
  }
}

void Replayer::ReportProgress(uint64_t offset) {
  const uint64_t done = bytes_before_ + offset;
  if (done < next_progress_) return;
  next_progress_ = done + kProgressBytes;
  visitor_.OnProgress({done, bytes_total_});
}

void Replayer::Finish() { visitor_.OnProgress({bytes_total_, bytes_total_}); }

}  // namespace tocsin::tsdb
