#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::tsdb {

// Floats in our own encoding (docs/formats/dense_chunk.md): timestamps as bit-packed changes of
// their delta, values as the smallest of a constant, decimal numbers with bit-packed deltas, and
// XOR. Bit-exact for every double.

/// Samples that a chunk can hold. Bounds what a few hostile bytes can claim.
inline constexpr size_t kMaxDenseSamples = 16384;

/// The chunk of `count` samples, 0 < count <= kMaxDenseSamples. Each choice is decoded and compared
/// before it is taken.
std::string DenseEncode(const int64_t* timestamps_ms, const double* values, size_t count);

/// The number of samples that `chunk` claims; kCorruption if it is no dense chunk.
Result<uint32_t> DenseSampleCount(std::string_view chunk);

/// Decodes a whole chunk, appending to the vectors. kCorruption leaves them as they were; reads
/// nothing outside `chunk`.
Status DenseDecodeChunk(std::string_view chunk, std::vector<int64_t>& timestamps_ms,
                        std::vector<double>& values);

}  // namespace tocsin::tsdb
