#include "tsdb/compaction/block_compactor.h"

#include <algorithm>

#include "tsdb/block/block_writer.h"
#include "tsdb/compaction/chunk_merge.h"
#include "tsdb/compaction/float_recoder.h"
#include "tsdb/compaction/merged_streams.h"

namespace tocsin::tsdb {
namespace {

class BlockJobRun {
 public:
  BlockJobRun(BlockWriter& writer, const BlockJob& job) : writer_(writer), job_(job) {
    if (job.floats) recoder_.emplace(*job.floats);
  }

  Status AddAll(MergedStreams& series) {
    while (true) {
      if (job_.cancel != nullptr) TOCSIN_RETURN_IF_ERROR(job_.cancel->Check());
      TOCSIN_ASSIGN_OR_RETURN(const bool is_series, series.Next());
      if (!is_series) return {};
      TOCSIN_RETURN_IF_ERROR(AddCurrent(series));
    }
  }

 private:
  Status AddCurrent(MergedStreams& series) {
    const int64_t oldest_ms =
        job_.rules == nullptr ? INT64_MIN : job_.rules->MinTime(series.labels(), job_.now_ms);
    const int64_t start_ms = std::max(job_.meta.min_time_ms, oldest_ms);
    chunks_.Begin(start_ms, job_.meta.max_time_ms - 1);
    for (const SeriesStream* part : series.parts()) {
      TOCSIN_RETURN_IF_ERROR(chunks_.Add(part->chunks(), part->deleted()));
    }
    TOCSIN_ASSIGN_OR_RETURN(std::span<const ChunkView> merged, chunks_.Merge());
    if (recoder_) {
      TOCSIN_ASSIGN_OR_RETURN(merged, recoder_->Recode(merged));
    }
    if (merged.empty()) return {};
    return writer_.AddSeries(series.labels(), merged);
  }

  BlockWriter& writer_;
  const BlockJob& job_;
  ChunkMerge chunks_;
  std::optional<FloatRecoder> recoder_;
};

}  // namespace

Result<std::optional<BlockMeta>> WriteBlock(Fs& fs, BlockJob job) {
  if (job.cancel != nullptr) TOCSIN_RETURN_IF_ERROR(job.cancel->Check());
  TOCSIN_ASSIGN_OR_RETURN(const auto writer, BlockWriter::Create(fs, job.directory, job.meta.ulid));
  MergedStreams series(std::move(job.sources));
  {
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<std::string_view> symbols, series.Symbols());
    TOCSIN_RETURN_IF_ERROR(writer->AddSymbols(symbols));
  }
  TOCSIN_RETURN_IF_ERROR(BlockJobRun(*writer, job).AddAll(series));
  if (writer->stats().sample_count == 0) return std::optional<BlockMeta>();
  TOCSIN_ASSIGN_OR_RETURN(BlockMeta written, writer->Finish(std::move(job.meta)));
  return std::optional<BlockMeta>(std::move(written));
}

}  // namespace tocsin::tsdb
