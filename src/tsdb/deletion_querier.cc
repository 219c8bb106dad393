#include "tsdb/deletion_querier.h"

#include "tsdb/compaction/chunk_merge.h"

namespace tocsin::tsdb {
namespace {

using Intervals = std::span<const Tombstone>;

// A series of the inner set, and what is deleted of it.
struct Entry {
  size_t index = 0;
  Intervals deleted;
};

class DeletionSeriesSet final : public storage::SeriesSet {
 public:
  DeletionSeriesSet(std::unique_ptr<storage::SeriesSet> inner, std::vector<Entry> entries)
      : inner_(std::move(inner)), entries_(std::move(entries)) {}

  size_t size() const override { return entries_.size(); }
  Labels LabelsOf(size_t index) const override { return inner_->LabelsOf(entries_[index].index); }
  Status Read(size_t index, int64_t start_ms, int64_t end_ms,
              storage::SampleBuffer& out) const override {
    const Entry& entry = entries_[index];
    TOCSIN_RETURN_IF_ERROR(inner_->Read(entry.index, start_ms, end_ms, out));
    EraseDeleted(entry.deleted, out);
    return {};
  }
  Status ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                    std::vector<storage::EncodedChunk>& out) const override;

 private:
  const std::unique_ptr<storage::SeriesSet> inner_;
  const std::vector<Entry> entries_;
};

Status DeletionSeriesSet::ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                                     std::vector<storage::EncodedChunk>& out) const {
  const Entry& entry = entries_[index];
  if (entry.deleted.empty()) return inner_->ReadChunks(entry.index, start_ms, end_ms, out);
  std::vector<storage::EncodedChunk> chunks;
  TOCSIN_RETURN_IF_ERROR(inner_->ReadChunks(entry.index, start_ms, end_ms, chunks));
  std::vector<ChunkView> views;
  for (const storage::EncodedChunk& chunk : chunks) {
    views.push_back({chunk.min_time_ms, chunk.max_time_ms, chunk.encoding, chunk.bytes});
  }
  ChunkMerge merge;
  merge.Begin(INT64_MIN, INT64_MAX);
  TOCSIN_RETURN_IF_ERROR(merge.Add(views, entry.deleted));
  TOCSIN_ASSIGN_OR_RETURN(const std::span<const ChunkView> left, merge.Merge());
  for (const ChunkView& chunk : left) {
    out.push_back({chunk.min_time_ms, chunk.max_time_ms, chunk.encoding, std::string(chunk.bytes)});
  }
  return {};
}

bool HasSamples(const storage::SampleBuffer& samples) {
  return !samples.timestamps_ms.empty() || !samples.histograms.empty();
}

}  // namespace

Result<std::unique_ptr<storage::SeriesSet>> DeletionQuerier::Select(
    std::span<const Matcher> matchers, const storage::SelectHints& hints) {
  TOCSIN_ASSIGN_OR_RETURN(auto inner, inner_->Select(matchers, hints));
  // Hints of zero are hints not given.
  const bool has_range = hints.start_ms != 0 || hints.end_ms != 0;
  const int64_t start_ms = has_range ? hints.start_ms : INT64_MIN;
  const int64_t end_ms = has_range ? hints.end_ms : INT64_MAX;
  std::vector<Entry> entries;
  bool is_touched = false;
  storage::SampleBuffer samples;
  for (size_t i = 0; i < inner->size(); ++i) {
    Entry entry{i, {}};
    if (const auto found = deleted_->find(inner->LabelsOf(i)); found != deleted_->end()) {
      is_touched = true;
      entry.deleted = found->second.Of(0);
      TOCSIN_RETURN_IF_ERROR(inner->Read(i, start_ms, end_ms, samples));
      const bool had_samples = HasSamples(samples);
      EraseDeleted(entry.deleted, samples);
      if (had_samples && !HasSamples(samples)) continue;
    }
    entries.push_back(entry);
  }
  if (!is_touched) return inner;  // With its own fast paths.
  return std::make_unique<DeletionSeriesSet>(std::move(inner), std::move(entries));
}

}  // namespace tocsin::tsdb
