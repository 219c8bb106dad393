#include "tsdb/head_compactor.h"

#include <algorithm>

#include "tsdb/compaction/plan.h"
#include "tsdb/compaction/querier_stream.h"

namespace tocsin::tsdb {

void HeadCompactor::BeginAt(int64_t begin_ms) {
  begin_ms_ = std::max(begin_ms_, begin_ms);
  head_.RefuseBefore(begin_ms_);
}

int64_t HeadCompactor::OldestTime() const { return std::max(begin_ms_, head_.min_time_ms()); }

bool HeadCompactor::IsDue(int64_t now_ms) const {
  if (head_.max_time_ms() == INT64_MIN) return false;
  const int64_t newest_ms = std::min(head_.max_time_ms(), now_ms);
  const int64_t oldest_ms = OldestTime();
  // Upstream's rule: half a range of samples stays writable behind the newest.
  return newest_ms > oldest_ms && newest_ms - oldest_ms > range_ms_ + range_ms_ / 2;
}

Result<bool> HeadCompactor::Step(int64_t now_ms, const RetentionRules& rules) {
  if (!IsDue(now_ms)) return false;
  const int64_t start_ms = OldestTime();
  const int64_t end_ms = RangeEnd(start_ms, range_ms_);
  head_.RefuseBefore(end_ms);
  TOCSIN_ASSIGN_OR_RETURN(BlockJob job, MakeJob(start_ms, end_ms));
  job.rules = &rules;
  job.now_ms = now_ms;
  job.directory = environment_.store.directory().path();
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<BlockMeta> written,
                          environment_.Write(std::move(job)));
  if (written) {
    TOCSIN_RETURN_IF_ERROR(environment_.store.Replace(written->ulid, {}));
    TruncateTo(end_ms);
    return true;
  }
  TOCSIN_RETURN_IF_ERROR(SkipGap(end_ms, RangeEnd(now_ms, range_ms_) - range_ms_));
  return true;
}

// A gap, perhaps of years: on to the range that has samples again, but not beyond `limit_ms`.
Status HeadCompactor::SkipGap(int64_t end_ms, int64_t limit_ms) {
  TOCSIN_ASSIGN_OR_RETURN(const int64_t first_ms, FirstSampleTime(end_ms));
  const int64_t target_ms = std::max(end_ms, std::min(first_ms, limit_ms));
  head_.RefuseBefore(target_ms);
  // Something may have come into the gap before it was closed.
  TOCSIN_ASSIGN_OR_RETURN(const int64_t again_ms, FirstSampleTime(end_ms));
  TruncateTo(again_ms >= target_ms ? target_ms : end_ms);
  return {};
}

// Readers take the head first and then the blocks, so they see the samples in one of them at least.
void HeadCompactor::TruncateTo(int64_t end_ms) {
  begin_ms_ = end_ms;
  head_.Truncate(end_ms);
  deletions_.TruncateBefore(end_ms);
}

Result<BlockJob> HeadCompactor::MakeJob(int64_t start_ms, int64_t end_ms) const {
  TOCSIN_ASSIGN_OR_RETURN(auto querier, MakeQuerier(start_ms, end_ms - 1));
  return MakeJob(std::move(querier), start_ms, end_ms);
}

Result<size_t> HeadCompactor::CompactOutOfOrder() {
  std::optional<OutOfOrderSnapshot> snapshot = head_.SnapshotOutOfOrder();
  if (!snapshot) return size_t{0};
  const std::shared_ptr<storage::Querier> querier = deletions_.Filter(std::move(snapshot->querier));
  size_t count = 0;
  for (int64_t end_ms = RangeEnd(snapshot->min_time_ms, range_ms_);
       end_ms - range_ms_ <= snapshot->max_time_ms; end_ms += range_ms_) {
    TOCSIN_ASSIGN_OR_RETURN(BlockJob job, MakeJob(querier, end_ms - range_ms_, end_ms));
    job.meta.compaction.hints = {std::string(kFromOutOfOrderHint)};
    job.directory = environment_.store.directory().path();
    TOCSIN_ASSIGN_OR_RETURN(const std::optional<BlockMeta> written,
                            environment_.Write(std::move(job)));
    if (!written) continue;
    TOCSIN_RETURN_IF_ERROR(environment_.store.Replace(written->ulid, {}));
    ++count;
  }
  head_.TruncateOutOfOrder(snapshot->sequence);
  return count;
}

Result<BlockJob> HeadCompactor::MakeJob(std::shared_ptr<storage::Querier> querier, int64_t start_ms,
                                        int64_t end_ms) const {
  TOCSIN_ASSIGN_OR_RETURN(auto stream,
                          QuerierStream::Make(std::move(querier), start_ms, end_ms - 1));
  BlockJob job;
  job.meta.ulid = environment_.ulids.Next();
  job.meta.min_time_ms = start_ms;
  job.meta.max_time_ms = end_ms;
  job.meta.compaction.level = 1;
  job.sources.push_back(std::move(stream));
  return job;
}

Result<std::optional<BlockMeta>> HeadCompactor::WriteSnapshot(const std::string& directory) {
  if (head_.max_time_ms() == INT64_MIN) return std::optional<BlockMeta>();
  TOCSIN_ASSIGN_OR_RETURN(BlockJob job, MakeJob(OldestTime(), head_.max_time_ms() + 1));
  job.directory = directory;
  return environment_.Write(std::move(job));
}

Result<std::unique_ptr<storage::Querier>> HeadCompactor::MakeQuerier(int64_t start_ms,
                                                                     int64_t end_ms) const {
  TOCSIN_ASSIGN_OR_RETURN(auto querier, head_.MakeQuerier(start_ms, end_ms));
  return deletions_.Filter(std::move(querier));
}

// INT64_MAX if there is none.
Result<int64_t> HeadCompactor::FirstSampleTime(int64_t start_ms) const {
  TOCSIN_ASSIGN_OR_RETURN(const auto querier, MakeQuerier(start_ms, INT64_MAX));
  TOCSIN_ASSIGN_OR_RETURN(const auto set, querier->Select({}, {start_ms, INT64_MAX, 0, 0}));
  int64_t first_ms = INT64_MAX;
  storage::SampleBuffer samples;
  for (size_t i = 0; i < set->size(); ++i) {
    TOCSIN_RETURN_IF_ERROR(environment_.cancel.Check());
    TOCSIN_RETURN_IF_ERROR(set->Read(i, start_ms, INT64_MAX, samples));
    if (!samples.timestamps_ms.empty()) first_ms = std::min(first_ms, samples.timestamps_ms[0]);
    if (!samples.histograms.empty()) {
      first_ms = std::min(first_ms, samples.histograms[0].timestamp_ms);
    }
  }
  return first_ms;
}

}  // namespace tocsin::tsdb
