#include "tsdb/block/block_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/varint.h"
#include "tsdb/block/block_layout.h"
#include "tsdb/block/chunk_segment.h"
#include "tsdb/block/chunk_segment_reader.h"
#include "tsdb/block/index_format.h"
#include "tsdb/block/index_reader.h"
#include "tsdb/block/tombstones.h"
#include "tsdb/chunks/chunk.h"

namespace tocsin::tsdb {
namespace {

// Walks a block from file to file and writes down what is wrong. Confined to a thread.
class Verifier {
 public:
  Verifier(Fs& fs, std::string directory) : fs_(fs), directory_(std::move(directory)) {}

  Result<BlockVerification> Run();

 private:
  void Report(const std::string& file, uint64_t offset, std::string reason);
  void Report(const std::string& file, const Error& error) { Report(file, 0, error.message()); }
  template <typename T>
  Status Take(const std::string& file, Result<T> result, std::optional<T>& out);
  std::string PathOf(std::string_view name) const { return JoinPath(directory_, name); }

  Status OpenFiles();
  void CheckRange();
  void CheckSegment(const std::string& path, std::string_view bytes);
  void CheckSeries();
  void CheckOneSeries(PostingId id, Labels& last_labels, uint64_t& last_chunk_ref);
  void CheckChunks(PostingId id, SeriesEntry& entry, uint64_t& last_chunk_ref);
  void CheckChunk(uint64_t series_offset, const ChunkMeta& meta);
  void CheckSamples(uint64_t series_offset, const ChunkMeta& meta);
  void CheckPostings();
  void CheckList(std::string_view name, std::string_view value, uint64_t offset);
  bool Carries(PostingId id, SymbolRef name, SymbolRef value) const;
  void CheckTombstones();
  void CheckStats();

