#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/head_state.h"
#include "tsdb/series_reader.h"

namespace tocsin::tsdb {

/// A snapshot of the head: sees the commits published before it was made, and nothing of later
/// ones. Rows and series are kept for it while it lives, so it should not live longer than a query.
/// Thread-safe.
class HeadQuerier final : public storage::Querier {
 public:
  /// `state` must outlive it.
  HeadQuerier(HeadState& state, int64_t start_ms, int64_t end_ms, HeadPart part = HeadPart::kAll);
  ~HeadQuerier() override;
  /// Of the last commit that it sees.
  uint64_t sequence() const { return ticket_->sequence; }
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
  bool OverlapsOutOfOrder(int64_t start_ms, int64_t end_ms) const;
  bool HasNothingIn(SeriesId id, int64_t start_ms, int64_t end_ms) const;

  HeadState& state_;
  const int64_t start_ms_;
  const int64_t end_ms_;
  const HeadPart part_;
  const Isolation::Ticket ticket_;
};

}  // namespace tocsin::tsdb
