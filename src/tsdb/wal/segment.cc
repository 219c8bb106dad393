#include "tsdb/wal/segment.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace tocsin::tsdb {
namespace {
constexpr std::string_view kCheckpointPrefix = "checkpoint.";
}  // namespace

std::string SegmentName(int64_t index) { return fmt::format("{:08}", index); }

std::string CheckpointName(int64_t index) {
  return fmt::format("{}{:08}", kCheckpointPrefix, index);
}

std::optional<int64_t> ParseSegmentIndex(std::string_view text) {
  int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') {
    return std::nullopt;
  }
  return index;
}

Result<std::vector<SegmentFile>> ListSegments(Fs& fs, const std::string& directory) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs.List(directory));
  std::vector<SegmentFile> segments;
  for (const DirectoryEntry& entry : entries) {
    const std::optional<int64_t> index = ParseSegmentIndex(entry.name);
    if (!index || entry.is_directory) continue;
    segments.push_back({*index, directory + "/" + entry.name, entry.size_bytes});
  }
  std::sort(segments.begin(), segments.end(),
            [](const SegmentFile& a, const SegmentFile& b) { return a.index < b.index; });
  return segments;
}

Result<std::vector<CheckpointDirectory>> ListCheckpoints(Fs& fs, const std::string& directory) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, fs.List(directory));
  std::vector<CheckpointDirectory> checkpoints;
  for (const DirectoryEntry& entry : entries) {
    const std::string_view name = entry.name;
    if (!entry.is_directory || !name.starts_with(kCheckpointPrefix)) continue;
    // checkpoint.00000042.tmp is unfinished, and so no number.
    const auto index = ParseSegmentIndex(name.substr(kCheckpointPrefix.size()));
    if (index) checkpoints.push_back({*index, directory + "/" + entry.name});
  }
  std::sort(checkpoints.begin(), checkpoints.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  return checkpoints;
}

}  // namespace tocsin::tsdb