  Fs& fs_;
  const std::string directory_;
  BlockVerification result_;
  std::optional<BlockMeta> meta_;
  std::optional<Tombstones> tombstones_;
  std::optional<std::unique_ptr<IndexReader>> index_;
  std::optional<std::unique_ptr<ChunkSegmentReader>> chunks_;
  uint64_t label_count_ = 0;    // Of all series.
  uint64_t posting_count_ = 0;  // Of all lists but that of all series.
  storage::SampleBuffer samples_;
};

void Verifier::Report(const std::string& file, uint64_t offset, std::string reason) {
  ++result_.problem_count;
  if (result_.problems.size() >= BlockVerification::kMaxProblems) return;
  result_.problems.push_back({file, offset, std::move(reason)});
}

// Passes on the disk's failures, and reports the block's.
template <typename T>
Status Verifier::Take(const std::string& file, Result<T> result, std::optional<T>& out) {
  if (result) {
    out = std::move(*result);
  } else if (result.error().code() == ErrorCode::kUnavailable) {
    return result.error();
  } else {
    Report(file, result.error());
  }
  return {};
}

Status Verifier::OpenFiles() {
  const std::string index_path = PathOf(kIndexFileName);
  const std::string chunks_path = PathOf(kChunksDirectoryName);
  TOCSIN_RETURN_IF_ERROR(Take(PathOf(kMetaFileName), ReadBlockMeta(fs_, directory_), meta_));
  TOCSIN_RETURN_IF_ERROR(
      Take(PathOf(kTombstonesFileName), ReadTombstones(fs_, directory_), tombstones_));
  TOCSIN_RETURN_IF_ERROR(Take(index_path, IndexReader::Open(fs_, index_path), index_));
  return Take(chunks_path, ChunkSegmentReader::Open(fs_, chunks_path), chunks_);
}

Result<BlockVerification> Verifier::Run() {
  TOCSIN_RETURN_IF_ERROR(OpenFiles());
  if (meta_) CheckRange();
  if (chunks_) {
    for (size_t i = 0; i < (*chunks_)->segment_count(); ++i) {
      CheckSegment((*chunks_)->segment_path(i), (*chunks_)->segment_bytes(i));
    }
  }
  if (index_) {
    CheckSeries();
    CheckPostings();
    if (tombstones_) CheckTombstones();
    if (meta_) CheckStats();
  }
  return std::move(result_);
}

void Verifier::CheckRange() {
  if (meta_->max_time_ms < meta_->min_time_ms) {
    Report(PathOf(kMetaFileName), 0, "maxTime is before minTime");
  }
  if (meta_->ulid.is_zero()) Report(PathOf(kMetaFileName), 0, "no ulid");
}

// Each chunk is read by its reference later: here it is about what lies between them.
void Verifier::CheckSegment(const std::string& path, std::string_view bytes) {
  ByteReader reader(bytes.substr(std::min(bytes.size(), kChunkSegmentHeaderBytes)));
  while (reader.remaining() > 0) {
    const uint64_t offset = bytes.size() - reader.remaining();
    const uint64_t size = reader.ReadUvarint();
    reader.ReadBytes(size < bytes.size() ? size + 1 + kChunkCrcBytes : UINT64_MAX);
    if (reader.failed()) return Report(path, offset, "chunk ends early");
  }
}

void Verifier::CheckSeries() {
  const IndexReader& index = **index_;
  const Result<PostingsView> all = index.AllPostings();
  if (!all) return Report(index.path(), all.error());
  Labels last_labels;
  uint64_t last_chunk_ref = 0;
  PostingId last_id = 0;
  for (size_t i = 0; i < all->size(); ++i) {
    const PostingId id = (*all)[i];
    if (i > 0 && id <= last_id) Report(index.path(), 0, "list of all series does not rise");
    last_id = id;
    CheckOneSeries(id, last_labels, last_chunk_ref);
  }
}

void Verifier::CheckOneSeries(PostingId id, Labels& last_labels, uint64_t& last_chunk_ref) {
  const IndexReader& index = **index_;
  const uint64_t offset = index.OffsetOf(id);
  ++result_.found.series_count;
  Result<Labels> labels = index.LabelsOf(id);
  Result<SeriesEntry> entry = index.Series(id);
  if (!labels) return Report(index.path(), offset, labels.error().message());
  if (!entry) return Report(index.path(), offset, entry.error().message());
  std::string_view last_name;
  for (const LabelView label : *labels) {
    if (label.name <= last_name) Report(index.path(), offset, "labels of series are not sorted");
    if (label.value.empty()) Report(index.path(), offset, "empty label value in series");
    last_name = label.name;
    ++label_count_;
  }
  if (*labels <= last_labels) Report(index.path(), offset, "series are not sorted by labels");
  last_labels = std::move(*labels);
  CheckChunks(id, *entry, last_chunk_ref);
}

void Verifier::CheckChunks(PostingId id, SeriesEntry& entry, uint64_t& last_chunk_ref) {
  const IndexReader& index = **index_;
  const uint64_t offset = index.OffsetOf(id);
  entry.SkipLabels();
  std::optional<ChunkMeta> last;
  for (ChunkMeta chunk; entry.NextChunk(chunk); last = chunk) {
    ++result_.found.chunk_count;
    if (chunk.max_time_ms < chunk.min_time_ms || (last && chunk.min_time_ms <= last->max_time_ms)) {
      Report(index.path(), offset, "chunks of series do not rise in time");
    }
    if (chunk.ref < last_chunk_ref) Report(index.path(), offset, "chunk references do not rise");
    last_chunk_ref = chunk.ref;
    CheckChunk(offset, chunk);
  }
  if (entry.failed()) return Report(index.path(), offset, "malformed entry of series");
  if (entry.remaining() > 0) Report(index.path(), offset, "bytes after the entry of series");
  if (!last) Report(index.path(), offset, "series without chunks");
}

void Verifier::CheckChunk(uint64_t series_offset, const ChunkMeta& meta) {
  const std::string& path = (*index_)->path();
  if (meta_ && (meta.min_time_ms < meta_->min_time_ms || meta.max_time_ms >= meta_->max_time_ms)) {
    Report(path, series_offset,
           fmt::format("chunk [{}, {}] is outside of block [{}, {})", meta.min_time_ms,
                       meta.max_time_ms, meta_->min_time_ms, meta_->max_time_ms));
  }
  if (!chunks_) return;
  const Result<StoredChunk> chunk = (*chunks_)->Chunk(meta.ref);
  if (!chunk) return Report(path, series_offset, chunk.error().message());
  samples_.Clear();
  const Status decoded = DecodeChunk(chunk->encoding, chunk->bytes, INT64_MIN, INT64_MAX, samples_);
  if (!decoded) {
    return Report((*chunks_)->segment_path(meta.ref >> 32), meta.ref & 0xffffffff,
                  decoded.error().message());
  }
  CheckSamples(series_offset, meta);
}

void Verifier::CheckSamples(uint64_t series_offset, const ChunkMeta& meta) {
  result_.found.float_sample_count += samples_.timestamps_ms.size();
  result_.found.histogram_sample_count += samples_.histograms.size();
  result_.found.sample_count += samples_.timestamps_ms.size() + samples_.histograms.size();
  std::vector<int64_t> times = samples_.timestamps_ms;
  for (const storage::HistogramSample& sample : samples_.histograms) {
    times.push_back(sample.timestamp_ms);
  }
  const std::string& path = (*chunks_)->segment_path(meta.ref >> 32);
  const uint64_t offset = meta.ref & 0xffffffff;
  if (times.empty()) return Report(path, offset, "chunk without samples");
  if (std::ranges::adjacent_find(times, std::greater_equal()) != times.end()) {
    Report(path, offset, "samples of chunk do not rise in time");
  }
  if (times.front() != meta.min_time_ms || times.back() != meta.max_time_ms) {
    Report((*index_)->path(), series_offset,
           fmt::format("chunk at {} has samples from {} to {}, not from {} to {}", meta.ref,
                       times.front(), times.back(), meta.min_time_ms, meta.max_time_ms));
  }
}

// A list may only name series that carry its pair; then, if there are as many postings as labels,
// no list lacks one.
void Verifier::CheckPostings() {
  const IndexReader& index = **index_;
  for (size_t i = 0; i < index.label_name_count(); ++i) {
    const std::string_view name = index.label_name(i);
    index.ForEachValue(name, "", [&](std::string_view value, uint64_t offset) {
      CheckList(name, value, offset);
      return true;
    });
  }
  if (posting_count_ != label_count_) {
    Report(index.path(), index.sections().postings_table,
           fmt::format("{} postings for {} labels of series", posting_count_, label_count_));
  }
}

void Verifier::CheckList(std::string_view name, std::string_view value, uint64_t offset) {
  const IndexReader& index = **index_;
  const Result<PostingsView> list = index.PostingsAt(offset);
  if (!list) return Report(index.path(), list.error());
  posting_count_ += list->size();
  const auto name_symbol = index.FindSymbol(name);
  const auto value_symbol = index.FindSymbol(value);
  if (!name_symbol || !value_symbol) {
    return Report(
        index.path(), offset,
        fmt::format("postings of {}={} that are no symbols", GoQuote(name), GoQuote(value)));
  }
  for (size_t i = 0; i < list->size(); ++i) {
    const PostingId id = (*list)[i];
    const bool rises = i == 0 || id > (*list)[i - 1];
    if (rises && Carries(id, *name_symbol, *value_symbol)) continue;
    return Report(index.path(), offset,
                  fmt::format("postings of {}={} {} series {}", GoQuote(name), GoQuote(value),
                              rises ? "name another" : "do not rise at", id));
  }
}

bool Verifier::Carries(PostingId id, SymbolRef name, SymbolRef value) const {
  Result<SeriesEntry> entry = (*index_)->Series(id);
  if (!entry) return false;
  for (SymbolPair pair; entry->NextLabel(pair);) {
    if (pair.name == name) return pair.value == value;
  }
  return false;
}

void Verifier::CheckTombstones() {
  const Result<PostingsView> all = (*index_)->AllPostings();
  if (!all) return;
  for (const Tombstone& tombstone : tombstones_->all()) {
    const auto id = static_cast<PostingId>(tombstone.series_ref);
    const size_t at = all->LowerBound(0, id);
    if (id != tombstone.series_ref || at == all->size() || (*all)[at] != id) {
      Report(PathOf(kTombstonesFileName), 0,
             fmt::format("tombstone of unknown series {}", tombstone.series_ref));
    }
  }
}

void Verifier::CheckStats() {
  const BlockStats& claimed = meta_->stats;
  const BlockStats& found = result_.found;
  result_.found.tombstone_count = tombstones_ ? tombstones_->size() : 0;
  const auto check = [this](std::string_view what, uint64_t claimed_count, uint64_t found_count) {
    if (claimed_count == found_count) return;
    Report(PathOf(kMetaFileName), 0,
           fmt::format("{} is {}, but there are {}", what, claimed_count, found_count));
  };
  check("numSeries", claimed.series_count, found.series_count);
  check("numChunks", claimed.chunk_count, found.chunk_count);
  if (chunks_) check("numSamples", claimed.sample_count, found.sample_count);
  // Prometheus writes these two since 2.54.
  if (chunks_ && claimed.float_sample_count + claimed.histogram_sample_count > 0) {
    check("numFloatSamples", claimed.float_sample_count, found.float_sample_count);
    check("numHistogramSamples", claimed.histogram_sample_count, found.histogram_sample_count);
  }
}

}  // namespace

Result<BlockVerification> VerifyBlock(Fs& fs, const std::string& directory) {
  return Verifier(fs, directory).Run();
}

}  // namespace tocsin::tsdb
