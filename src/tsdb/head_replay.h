#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tsdb/head_extent.h"
#include "tsdb/head_state.h"
#include "tsdb/wal/wal.h"
#include "tsdb/wal_refs.h"

namespace tocsin::tsdb {

/// Puts what a write-ahead log holds into a head that is empty, or filled from its checkpoint,
/// before anybody else uses it. Samples that are not newer than their series' newest, or whose
/// series the log does not know, are passed over and counted. Confined to a thread.
class HeadReplay final : public ReplayVisitor {
 public:
  /// `state` must outlive it. `on_progress` and `on_deleted` may be empty.
  HeadReplay(HeadState& state, std::function<void(const ReplayProgress&)> on_progress,
             std::function<void(const HeadDeletion&)> on_deleted = {})
      : state_(state), on_progress_(std::move(on_progress)), on_deleted_(std::move(on_deleted)) {
    KnowSeries();
  }

  Status OnSeries(SeriesBatch& batch) override;
  Status OnSamples(std::vector<SampleRecord>& samples) override;
  Status OnTombstones(std::vector<TombstoneRecord>& tombstones) override;
  // In head_replay_types.cc.
  Status OnSamplesWithStarts(std::vector<SampleRecord>& samples,
                             std::vector<int64_t>& start_timestamps_ms) override;
  Status OnHistograms(std::vector<HistogramRecord>& histograms) override;
  Status OnFloatHistograms(std::vector<FloatHistogramRecord>& histograms) override;
  Status OnExemplars(std::vector<ExemplarRecord>& exemplars) override;
  Status OnMetadata(std::vector<MetadataRecord>& metadata) override;
  void OnProgress(const ReplayProgress& progress) override;

  uint64_t unknown_series_samples() const { return unknown_; }
  uint64_t old_samples() const { return old_; }

 private:
  void KnowSeries();
  SeriesId FindRef(uint64_t ref) const { return refs_.Find(ref); }
  void StoreHistogram(uint64_t ref, int64_t timestamp_ms, int64_t start_timestamp_ms,
                      const HistogramRef& histogram);
  void Store(SlabArena::Session& session, SeriesId id, const SampleRecord& sample);

  HeadState& state_;
  const std::function<void(const ReplayProgress&)> on_progress_;
  const std::function<void(const HeadDeletion&)> on_deleted_;
  WalRefs refs_;
  std::vector<SeriesId> ids_;  // Of the record at hand.
  int64_t lowest_ms_ = INT64_MAX;
  int64_t highest_ms_ = INT64_MIN;
  uint64_t unknown_ = 0;
  uint64_t old_ = 0;
};

}  // namespace tocsin::tsdb
