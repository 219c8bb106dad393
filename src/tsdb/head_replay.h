#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/thread_pool.h"
#include "tsdb/head_extent.h"
#include "tsdb/head_state.h"
#include "tsdb/wal/wal.h"
#include "tsdb/wal_refs.h"

namespace tocsin::tsdb {

/// Puts what a write-ahead log holds into a head that is empty, or filled from its checkpoint.
/// Samples that are not newer than their series' newest, or whose series the log does not know, are
/// passed over and counted.
///
/// One thread reads and decodes; samples are gathered and then put into their series by several
/// threads at once, each with series of its own, so that the order within a series stays.
///
/// Appends and queries may begin when it is made, if the head knows all series of the log: then no
/// new one gets a reference that the log has for another (see HeadSeriesReplay). While it lives, it
/// keeps what is appended out of chunks, where only older samples may come: what is in rows and
/// pending lists is not encoded. Queries see what has been replayed so far. Nothing is truncated
/// and no checkpoint written meanwhile. Confined to a thread.
class HeadReplay final : public ReplayVisitor {
 public:
  /// `state` must outlive it. `on_progress` and `on_deleted` may be empty.
  HeadReplay(HeadState& state, std::function<void(const ReplayProgress&)> on_progress,
             std::function<void(const HeadDeletion&)> on_deleted = {});
  ~HeadReplay() override;

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
  struct GatheredSample {
    SeriesId series;
    int64_t timestamp_ms;
    double value;
  };
  // Samples gathered before they are put into their series: enough for threads to be worth it,
  // 12 MiB at most.
  static constexpr size_t kGathered = size_t{1} << 19;
  // Neighbouring series are one thread's, so that two do not write to the same cache line.
  static constexpr SeriesId kSeriesPerTurn = 64;

  SeriesId FindRef(uint64_t ref) const { return refs_.Find(ref); }
  /// Puts what is gathered into the series.
  void Flush();
  void StoreShard(const std::vector<GatheredSample>& samples);
  void StoreHistogram(uint64_t ref, int64_t timestamp_ms, int64_t start_timestamp_ms,
                      const HistogramRef& histogram);
  bool Store(SlabArena::Session& session, const GatheredSample& sample);

  HeadState& state_;
  const std::function<void(const ReplayProgress&)> on_progress_;
  const std::function<void(const HeadDeletion&)> on_deleted_;
  const Isolation::Ticket ticket_;  // Keeps what is appended meanwhile out of chunks.
  ThreadPool pool_;
  WalRefs refs_;
  std::vector<std::vector<GatheredSample>> shards_;
  size_t gathered_ = 0;
  uint64_t unknown_ = 0;
  std::atomic<uint64_t> old_{0};
};

/// Makes the series of a log known to a head, and nothing else: after this pass over the log, which
/// is short against one over the samples, the head may be used while HeadReplay makes the other.
/// Of samples it notes how new they are. Confined to a thread.
class HeadSeriesReplay final : public ReplayVisitor {
 public:
  /// `state` must outlive it. `on_deleted` may be empty.
  explicit HeadSeriesReplay(HeadState& state,
                            std::function<void(const HeadDeletion&)> on_deleted = {});

  Status OnSeries(SeriesBatch& batch) override;
  Status OnSamples(std::vector<SampleRecord>& samples) override;
  Status OnHistograms(std::vector<HistogramRecord>& histograms) override;
  Status OnFloatHistograms(std::vector<FloatHistogramRecord>& histograms) override;
  Status OnTombstones(std::vector<TombstoneRecord>& tombstones) override;

 private:
  template <typename Record>
  Status NoteTimes(const std::vector<Record>& records);

  HeadState& state_;
  const std::function<void(const HeadDeletion&)> on_deleted_;
  WalRefs refs_;
};

}  // namespace tocsin::tsdb
