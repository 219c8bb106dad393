#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/queryable.h"

namespace tocsin::storage {

/// One of the storages that a merged query looks at.
struct MergePart {
  std::unique_ptr<Querier> querier;
  /// All its samples lie in [min_time_ms, max_time_ms], both inclusive; it is not asked for others.
  int64_t min_time_ms = INT64_MIN;
  int64_t max_time_ms = INT64_MAX;
};

/// Appends samples as chunks of at most 120 samples: what a storage's encodings are good for.
using ChunkEncoder = std::function<Status(const SampleBuffer&, std::vector<EncodedChunk>&)>;

/// Several queriers as one: blocks and head. Series with the same labels are one series; where
/// parts have a sample at the same timestamp, that of the earlier part in the list wins. Errors of
/// a part are the query's. Thread-safe.
class MergeQuerier final : public Querier {
 public:
  /// Overlapping chunks of several parts are merged with `encode_chunks`; without it, reading such
  /// chunks is kUnimplemented.
  explicit MergeQuerier(std::vector<MergePart> parts, ChunkEncoder encode_chunks = nullptr);

  /// A part alone with what was asked for answers by itself: nothing is added per series.
  Result<std::unique_ptr<SeriesSet>> Select(std::span<const Matcher> matchers,
                                            const SelectHints& hints) override;
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers,
                                              size_t limit) override;
  Result<std::vector<std::string>> LabelValues(const std::string& name,
                                               std::span<const Matcher> matchers,
                                               size_t limit) override;

 private:
  const std::vector<MergePart> parts_;
  const ChunkEncoder encode_chunks_;
};

}  // namespace tocsin::storage
