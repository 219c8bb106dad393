#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/histogram.h"
#include "storage/queryable.h"
#include "tsdb/block/block_layout.h"

namespace tocsin::tsdb {

/// A sample taken out of its chunk, as it was put in: integer histograms stay integers.
struct DecodedSample {
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;
  std::variant<double, Histogram, FloatHistogram> value;
};

/// Appends the samples of `chunk` with start_ms <= t <= end_ms, rising in time.
Status DecodeSamples(const ChunkView& chunk, int64_t start_ms, int64_t end_ms,
                     std::vector<DecodedSample>& out);

/// Cuts samples, which rise in time, into chunks as the head would.
std::vector<storage::EncodedChunk> EncodeSamples(std::span<const DecodedSample> samples);

}  // namespace tocsin::tsdb
