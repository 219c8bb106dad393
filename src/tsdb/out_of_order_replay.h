#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tsdb/head_state.h"
#include "tsdb/wal/wal.h"
#include "tsdb/wal_refs.h"

namespace tocsin::tsdb {

/// Puts what the log of samples out of order holds into a head whose own log was replayed before.
/// Samples of series that the head does not know are passed over. Confined to a thread.
class OutOfOrderReplay final : public ReplayVisitor {
 public:
  /// `state` must outlive it. `on_progress` may be empty.
  OutOfOrderReplay(HeadState& state, std::function<void(const ReplayProgress&)> on_progress);

  Status OnSeries(SeriesBatch&) override { return {}; }
  Status OnSamples(std::vector<SampleRecord>& samples) override;
  Status OnSamplesWithStarts(std::vector<SampleRecord>& samples,
                             std::vector<int64_t>& start_timestamps_ms) override;
  Status OnHistograms(std::vector<HistogramRecord>& histograms) override;
  Status OnFloatHistograms(std::vector<FloatHistogramRecord>& histograms) override;
  void OnProgress(const ReplayProgress& progress) override {
    if (on_progress_) on_progress_(progress);
  }

 private:
  void Store(uint64_t ref, AnySample sample);

  HeadState& state_;
  const std::function<void(const ReplayProgress&)> on_progress_;
  WalRefs refs_;
};

}  // namespace tocsin::tsdb
