#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tsdb/hash_slots.h"
#include "tsdb/head_state.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

/// Puts what a write-ahead log holds into an empty head, before anybody else uses it. Samples that
/// are not newer than their series' newest, or whose series the log does not know, are passed over
/// and counted. Confined to a thread.
class HeadReplay final : public ReplayVisitor {
 public:
  /// `state` must outlive it. `on_progress` may be empty.
  HeadReplay(HeadState& state, std::function<void(const ReplayProgress&)> on_progress)
      : state_(state), on_progress_(std::move(on_progress)) {}

  Status OnSeries(SeriesBatch& batch) override;
  Status OnSamples(std::vector<SampleRecord>& samples) override;
  void OnProgress(const ReplayProgress& progress) override;

  uint64_t unknown_series_samples() const { return unknown_; }
  uint64_t old_samples() const { return old_; }

 private:
  SeriesId FindRef(uint64_t ref);
  void AddRef(uint64_t ref, SeriesId id);
  void Store(SlabArena::Session& session, SeriesId id, const SampleRecord& sample);

  struct Ref {
    uint64_t ref;
    SeriesId id;
  };

  HeadState& state_;
  const std::function<void(const ReplayProgress&)> on_progress_;
  std::vector<Ref> refs_;  // Found through the table; several may name one series.
  HashSlots table_;
  // Samples of a scrape follow each other in the order in which their series were made.
  size_t next_ref_ = 0;
  std::vector<SeriesId> ids_;  // Of the record at hand.
  int64_t lowest_ms_ = INT64_MAX;
  int64_t highest_ms_ = INT64_MIN;
  uint64_t unknown_ = 0;
  uint64_t old_ = 0;
};

}  // namespace tocsin::tsdb
