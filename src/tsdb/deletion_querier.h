#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/head_deletions.h"

namespace tocsin::tsdb {

/// A querier whose answers are without what is deleted. Series that have nothing else in the range
/// are left out of selections; label names and values are those of all series, as upstream.
/// Thread-safe.
class DeletionQuerier final : public storage::Querier {
 public:
  DeletionQuerier(std::unique_ptr<storage::Querier> inner,
                  std::shared_ptr<const HeadDeletions::BySeries> deleted)
      : inner_(std::move(inner)), deleted_(std::move(deleted)) {}

  Result<std::unique_ptr<storage::SeriesSet>> Select(std::span<const Matcher> matchers,
                                                     const storage::SelectHints& hints) override;
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers,
                                              size_t limit) override {
    return inner_->LabelNames(matchers, limit);
  }
  Result<std::vector<std::string>> LabelValues(const std::string& name,
                                               std::span<const Matcher> matchers,
                                               size_t limit) override {
    return inner_->LabelValues(name, matchers, limit);
  }

 private:
  const std::unique_ptr<storage::Querier> inner_;
  const std::shared_ptr<const HeadDeletions::BySeries> deleted_;  // Shared with HeadDeletions.
};

}  // namespace tocsin::tsdb
