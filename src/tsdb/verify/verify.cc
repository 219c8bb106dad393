#include "tsdb/verify/verify.h"

#include <algorithm>

#include "storage/queryable.h"
#include "tsdb/block/block_layout.h"
#include "tsdb/block/block_verify.h"
#include "tsdb/block/ulid.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/head_chunks/head_chunk_file.h"
#include "tsdb/wal/record.h"
#include "tsdb/wal/segment_reader.h"

namespace tocsin::tsdb {
namespace {

constexpr std::string_view kLogNames[] = {"wal", "wbl"};
constexpr std::string_view kHeadChunksName = "chunks_head";
constexpr std::string_view kQuarantineName = "quarantine";

class Verifier {
 public:
  Verifier(Fs& fs, const std::string& directory,
           const std::function<void(const DirectoryProblem&)>& report)
      : fs_(fs), directory_(directory), report_(report) {}

  Result<DirectoryVerification> Run() {
    TOCSIN_RETURN_IF_ERROR(VerifyBlocks());
    for (const std::string_view name : kLogNames) TOCSIN_RETURN_IF_ERROR(VerifyLog(name));
    TOCSIN_RETURN_IF_ERROR(VerifyHeadChunks());
    return result_;
  }

 private:
  void Report(std::string file, uint64_t offset, std::string reason) {
    ++result_.problems;
    report_({std::move(file), offset, std::move(reason)});
  }

  Status VerifyBlocks() {
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs_.List(directory_));
    for (const DirectoryEntry& entry : entries) {
      if (!entry.is_directory || !Ulid::Parse(entry.name)) continue;
      const std::string path = JoinPath(directory_, entry.name);
      TOCSIN_ASSIGN_OR_RETURN(const BlockVerification block, VerifyBlock(fs_, path));
      ++result_.blocks;
      result_.block_samples += block.found.sample_count;
      for (const BlockProblem& problem : block.problems) {
        Report(problem.file, problem.offset, problem.reason);
      }
      result_.problems += block.problem_count - block.problems.size();
    }
    const std::string quarantine = JoinPath(directory_, kQuarantineName);
    if (!fs_.Exists(quarantine)) return {};
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> set_aside, fs_.List(quarantine));
    result_.quarantined = static_cast<uint64_t>(
        std::count_if(set_aside.begin(), set_aside.end(),
                      [](const DirectoryEntry& entry) { return entry.is_directory; }));
    return {};
  }

  Status VerifyLog(std::string_view name) {
    const std::string path = JoinPath(directory_, name);
    if (!fs_.Exists(path)) return {};
    TOCSIN_ASSIGN_OR_RETURN(const auto checkpoints, ListCheckpoints(fs_, path));
    for (const CheckpointDirectory& checkpoint : checkpoints) {
      TOCSIN_ASSIGN_OR_RETURN(const auto segments, ListSegments(fs_, checkpoint.path));
      for (const SegmentFile& segment : segments) {
        TOCSIN_RETURN_IF_ERROR(VerifySegment(segment, false));
      }
    }
    TOCSIN_ASSIGN_OR_RETURN(const auto segments, ListSegments(fs_, path));
    for (size_t i = 0; i < segments.size(); ++i) {
      if (i > 0 && segments[i].index != segments[i - 1].index + 1) {
        Report(path, 0, fmt::format("segment {} is missing", SegmentName(segments[i].index - 1)));
      }
      TOCSIN_RETURN_IF_ERROR(VerifySegment(segments[i], i + 1 == segments.size()));
    }
    return {};
  }

  Status VerifySegment(const SegmentFile& segment, bool is_newest) {
    TOCSIN_ASSIGN_OR_RETURN(const auto reader, SegmentReader::Open(fs_, segment.path));
    ++result_.log_segments;
    for (;;) {
      TOCSIN_ASSIGN_OR_RETURN(const std::optional<std::string_view> record, reader->Next());
      if (!record) break;
      ++result_.log_records;
      if (const Status decoded = DecodeRecord(*record); !decoded) {
        Report(segment.path, reader->record_offset(), decoded.error().message());
      }
    }
    for (const SegmentDamage& damage : reader->damages()) {
      Report(segment.path, damage.offset, damage.reason);
    }
    if (reader->torn_offset() && !is_newest) {
      Report(segment.path, *reader->torn_offset(), "the segment ends inside a record");
    }
    return {};
  }

