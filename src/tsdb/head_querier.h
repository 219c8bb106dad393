#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/head_state.h"

namespace tocsin::tsdb {

/// A snapshot of the head: sees the commits published before it was made, and nothing of later
/// ones. Rows and series are kept for it while it lives, so it should not live longer than a query.
/// Thread-safe.
class HeadQuerier final : public storage::Querier {
 public:
  /// `state` must outlive it.
  HeadQuerier(HeadState& state, int64_t start_ms, int64_t end_ms);
  ~HeadQuerier() override;
  HeadQuerier(const HeadQuerier&) = delete;
  HeadQuerier& operator=(const HeadQuerier&) = delete;

  Result<std::unique_ptr<storage::SeriesSet>> Select(std::span<const Matcher> matchers,
                                                     const storage::SelectHints& hints) override;
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers,
                                              size_t limit) override;
  Result<std::vector<std::string>> LabelValues(const std::string& name,
                                               std::span<const Matcher> matchers,
                                               size_t limit) override;

 private:
  std::vector<SeriesId> SelectInRange(std::span<const Matcher> matchers, int64_t start_ms,
                                      int64_t end_ms) REQUIRES_SHARED(state_.index_mutex);
  bool Overlaps(int64_t start_ms, int64_t end_ms) const;
  bool HasNothingSince(SeriesId id, int64_t start_ms) const;

  HeadState& state_;
  const int64_t start_ms_;
  const int64_t end_ms_;
  const Isolation::Ticket ticket_;
};

}  // namespace tocsin::tsdb
