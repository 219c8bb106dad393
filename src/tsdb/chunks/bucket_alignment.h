#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/float_histogram.h"

namespace tocsin::tsdb {

/// The indexes of the buckets that `spans` stand for, in order.
std::vector<int64_t> BucketIndexes(const std::vector<HistogramSpan>& spans);

/// The shortest spans that stand for `indexes`, which rise.
std::vector<HistogramSpan> SpansOf(const std::vector<int64_t>& indexes);

/// How the buckets of a chunk and of the next sample fit together.
struct BucketAlignment {
  std::vector<int64_t> merged;      ///< Indexes that either has.
  std::vector<uint32_t> in_chunk;   ///< Where in `merged` each bucket of the chunk is.
  std::vector<uint32_t> in_sample;  ///< The same for the sample.

  bool chunk_grows() const { return in_chunk.size() < merged.size(); }
  bool sample_grows() const { return in_sample.size() < merged.size(); }
};

BucketAlignment Align(const std::vector<HistogramSpan>& chunk,
                      const std::vector<HistogramSpan>& sample);

/// Whether a counter with these absolute counts in the chunk's last sample cannot have gone on to
/// those of the sample: one of them went down, or one that counted is no longer there.
template <typename Count>
bool HasReset(const BucketAlignment& alignment, const std::vector<Count>& chunk,
              const std::vector<Count>& sample) {
  std::vector<Count> before(alignment.merged.size());
  for (size_t i = 0; i < chunk.size(); ++i) before[alignment.in_chunk[i]] = chunk[i];
  for (size_t i = 0; i < sample.size(); ++i) {
    Count& count = before[alignment.in_sample[i]];
    if (count > sample[i]) return true;
    count = 0;
  }
  for (const Count count : before) {
    if (count != 0) return true;
  }
  return false;
}

/// `counts` with zeros for the buckets that they did not have.
template <typename Count>
std::vector<Count> Expand(const std::vector<Count>& counts, std::span<const uint32_t> positions,
                          size_t size) {
  std::vector<Count> expanded(size);
  for (size_t i = 0; i < counts.size(); ++i) expanded[positions[i]] = counts[i];
  return expanded;
}

}  // namespace tocsin::tsdb
