#include "tsdb/wal/log_files.h"

#include <algorithm>

namespace tocsin::tsdb {
namespace {

// A hole of more segments than this is one hole in the report.
constexpr size_t kMaxMissing = 100;

std::vector<int64_t> FindMissing(const std::vector<SegmentFile>& segments, int64_t expected) {
  std::vector<int64_t> missing;
  for (const SegmentFile& segment : segments) {
    for (; expected < segment.index && missing.size() < kMaxMissing; ++expected) {
      missing.push_back(expected);
    }
    expected = segment.index + 1;
  }
  return missing;
}

}  // namespace

uint64_t LogFiles::size_bytes() const {
  uint64_t sum = 0;
  for (const SegmentFile& file : checkpoint) sum += file.size_bytes;
  for (const SegmentFile& file : segments) sum += file.size_bytes;
  return sum;
}

Result<LogFiles> ListLogFiles(Fs& fs, const std::string& directory, int64_t first, int64_t last) {
  LogFiles files;
  TOCSIN_ASSIGN_OR_RETURN(const auto checkpoints, ListCheckpoints(fs, directory));
  const bool has_checkpoint = !checkpoints.empty() && first <= checkpoints.back().index;
  if (has_checkpoint) {
    TOCSIN_ASSIGN_OR_RETURN(files.checkpoint, ListSegments(fs, checkpoints.back().path));
    first = checkpoints.back().index + 1;
  }
  TOCSIN_ASSIGN_OR_RETURN(files.segments, ListSegments(fs, directory));
  std::erase_if(files.segments, [&](const SegmentFile& segment) {
    return segment.index < first || segment.index > last;
  });
  // Without a checkpoint a log may begin anywhere: Prometheus drops old segments by themselves.
  const int64_t expected = has_checkpoint           ? first
                           : files.segments.empty() ? 0
                                                    : files.segments.front().index;
  files.missing_segments = FindMissing(files.segments, expected);
  return files;
}

Result<uint64_t> LogSizeBytes(Fs& fs, const std::string& directory) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs.List(directory));
  uint64_t sum = 0;
  for (const DirectoryEntry& entry : entries) {
    sum += entry.size_bytes;
    if (!entry.is_directory) continue;
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> inner,
                            fs.List(directory + "/" + entry.name));
    for (const DirectoryEntry& file : inner) sum += file.size_bytes;
  }
  return sum;
}

}  // namespace tocsin::tsdb
