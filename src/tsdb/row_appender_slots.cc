// Which series have which slots: adoption, foreign slots, giving idle slots up.
#include <algorithm>

#include "tsdb/row_appender.h"
#include "tsdb/slot_bitmap.h"

namespace tocsin::tsdb {
namespace {

// A slot without a value for so long is given up, if enough others are too: the layout changes, and
// the scraper has to ask for all its slots again.
constexpr int64_t kIdleMs = 60 * 60 * 1000;
constexpr uint32_t kMinIdleSlots = 64;

uint32_t NewGroup(HeadState& state) {
  WriteLock lock(state.index_mutex);
  uint32_t id;
  if (state.free_groups.empty()) {
    id = state.group_limit++;
    state.series.groups.EnsureSize(state.group_limit);
  } else {
    id = state.free_groups.back();
    state.free_groups.pop_back();
  }
  return id;
}

}  // namespace

HeadRowAppender::HeadRowAppender(HeadState& state)
    : state_(state), group_id_(NewGroup(state)), group_(state.series.groups[group_id_]) {
  WriteLock lock(group_.mutex);
  group_.next_block_rows = 1 + group_id_ % RowGroup::kRowsPerBlock;
  group_.newest_ms = INT64_MIN;
  group_.may_have_pending = false;
}

HeadRowAppender::~HeadRowAppender() {
  AbortRow();
  LeaveGroup();
  WriteLock lock(state_.index_mutex);
  state_.free_groups.push_back(group_id_);
}

void HeadRowAppender::LeaveGroup() {
  const uint64_t visible_to_all = state_.isolation.OldestSequence();
  WriteLock lock(group_.mutex);
  group_.EncodeVisible(state_.series, state_.columns, visible_to_all);
  for (Slot slot = 0; slot < group_.slots.size(); ++slot) {
    ReleaseSlot(slot, visible_to_all);
  }
  group_.rows = std::vector<std::unique_ptr<Row>>();
  group_.slots = std::vector<SeriesId>();
}

Result<HeadRowAppender::Slot> HeadRowAppender::SlotOf(const Labels& labels) {
  TOCSIN_ASSIGN_OR_RETURN(const SeriesId id, state_.PinSeries(labels));
  const SeriesPlace place = state_.series.PlaceOf(id);
  if (place.group == group_id_) {
    state_.Unpin(id);
    return place.slot;
  }
  if (const auto foreign = foreign_slots_.find(id); foreign != foreign_slots_.end()) {
    state_.Unpin(id);
    return foreign->second;
  }
  return AddSlot(id);
}

// Takes over the caller's pin.
HeadRowAppender::Slot HeadRowAppender::AddSlot(SeriesId id) {
  Slot slot;
  {
    WriteLock lock(group_.mutex);
    slot = static_cast<Slot>(group_.slots.size());
    group_.slots.push_back(RowGroup::kNoSeries);
  }
  if (TryAdopt(id, slot)) {
    state_.Unpin(id);
  } else {
    foreign_slots_[id] = slot;
  }
  if (in_row_ && slot >= staging_->capacity) {
    staging_->Grow(std::max(slot + 1, staging_->capacity + staging_->capacity / 2), true);
    row_ = staging_->values.get();
    present_ = staging_->present.get();
  }
  return slot;
}

bool HeadRowAppender::TryAdopt(SeriesId id, Slot slot) {
  WriteLock lock(group_.mutex);
  WriteLock stripe(state_.series.StripeOf(id));
  if (state_.series.PlaceOf(id).group != 0) return false;
  group_.slots[slot] = id;
  group_.may_have_pending |=
      state_.series.columns[id].pending != 0 || state_.extras.Find(id) != nullptr;
  if (const auto newest = state_.NewestLocked(id, nullptr, 0)) {
    group_.newest_ms = std::max(group_.newest_ms, newest->timestamp_ms);
  }
  state_.series.SetPlace(id, {group_id_, slot});
  return true;
}

void HeadRowAppender::AdoptForeign() {
  for (auto at = foreign_slots_.begin(); at != foreign_slots_.end();) {
    const auto [id, slot] = *at;
    if (state_.series.PlaceOf(id).group == 0 && TryAdopt(id, slot)) {
      state_.Unpin(id);
      at = foreign_slots_.erase(at);
    } else {
      ++at;
    }
  }
}

SeriesId HeadRowAppender::SeriesOf(Slot slot) const {
  if (group_.slots[slot] != RowGroup::kNoSeries) return group_.slots[slot];
  for (const auto& [id, foreign_slot] : foreign_slots_) {
    if (foreign_slot == slot) return id;
  }
  CHECK(false, "a slot that was not handed out");
  return RowGroup::kNoSeries;
}

void HeadRowAppender::CompactWhenIdle(int64_t timestamp_ms) {
  const bool is_wanted = group_.is_compaction_wanted.exchange(false, std::memory_order_relaxed);
  if (seen_since_ms_ == INT64_MIN) seen_since_ms_ = timestamp_ms;
  const bool is_time = timestamp_ms - seen_since_ms_ >= kIdleMs;
  if (!is_time && !is_wanted) return;
  const auto slot_count = static_cast<uint32_t>(group_.slots.size());
  std::vector<bool> is_idle(slot_count);
  uint32_t idle = 0;
  for (Slot slot = 0; slot < slot_count; ++slot) {
    is_idle[slot] = (is_time && !TestBit(seen_, slot)) || (is_wanted && IsForgotten(slot));
    idle += is_idle[slot];
  }
  if (idle >= std::max(kMinIdleSlots, slot_count / 4) || (is_wanted && idle > 0)) Compact(is_idle);
  if (is_time) {
    seen_.assign(seen_.size(), 0);
    seen_since_ms_ = timestamp_ms;
  }
}

// Whether nothing keeps the slot but samples that nobody may see any more.
bool HeadRowAppender::IsForgotten(Slot slot) const {
  if (TestBit(live_, slot) || group_.slots[slot] == RowGroup::kNoSeries) return false;
  const auto newest = state_.NewestOf(group_.slots[slot]);
  return !newest || newest->timestamp_ms < state_.isolation.min_time_ms();
}

void HeadRowAppender::Compact(const std::vector<bool>& is_idle) {
  const uint64_t visible_to_all = state_.isolation.OldestSequence();
  WriteLock lock(group_.mutex);
  std::vector<uint32_t> new_slots(group_.slots.size(), RowGroup::kNoSlot);
  SlotBitmap live;
  SlotBitmap seen;
  SlotBitmap started;
  uint32_t slot_count = 0;
  for (Slot slot = 0; slot < group_.slots.size(); ++slot) {
    if (is_idle[slot]) {
      ReleaseSlot(slot, visible_to_all);
      continue;
    }
    if (TestBit(live_, slot)) SetBit(live, slot_count);
    if (TestBit(seen_, slot)) SetBit(seen, slot_count);
    if (TestBit(started_, slot)) SetBit(started, slot_count);
    new_slots[slot] = slot_count++;
  }
  group_.Renumber(new_slots);
  for (Slot slot = 0; slot < slot_count; ++slot) {
    const SeriesId id = group_.slots[slot];
    // Readers that know the old place wait for the group's lock and then find that it has changed.
    if (id != RowGroup::kNoSeries) state_.series.SetPlace(id, {group_id_, slot});
  }
  for (auto& [id, slot] : foreign_slots_) slot = new_slots[slot];
  live_ = std::move(live);
  seen_ = std::move(seen);
  started_ = std::move(started);
  staging_.reset();
  ++layout_generation_;
}

void HeadRowAppender::ReleaseSlot(Slot slot, uint64_t visible_to_all) {
  const SeriesId id = group_.slots[slot];
  if (id == RowGroup::kNoSeries) {
    const SeriesId foreign = SeriesOf(slot);
    foreign_slots_.erase(foreign);
    state_.Unpin(foreign);
    return;
  }
  WriteLock stripe(state_.series.StripeOf(id));
  group_.FlushSlot(slot, state_.series.columns[id], state_.columns, visible_to_all);
  group_.slots[slot] = RowGroup::kNoSeries;
  state_.series.SetPlace(id, {});
}

}  // namespace tocsin::tsdb
