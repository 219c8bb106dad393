#include "tsdb/head_deletions.h"

#include "tsdb/deletion_querier.h"

namespace tocsin::tsdb {

std::shared_ptr<const HeadDeletions::BySeries> HeadDeletions::current() const {
  MutexLock lock(mutex_);
  return by_series_;
}

void HeadDeletions::Add(std::span<const HeadDeletion> deletions) {
  if (deletions.empty()) return;
  MutexLock lock(mutex_);
  auto changed = std::make_shared<BySeries>(*by_series_);
  for (const HeadDeletion& deletion : deletions) {
    (*changed)[deletion.labels].Add({0, deletion.start_ms, deletion.end_ms});
  }
  by_series_ = std::move(changed);
}

void HeadDeletions::TruncateBefore(int64_t time_ms) {
  MutexLock lock(mutex_);
  if (by_series_->empty()) return;
  auto changed = std::make_shared<BySeries>(*by_series_);
  for (auto& [labels, tombstones] : *changed) tombstones.TruncateBefore(time_ms);
  std::erase_if(*changed, [](const auto& entry) { return entry.second.empty(); });
  by_series_ = std::move(changed);
}

std::unique_ptr<storage::Querier> HeadDeletions::Filter(
    std::unique_ptr<storage::Querier> querier) const {
  auto deleted = current();
  if (deleted->empty()) return querier;
  return std::make_unique<DeletionQuerier>(std::move(querier), std::move(deleted));
}

}  // namespace tocsin::tsdb
