#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/any_sample.h"
#include "tsdb/chunks/histogram_encoder.h"

namespace tocsin::tsdb {

/// Encodes samples of a series, of any kinds and in order of time, as chunks of at most 120.
/// Confined to a thread.
class ChunkCutter {
 public:
  /// Appends to `out`, which must outlive it.
  explicit ChunkCutter(std::vector<storage::EncodedChunk>& out) : out_(out) {}

  void AddFloat(int64_t timestamp_ms, double value);
  void Add(const AnySample& sample);
  /// Ends the chunk at hand.
  void Finish();

 private:
  template <typename H>
  void AddHistogram(std::optional<HistogramEncoder<H>>& encoder, const AnySample& sample,
                    const H& histogram);
  void FinishFloats();
  void FinishHistograms();

  std::vector<storage::EncodedChunk>& out_;
  std::vector<int64_t> timestamps_ms_;  // Of the chunk of floats at hand.
  std::vector<double> values_;
  // At most one of them is there.
  std::optional<HistogramEncoder<Histogram>> integer_;
  std::optional<HistogramEncoder<FloatHistogram>> floating_;
};

}  // namespace tocsin::tsdb
