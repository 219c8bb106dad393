#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/block/block_reader.h"

namespace tocsin::tsdb {

/// A view of one block over [start_ms, end_ms], both inclusive, with the tombstones of the moment
/// it was made. Keeps the block alive. Thread-safe.
class BlockQuerier final : public storage::Querier {
 public:
  BlockQuerier(std::shared_ptr<const BlockReader> block, int64_t start_ms, int64_t end_ms);

  /// Series with chunks in the hinted range that are not wholly deleted.
  Result<std::unique_ptr<storage::SeriesSet>> Select(std::span<const Matcher> matchers,
                                                     const storage::SelectHints& hints) override;
  /// Without matchers those of the whole block, as upstream.
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers,
                                              size_t limit) override;
  Result<std::vector<std::string>> LabelValues(const std::string& name,
                                               std::span<const Matcher> matchers,
                                               size_t limit) override;

 private:
  const std::shared_ptr<const BlockReader> block_;
  const std::shared_ptr<const Tombstones> tombstones_;
  const int64_t start_ms_;
  const int64_t end_ms_;
};

}  // namespace tocsin::tsdb