  // Types that we do not know are somebody else's business, as in a replay.
  Status DecodeRecord(std::string_view record) {
    switch (static_cast<RecordType>(RecordTypeByte(record))) {
      case RecordType::kSeries:
        return DecodeSeries(record, series_);
      case RecordType::kSamples:
        return DecodeSamples(record, samples_);
      case RecordType::kTombstones:
        return DecodeTombstones(record, tombstones_);
      case RecordType::kExemplars:
        return DecodeExemplars(record, exemplars_);
      case RecordType::kMmapMarkers:
        return DecodeMmapMarkers(record, markers_);
      case RecordType::kMetadata:
        return DecodeMetadata(record, metadata_);
      case RecordType::kSamplesV2:
        return DecodeSamplesV2(record, samples_, start_timestamps_ms_);
      case RecordType::kHistogramSamples:
      case RecordType::kCustomBucketsHistogramSamples:
      case RecordType::kHistogramSamplesV2:
        return DecodeHistograms(record, histograms_);
      case RecordType::kFloatHistogramSamples:
      case RecordType::kCustomBucketsFloatHistogramSamples:
      case RecordType::kFloatHistogramSamplesV2:
        return DecodeHistograms(record, float_histograms_);
    }
    return {};
  }

  Status VerifyHeadChunks() {
    const std::string path = JoinPath(directory_, kHeadChunksName);
    if (!fs_.Exists(path)) return {};
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs_.List(path));
    std::vector<std::string> files;
    for (const DirectoryEntry& entry : entries) {
      if (ParseHeadChunkFileName(entry.name)) files.push_back(JoinPath(path, entry.name));
    }
    for (const std::string& file : files) {
      TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> mapped, fs_.Map(file));
      ++result_.head_chunk_files;
      VerifyHeadChunkFile(file, mapped->bytes(), &file == &files.back());
    }
    return {};
  }

  void VerifyHeadChunkFile(const std::string& path, std::string_view bytes, bool is_newest) {
    std::string header;
    AppendHeadChunkFileHeader(header);
    if (!bytes.starts_with(header)) {
      const bool is_torn = is_newest && bytes.size() < header.size();
      if (!is_torn) Report(path, 0, "the file does not begin as a head chunk file");
      return;
    }
    uint64_t offset = header.size();
    while (offset < bytes.size()) {
      // What was reserved and not written, or what a crash left of a write.
      const bool is_blank = bytes.find_first_not_of('\0', offset) == std::string_view::npos;
      uint64_t end_offset = 0;
      const auto chunk = ParseHeadChunk(bytes, offset, &end_offset);
      if (!chunk && chunk.error().code() == ErrorCode::kOutOfBounds) {
        if (!is_newest && !is_blank) Report(path, offset, chunk.error().message());
        return;
      }
      if (is_blank) return;
      ++result_.head_chunks;
      if (!chunk) {
        Report(path, offset, chunk.error().message());
      } else {
        VerifyChunk(path, offset, *chunk);
      }
      offset = end_offset;
    }
  }

  void VerifyChunk(const std::string& path, uint64_t offset, const HeadChunk& chunk) {
    buffer_.Clear();
    const Status decoded = DecodeChunk(chunk.encoding, chunk.bytes, INT64_MIN, INT64_MAX, buffer_);
    if (!decoded) return Report(path, offset, decoded.error().message());
    const auto check = [&](int64_t first_ms, int64_t last_ms) {
      if (first_ms == chunk.min_time_ms && last_ms == chunk.max_time_ms) return;
      Report(path, offset,
             fmt::format("the chunk spans {} to {}, its header says {} to {}", first_ms, last_ms,
                         chunk.min_time_ms, chunk.max_time_ms));
    };
    if (!buffer_.timestamps_ms.empty()) {
      check(buffer_.timestamps_ms.front(), buffer_.timestamps_ms.back());
    } else if (!buffer_.histograms.empty()) {
      check(buffer_.histograms.front().timestamp_ms, buffer_.histograms.back().timestamp_ms);
    } else {
      Report(path, offset, "the chunk has no samples");
    }
  }

  Fs& fs_;
  const std::string directory_;
  const std::function<void(const DirectoryProblem&)>& report_;
  DirectoryVerification result_;

  // Where records and chunks are decoded to, and forgotten.
  SeriesBatch series_;
  std::vector<SampleRecord> samples_;
  std::vector<int64_t> start_timestamps_ms_;
  std::vector<TombstoneRecord> tombstones_;
  std::vector<ExemplarRecord> exemplars_;
  std::vector<MmapMarkerRecord> markers_;
  std::vector<MetadataRecord> metadata_;
  std::vector<HistogramRecord> histograms_;
  std::vector<FloatHistogramRecord> float_histograms_;
  storage::SampleBuffer buffer_;
};

}  // namespace

Result<DirectoryVerification> VerifyDirectory(
    Fs& fs, const std::string& directory,
    const std::function<void(const DirectoryProblem&)>& report) {
  return Verifier(fs, directory, report).Run();
}

}  // namespace tocsin::tsdb
