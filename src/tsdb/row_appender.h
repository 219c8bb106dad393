#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/appendable.h"
#include "tsdb/head_state.h"
#include "tsdb/slot_bitmap.h"

namespace tocsin::tsdb {

/// Writes one target's scrapes into a row group of its own. See storage::RowAppender for the
/// contract. A series that another group owns gets a slot all the same, a foreign one: its values
/// are taken out of the row at commit and appended to the series' column; as soon as the other
/// group lets go of the series, the slot becomes an ordinary one. Confined to a thread at a time.
class HeadRowAppender final : public storage::RowAppender {
 public:
  /// `state` must outlive it.
  explicit HeadRowAppender(HeadState& state);
  ~HeadRowAppender() override;

  Result<Slot> SlotOf(const Labels& labels) override;
  void BeginRow(int64_t timestamp_ms) override;
  bool SetAt(Slot slot, int64_t timestamp_ms, double value, bool track_staleness) override;
  Result<storage::RowResult> CommitRow() override;
  void AbortRow() override;

 private:
  // A sample of the commit that is not part of the row: it has a time of its own, or its slot is
  // foreign.
  struct LooseSample {
    SeriesId series;
    Slot slot;
    int64_t timestamp_ms;
    double value;
    bool is_marker = false;
    bool is_accepted = false;
    bool is_flush_due = false;
  };
  enum class Verdict { kStore, kKnown, kDuplicate, kOutOfOrder };

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

  // The commit, in order.
  void PrepareStaging();
  void AddStaleMarkers();
  void TakeOutForeign();
  static Verdict Judge(int64_t timestamp_ms, double value, const std::optional<Sample>& newest);
  void JudgeLoose(storage::RowResult& result);
  bool IsBehindLoose(const LooseSample& marker) const;
  void JudgeRow(storage::RowResult& result);
  void JudgeSlots(storage::RowResult& result);
  void DropMarkersBehindLoose();
  Status WriteLog() REQUIRES(state_.commit_mutex);
  void Publish() REQUIRES(state_.commit_mutex);
  void EndRow(bool is_committed);

  HeadState& state_;
  const uint32_t group_id_;
  RowGroup& group_;
  std::unique_ptr<Row> staging_;  // The row under construction, or the buffer for the next.
  bool in_row_ = false;

  std::unordered_map<SeriesId, Slot> foreign_slots_;  // Each holds a pin on its series.
  std::vector<LooseSample> loose_;

  // By slot.
  SlotBitmap live_;       // Had a value in the last committed row, so its absence writes a marker.
  SlotBitmap live_next_;  // The same for the row under construction.
  SlotBitmap markers_;    // The value in this row is a marker of ours.
  SlotBitmap own_time_;   // Set in this row with a time of its own.
  SlotBitmap untracked_;  // Set in this row, taking no part in staleness.
  SlotBitmap seen_;       // Had a value since seen_since_ms_.
  int64_t seen_since_ms_ = INT64_MIN;
};

}  // namespace tocsin::tsdb
