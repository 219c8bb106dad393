#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "storage/appendable.h"
#include "tsdb/head_state.h"
#include "tsdb/sample_log.h"
#include "tsdb/slot_bitmap.h"

namespace tocsin::tsdb {

/// Writes one target's scrapes into a row group of its own. See storage::RowAppender for the
/// contract. A series that another group owns gets a slot all the same, a foreign one: its values
/// are taken out of the row at commit and appended to the series' column; as soon as the other
/// group lets go of the series, the slot becomes an ordinary one. Histograms go to their series'
/// columns too; markers of series whose newest sample is a histogram are histograms of that kind.
/// Markers are never stored out of order. Confined to a thread at a time.
class HeadRowAppender final : public storage::RowAppender {
 public:
  /// `state` must outlive it.
  explicit HeadRowAppender(HeadState& state);
  ~HeadRowAppender() override;

  Result<Slot> SlotOf(const Labels& labels) override;
  void BeginRow(int64_t timestamp_ms) override;
  bool SetAt(Slot slot, int64_t timestamp_ms, double value, bool track_staleness) override;
  Status SetHistogram(Slot slot, std::optional<int64_t> timestamp_ms, const Histogram& histogram,
                      bool track_staleness) override;
  Status SetHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                      const FloatHistogram& histogram, bool track_staleness) override;
  void SetStart(Slot slot, int64_t start_timestamp_ms) override;
  size_t AddExemplars(Slot slot, std::span<const Exemplar> exemplars) override;
  void SetMetadata(Slot slot, const MetricMetadata& metadata) override;
  Result<storage::RowResult> CommitRow() override;
  void AbortRow() override;

 private:
  // A sample of the commit that is not part of the row: it has a time of its own, is a histogram or
  // out of order, or its slot is foreign.
  struct LooseSample {
    SeriesId series;
    Slot slot;
    int64_t timestamp_ms;
    double value;
    HistogramRef histogram = {};  // Into histograms_, or a marker.
    bool is_marker = false;
    Verdict verdict = Verdict::kKnown;
    bool is_flush_due = false;

    bool is_accepted() const {
      return verdict == Verdict::kStore || verdict == Verdict::kStoreOutOfOrder;
    }
  };
  struct RowHistogram {
    Histogram integer;
    FloatHistogram floating;
  };
  struct RowExemplar {
    SeriesId series;
    Exemplar exemplar;
  };
  struct RowMetadata {
    SeriesId series;
    MetricMetadata metadata;
  };

  // Slots.
  Slot AddSlot(SeriesId id);
  bool TryAdopt(SeriesId id, Slot slot);
  void AdoptForeign();
  SeriesId SeriesOf(Slot slot) const;
  void CompactWhenIdle(int64_t timestamp_ms);
  bool IsForgotten(Slot slot) const;
  void Compact(const std::vector<bool>& is_idle);
  void ReleaseSlot(Slot slot, uint64_t visible_to_all) REQUIRES(group_.mutex);
  void LeaveGroup();

  // Samples beside the row.
  Status SetLoose(Slot slot, std::optional<int64_t> timestamp_ms, const HistogramRef& histogram,
                  bool track_staleness);
  int64_t StartOf(Slot slot) const;
  void JudgeLoose(const AppendBounds& bounds, storage::RowResult& result);
  bool IsSame(const LooseSample& sample, const std::optional<NewestSample>& newest);
  bool IsBehindLoose(const LooseSample& marker) const;
  void LogLoose() REQUIRES(state_.commit_mutex);
  void LogExemplarsAndMetadata() REQUIRES(state_.commit_mutex);
  void PublishLoose(LooseSample& sample, uint64_t sequence) REQUIRES(state_.commit_mutex);
  void PublishStarts() REQUIRES(state_.commit_mutex);
  void PublishExemplarsAndMetadata() REQUIRES(state_.commit_mutex);
  uint32_t CountLoose();

  // The commit, in order.
  void PrepareStaging();
  void AddStaleMarkers();
  void TakeOutHistogramMarkers();
  void TakeOutForeign();
  void JudgeRow(const AppendBounds& bounds, storage::RowResult& result);
  void JudgeSlots(const AppendBounds& bounds, storage::RowResult& result);
  void CountVerdict(Verdict verdict, SampleKind kind, storage::RowResult& result);
  void DropMarkersBehindLoose();
  Status WriteLog() REQUIRES(state_.commit_mutex);
  void LogRow() REQUIRES(state_.commit_mutex);
  void Publish() REQUIRES(state_.commit_mutex);
  void EndRow(bool is_committed);

  HeadState& state_;
  const uint32_t group_id_;
  RowGroup& group_;
  std::unique_ptr<Row> staging_;  // The row under construction, or the buffer for the next.
  bool in_row_ = false;

  std::unordered_map<SeriesId, Slot> foreign_slots_;  // Each holds a pin on its series.
  std::vector<LooseSample> loose_;
  std::deque<RowHistogram> histograms_;  // The first histogram_count_ are of this row.
  size_t histogram_count_ = 0;
  std::unordered_map<Slot, int64_t> starts_;  // Of this row.
  std::vector<RowExemplar> exemplars_;
  std::vector<RowMetadata> metadata_;
  SampleLog log_;

  // By slot.
  SlotBitmap live_;       // Had a value in the last committed row, so its absence writes a marker.
  SlotBitmap live_next_;  // The same for the row under construction.
  SlotBitmap markers_;    // The value in this row is a marker of ours.
  SlotBitmap own_time_;   // Set in this row with a time of its own.
  SlotBitmap untracked_;  // Set in this row, taking no part in staleness.
  SlotBitmap seen_;       // Had a value since seen_since_ms_.
  SlotBitmap started_;    // The last value came with a start; empty while none ever did.
  int64_t seen_since_ms_ = INT64_MIN;
};

}  // namespace tocsin::tsdb
