#include "tsdb/row_appender.h"

#include <algorithm>
#include <bit>

#include "model/sample.h"
#include "tsdb/slot_bitmap.h"

namespace tocsin::tsdb {
namespace {

using storage::RowResult;

}  // namespace

void HeadRowAppender::BeginRow(int64_t timestamp_ms) {
  AbortRow();
  if (!foreign_slots_.empty()) AdoptForeign();
  CompactWhenIdle(timestamp_ms);
  PrepareStaging();
  staging_->timestamp_ms = timestamp_ms;
  row_ = staging_->values.get();
  present_ = staging_->present.get();
  in_row_ = true;
}

void HeadRowAppender::PrepareStaging() {
  if (group_.rows.size() >= group_.next_block_rows + RowGroup::kRowsKept) {
    const uint64_t visible_to_all = state_.isolation.OldestSequence();
    WriteLock lock(group_.mutex);
    auto spare = group_.EncodeBlocks(state_.series, state_.columns, visible_to_all);
    if (!staging_) staging_ = std::move(spare);
  }
  if (!staging_) staging_ = std::make_unique<Row>();
  staging_->Grow(static_cast<uint32_t>(group_.slots.size()), false);
  std::fill_n(staging_->present.get(), staging_->capacity / 64, uint64_t{0});
}

bool HeadRowAppender::SetAt(Slot slot, int64_t timestamp_ms, double value, bool track_staleness) {
  if (timestamp_ms == staging_->timestamp_ms) {
    if (!Set(slot, value)) return false;
  } else {
    uint64_t& word = present_[slot / 64];
    const uint64_t bit = uint64_t{1} << (slot % 64);
    if (word & bit) return false;
    word |= bit;
    SetBit(own_time_, slot);
    loose_.push_back({SeriesOf(slot), slot, timestamp_ms, value});
  }
  if (!track_staleness) SetBit(untracked_, slot);
  return true;
}

Result<RowResult> HeadRowAppender::CommitRow() {
  CHECK(in_row_, "CommitRow without BeginRow");
  RowResult result;
  AddStaleMarkers();
  TakeOutForeign();
  {
    MutexLock lock(state_.commit_mutex);
    JudgeLoose(result);
    JudgeRow(result);
    if (auto status = WriteLog(); !status) {
      EndRow(false);
      return std::move(status).error();
    }
    Publish();
  }
  for (const LooseSample& sample : loose_) {
    if (sample.is_flush_due) state_.FlushSeries(sample.series);
  }
  EndRow(true);
  state_.metrics.samples_appended.Increment(result.appended);
  if (result.out_of_order > 0) state_.metrics.out_of_order_samples.Increment(result.out_of_order);
  if (result.out_of_bounds > 0) state_.metrics.out_of_bound_samples.Increment(result.out_of_bounds);
  if (result.duplicates > 0) state_.metrics.duplicate_samples.Increment(result.duplicates);
  return result;
}

void HeadRowAppender::AddStaleMarkers() {
  staging_->slot_count = static_cast<uint32_t>(group_.slots.size());
  const size_t words = (group_.slots.size() + 63) / 64;
  live_next_.assign(words, 0);
  markers_.assign(words, 0);
  for (size_t word = 0; word < words; ++word) {
    const uint64_t set = present_[word];
    const uint64_t own_time = WordOf(own_time_, word);
    const uint64_t untracked = WordOf(untracked_, word);
    live_next_[word] = set & ~untracked;
    // A sample at the row's own time leaves no place for a marker.
    markers_[word] = WordOf(live_, word) & ~live_next_[word] & ~(set & ~own_time);
    present_[word] = (set & ~own_time) | markers_[word];
  }
  ForEachBit(markers_.data(), words, [&](uint32_t slot) { row_[slot] = kStaleNan; });
}

void HeadRowAppender::TakeOutForeign() {
  for (const auto& [id, slot] : foreign_slots_) {
    if (!staging_->Has(slot)) continue;
    loose_.push_back({id, slot, staging_->timestamp_ms, row_[slot], TestBit(markers_, slot)});
    ClearBit(present_, slot);
  }
}

HeadRowAppender::Verdict HeadRowAppender::Judge(int64_t timestamp_ms, double value,
                                                const std::optional<Sample>& newest) {
  if (!newest || timestamp_ms > newest->timestamp_ms) return Verdict::kStore;
  if (timestamp_ms < newest->timestamp_ms) return Verdict::kOutOfOrder;
  return std::bit_cast<uint64_t>(value) == std::bit_cast<uint64_t>(newest->value)
             ? Verdict::kKnown
             : Verdict::kDuplicate;
}

void HeadRowAppender::JudgeLoose(RowResult& result) {
  for (LooseSample& sample : loose_) {
    if (state_.IsOutOfBounds(sample.timestamp_ms)) {
      result.out_of_bounds += !sample.is_marker;
      continue;
    }
    const Verdict verdict = Judge(sample.timestamp_ms, sample.value,
                                  state_.series.NewestOf(sample.series, state_.columns));
    sample.is_accepted = verdict == Verdict::kStore;
    if (sample.is_marker) {
      // A foreign slot may have a sample with a time of its own in this commit too.
      if (TestBit(own_time_, sample.slot)) sample.is_accepted &= !IsBehindLoose(sample);
      result.stale += sample.is_accepted;
      continue;
    }
    result.appended += verdict == Verdict::kStore || verdict == Verdict::kKnown;
    result.duplicates += verdict == Verdict::kDuplicate;
    result.out_of_order += verdict == Verdict::kOutOfOrder;
  }
}

bool HeadRowAppender::IsBehindLoose(const LooseSample& marker) const {
  return std::ranges::any_of(loose_, [&](const LooseSample& sample) {
    return sample.slot == marker.slot && !sample.is_marker && sample.is_accepted &&
           sample.timestamp_ms >= marker.timestamp_ms;
  });
}

void HeadRowAppender::JudgeRow(RowResult& result) {
  const size_t words = (group_.slots.size() + 63) / 64;
  DropMarkersBehindLoose();
  const auto count = [&] {
    size_t markers = 0;
    for (size_t word = 0; word < words; ++word) {
      markers += static_cast<size_t>(std::popcount(present_[word] & markers_[word]));
    }
    return std::pair(CountBits(present_, words) - markers, markers);
  };
  if (state_.IsOutOfBounds(staging_->timestamp_ms)) {
    result.out_of_bounds += static_cast<uint32_t>(count().first);
    std::fill_n(present_, words, uint64_t{0});
    return;
  }
  // newest_ms is ours or written under the commit lock, which is held.
  if (staging_->timestamp_ms <= group_.newest_ms) {
    JudgeSlots(result);
  } else {
    result.appended += static_cast<uint32_t>(count().first);
  }
  result.stale += static_cast<uint32_t>(count().second);
}

// A slot can have both a sample with a time of its own and a marker; the marker must be the newer
// one.
void HeadRowAppender::DropMarkersBehindLoose() {
  for (const LooseSample& sample : loose_) {
    if (sample.is_accepted && sample.timestamp_ms >= staging_->timestamp_ms) {
      ClearBit(present_, sample.slot);
    }
  }
}

void HeadRowAppender::JudgeSlots(RowResult& result) {
  ReadLock lock(group_.mutex);
  ForEachBit(present_, (group_.slots.size() + 63) / 64,
             [&](uint32_t slot) NO_THREAD_SAFETY_ANALYSIS {
               const auto newest =
                   group_.Newest(slot, state_.series.columns[group_.slots[slot]], state_.columns);
               const Verdict verdict = Judge(staging_->timestamp_ms, row_[slot], newest);
               if (verdict != Verdict::kStore) ClearBit(present_, slot);
               if (TestBit(markers_, slot)) return;
               result.appended += verdict == Verdict::kStore || verdict == Verdict::kKnown;
               result.duplicates += verdict == Verdict::kDuplicate;
               result.out_of_order += verdict == Verdict::kOutOfOrder;
             });
}

Status HeadRowAppender::WriteLog() {
  state_.row_record.clear();
  state_.samples_record.clear();
  const size_t slot_count = group_.slots.size();
  if (CountBits(present_, (slot_count + 63) / 64) > 0) {
    std::vector<uint64_t>& refs = state_.ref_buffer;
    refs.resize(slot_count);
    for (size_t slot = 0; slot < slot_count; ++slot) {
      const SeriesId id = group_.slots[slot];
      refs[slot] = id == RowGroup::kNoSeries ? 0 : state_.series.wal_refs[id];
    }
    EncodeRow(staging_->timestamp_ms, std::span<const uint64_t>(refs), row_, present_,
              state_.row_record);
  }
  state_.sample_buffer.clear();
  for (const LooseSample& sample : loose_) {
    if (!sample.is_accepted) continue;
    state_.sample_buffer.push_back(
        {state_.series.wal_refs[sample.series], sample.timestamp_ms, sample.value});
  }
  if (!state_.sample_buffer.empty()) EncodeSamples(state_.sample_buffer, state_.samples_record);
  return state_.WriteLog();
}

void HeadRowAppender::Publish() {
  const uint64_t sequence = state_.isolation.committed() + 1;
  bool is_empty = true;
  for (LooseSample& sample : loose_) {
    if (!sample.is_accepted) continue;
    is_empty = false;
    const size_t pending =
        state_.AddPending(sample.series, {sample.timestamp_ms, sample.value, sequence});
    sample.is_flush_due = pending >= HeadState::kFlushPending;
    state_.NoteTimes(sample.timestamp_ms, sample.timestamp_ms);
  }
  if (CountBits(present_, (group_.slots.size() + 63) / 64) > 0) {
    is_empty = false;
    staging_->sequence = sequence;
    state_.NoteTimes(staging_->timestamp_ms, staging_->timestamp_ms);
    WriteLock lock(group_.mutex);
    group_.newest_ms = std::max(group_.newest_ms, staging_->timestamp_ms);
    group_.rows.push_back(std::move(staging_));
  }
  if (!is_empty) state_.isolation.Publish(sequence);
}

void HeadRowAppender::EndRow(bool is_committed) {
  if (is_committed) {
    live_.swap(live_next_);
    if (seen_.size() < live_.size()) seen_.resize(live_.size());
    for (size_t word = 0; word < live_.size(); ++word) {
      seen_[word] |= live_[word] | WordOf(own_time_, word) | WordOf(untracked_, word);
    }
  }
  loose_.clear();
  own_time_.clear();
  untracked_.clear();
  row_ = nullptr;
  present_ = nullptr;
  in_row_ = false;
}

void HeadRowAppender::AbortRow() {
  if (in_row_) EndRow(false);
}

}  // namespace tocsin::tsdb
