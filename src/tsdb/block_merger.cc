#include "tsdb/block_merger.h"

#include <fmt/core.h>

#include <algorithm>

#include "tsdb/block/block_querier.h"
#include "tsdb/compaction/block_stream.h"
#include "tsdb/compaction/plan.h"

namespace tocsin::tsdb {
namespace {

std::vector<BlockMeta> MetasOf(std::span<const std::shared_ptr<BlockReader>> blocks) {
  std::vector<BlockMeta> metas;
  for (const auto& block : blocks) metas.push_back(*block->meta());
  return metas;
}

std::vector<Ulid> NamesOf(std::span<const std::shared_ptr<BlockReader>> blocks) {
  std::vector<Ulid> names;
  for (const auto& block : blocks) names.push_back(block->ulid());
  return names;
}

bool AnyOverlap(std::span<const BlockMeta> metas_by_start) {
  for (size_t i = 1; i < metas_by_start.size(); ++i) {
    if (metas_by_start[i].min_time_ms < metas_by_start[i - 1].max_time_ms) return true;
  }
  return false;
}

bool HasFailed(const std::shared_ptr<BlockReader>& block) {
  return block->meta()->compaction.has_failed;
}

// What only the disk or the user is to blame for passes by; the block itself does not get better.
bool IsBlocksFault(const Error& error) {
  return error.code() != ErrorCode::kCanceled && error.code() != ErrorCode::kTimeout &&
         error.code() != ErrorCode::kUnavailable;
}

}  // namespace

Result<bool> BlockMerger::Step(std::span<const int64_t> ranges_ms, const RetentionRules& rules,
                               int64_t now_ms) {
  const std::vector<BlockPointer> blocks = Plan(ranges_ms);
  if (blocks.empty()) return false;
  const std::vector<BlockMeta> parents = MetasOf(blocks);
  BlockMeta meta = CompactedMeta(environment_.ulids.Next(), parents);
  if (AnyOverlap(parents)) environment_.metrics.vertical_compactions.Increment();
  const Status merged = Merge(blocks, std::move(meta), rules, now_ms);
  if (!merged) {
    NoteFailure(blocks, merged.error());
    return merged.error();
  }
  return true;
}

std::vector<BlockMerger::BlockPointer> BlockMerger::Plan(std::span<const int64_t> ranges_ms) const {
  std::vector<BlockPointer> candidates = *environment_.store.blocks();
  while (true) {
    std::vector<BlockPointer> planned;
    for (const size_t at : PlanCompaction(MetasOf(candidates), ranges_ms)) {
      planned.push_back(candidates[at]);
    }
    // Overlapping ones are planned although they failed; then the others must not wait for them.
    if (std::ranges::none_of(planned, HasFailed)) return planned;
    std::erase_if(candidates, HasFailed);
  }
}

Status BlockMerger::Merge(std::span<const BlockPointer> blocks, BlockMeta meta,
                          const RetentionRules& rules, int64_t now_ms) {
  BlockJob job;
  job.directory = environment_.store.directory().path();
  job.meta = std::move(meta);
  job.rules = &rules;
  job.now_ms = now_ms;
  for (const BlockPointer& block : blocks) {
    job.sources.push_back(std::make_unique<BlockStream>(block));
  }
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<BlockMeta> written,
                          environment_.Write(std::move(job)));
  if (!written) return RemoveEmpty(blocks);
  return environment_.store.Replace(written->ulid, NamesOf(blocks));
}

// Said on disk first: the files may go only after their readers, and that may be after a crash.
Status BlockMerger::RemoveEmpty(std::span<const BlockPointer> blocks) {
  for (const BlockPointer& block : blocks) {
    BlockMeta meta = *block->meta();
    meta.compaction.is_deletable = true;
    TOCSIN_RETURN_IF_ERROR(WriteBlockMeta(environment_.fs, block->directory(), meta));
  }
  environment_.store.Drop(NamesOf(blocks));
  return {};
}

void BlockMerger::NoteFailure(std::span<const BlockPointer> blocks, const Error& error) {
  if (!IsBlocksFault(error)) return;
  for (const BlockPointer& block : blocks) {
    if (const Status marked = block->SetCompactionFailed(); !marked) {
      environment_.logger.Error(
          "Could not mark a block whose compaction failed",
          {{"block", block->ulid().ToString()}, {"err", marked.error().message()}});
    }
  }
}

Status BlockMerger::Rewrite(const BlockPointer& block, const RetentionRules& rules,
                            int64_t now_ms) {
  const auto old = block->meta();
  BlockMeta meta;
  meta.ulid = environment_.ulids.Next();
  meta.min_time_ms = old->min_time_ms;
  meta.max_time_ms = old->max_time_ms;
  meta.compaction.level = old->compaction.level;
  meta.compaction.sources = old->compaction.sources;
  meta.compaction.hints = old->compaction.hints;
  meta.compaction.parents = {old->Describe()};
  return Merge(std::span(&block, 1), std::move(meta), rules, now_ms);
}

Result<bool> BlockMerger::ApplyRules(const RetentionRules& rules, int64_t now_ms) {
  const auto list = environment_.store.blocks();
  for (const BlockPointer& block : *list) {
    if (block->meta()->compaction.has_failed) continue;
    for (size_t rule = 0; rule < rules.all().size(); ++rule) {
      if (block->max_time_ms() > now_ms - rules.all()[rule].retention_ms) continue;
      if (checked_.contains({block->ulid(), rule})) continue;
      TOCSIN_ASSIGN_OR_RETURN(const bool is_due, HasSeriesBeyond(block, rules, rule, now_ms));
      if (!is_due) {
        checked_.insert({block->ulid(), rule});
        continue;
      }
      environment_.metrics.rule_retentions.Increment();
      const Status rewritten = Rewrite(block, rules, now_ms);
      if (!rewritten) {
        NoteFailure(std::span(&block, 1), rewritten.error());
        return rewritten.error();
      }
      return true;
    }
  }
  return false;
}

Result<bool> BlockMerger::HasSeriesBeyond(const BlockPointer& block, const RetentionRules& rules,
                                          size_t rule_index, int64_t now_ms) const {
  BlockQuerier querier(block, block->min_time_ms(), block->max_time_ms() - 1);
  TOCSIN_ASSIGN_OR_RETURN(const auto set,
                          querier.Select(rules.all()[rule_index].matchers,
                                         {block->min_time_ms(), block->max_time_ms() - 1, 0, 0}));
  for (size_t i = 0; i < set->size(); ++i) {
    // An earlier rule may want this one kept longer.
    if (rules.MinTime(set->LabelsOf(i), now_ms) >= block->max_time_ms()) return true;
  }
  return false;
}

Status BlockMerger::CleanTombstones() {
  const int64_t begin_ns = environment_.clock.MonotonicNs();
  const auto list = environment_.store.blocks();
  for (const BlockPointer& block : *list) {
    if (block->tombstones()->empty()) continue;
    if (Status rewritten = Rewrite(block, RetentionRules(), 0); !rewritten) {
      return rewritten.error().WithContext(
          fmt::format("clean tombstones: {}", block->ulid().ToString()));
    }
  }
  environment_.metrics.tombstone_cleanup_seconds.Observe(
      static_cast<double>(environment_.clock.MonotonicNs() - begin_ns) / 1e9);
  return {};
}

}  // namespace tocsin::tsdb
