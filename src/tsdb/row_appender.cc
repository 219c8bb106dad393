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

Result<RowResult> HeadRowAppender::CommitRow() {
  CHECK(in_row_, "CommitRow without BeginRow");
  RowResult result;
  AddStaleMarkers();
  TakeOutForeign();
  if (state_.extras.size() > 0) TakeOutHistogramMarkers();
  {
    MutexLock lock(state_.commit_mutex);
    const AppendBounds bounds = state_.BoundsNow();
    JudgeLoose(bounds, result);
    JudgeRow(bounds, result);
    if (auto status = WriteLog(); !status) {
      EndRow(false);
      return std::move(status).error();
    }
    Publish();
  }
  for (const LooseSample& sample : loose_) {
    if (sample.is_flush_due) state_.FlushSeries(sample.series);
  }
  uint32_t appended_floats = result.appended;
  if (!loose_.empty()) appended_floats -= CountLoose();
  state_.metrics.samples_appended.floats.Increment(appended_floats);
  EndRow(true);
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
    const bool is_marker = TestBit(markers_, slot);
    loose_.push_back({id, slot, staging_->timestamp_ms, row_[slot], {}, is_marker});
    ClearBit(present_, slot);
    if (!is_marker || state_.extras.size() == 0) continue;
    if (const auto newest = state_.NewestOf(id)) {
      loose_.back().histogram = StaleMarkerOf(newest->kind);
    }
  }
}

void HeadRowAppender::TakeOutHistogramMarkers() {
  ForEachBit(markers_.data(), markers_.size(), [&](uint32_t slot) {
    if ((present_[slot / 64] >> (slot % 64) & 1) == 0) return;  // Foreign.
    const SeriesId id = group_.slots[slot];
    const auto newest = state_.NewestOf(id);
    if (!newest || newest->kind == SampleKind::kFloat) return;
    loose_.push_back({id, slot, staging_->timestamp_ms, kStaleNan, StaleMarkerOf(newest->kind),
                      /*is_marker=*/true});
    ClearBit(present_, slot);
  });
}

void HeadRowAppender::CountVerdict(Verdict verdict, SampleKind kind, RowResult& result) {
  CountRefused(state_.metrics, verdict, kind);
  result.appended += !IsRefused(verdict);
  result.duplicates += verdict == Verdict::kDuplicate;
  result.out_of_order += verdict == Verdict::kOutOfOrder || verdict == Verdict::kTooOld;
  result.out_of_bounds += verdict == Verdict::kOutOfBounds;
}

void HeadRowAppender::JudgeRow(const AppendBounds& bounds, RowResult& result) {
  const size_t words = (group_.slots.size() + 63) / 64;
  DropMarkersBehindLoose();
  // newest_ms is ours or written under the commit lock, which is held.
  if (staging_->timestamp_ms <= group_.newest_ms || staging_->timestamp_ms < bounds.min_valid_ms) {
    JudgeSlots(bounds, result);
  }
  size_t markers = 0;
  for (size_t word = 0; word < words; ++word) {
    markers += static_cast<size_t>(std::popcount(present_[word] & markers_[word]));
  }
  result.appended += static_cast<uint32_t>(CountBits(present_, words) - markers);
  result.stale += static_cast<uint32_t>(markers);
}

// A slot can have both a sample with a time of its own and a marker; the marker must be the newer
// one.
void HeadRowAppender::DropMarkersBehindLoose() {
  for (const LooseSample& sample : loose_) {
    if (sample.is_accepted() && sample.timestamp_ms >= staging_->timestamp_ms) {
      ClearBit(present_, sample.slot);
    }
  }
}

// Leaves in the row what is to be stored in it.
void HeadRowAppender::JudgeSlots(const AppendBounds& bounds, RowResult& result) {
  const int64_t timestamp_ms = staging_->timestamp_ms;
  ReadLock lock(group_.mutex);
  ForEachBit(present_, (group_.slots.size() + 63) / 64, [&](uint32_t slot) {
    const SeriesId id = group_.slots[slot];
    const auto newest = state_.NewestLocked(id, &group_, slot);
    const bool is_same =
        newest && newest->kind == SampleKind::kFloat &&
        std::bit_cast<uint64_t>(newest->value) == std::bit_cast<uint64_t>(row_[slot]);
    const Verdict verdict = JudgeSample(bounds, newest, timestamp_ms, is_same);
    if (verdict == Verdict::kStore) return;
    ClearBit(present_, slot);
    if (TestBit(markers_, slot)) return;
    CountVerdict(verdict, SampleKind::kFloat, result);
    if (verdict == Verdict::kStoreOutOfOrder) {
      loose_.push_back({id, slot, timestamp_ms, row_[slot], {}, false, verdict});
    }
  });
}

Status HeadRowAppender::WriteLog() {
  state_.ClearRecords();
  LogRow();
  if (!loose_.empty()) LogLoose();
  if (!exemplars_.empty() || !metadata_.empty()) LogExemplarsAndMetadata();
  return state_.WriteLog();
}

void HeadRowAppender::LogRow() {
  const size_t slot_count = group_.slots.size();
  if (CountBits(present_, (slot_count + 63) / 64) == 0) return;
  std::vector<uint64_t>& refs = state_.ref_buffer;
  refs.resize(slot_count);
  for (size_t slot = 0; slot < slot_count; ++slot) {
    const SeriesId id = group_.slots[slot];
    refs[slot] = id == RowGroup::kNoSeries ? 0 : state_.series.wal_refs[id];
  }
  if (starts_.empty()) {
    EncodeRow(staging_->timestamp_ms, std::span<const uint64_t>(refs), row_, present_,
              state_.row_record);
    return;
  }
  log_.Clear();
  ForEachBit(present_, (slot_count + 63) / 64, [&](uint32_t slot) {
    log_.AddFloat(0, {refs[slot], staging_->timestamp_ms, row_[slot]}, StartOf(slot));
  });
  log_.EncodeTo(state_.more_records);
}

void HeadRowAppender::Publish() {
  const uint64_t sequence = state_.isolation.committed() + 1;
  bool is_empty = true;
  if (!starts_.empty() || !started_.empty()) PublishStarts();
  for (LooseSample& sample : loose_) {
    if (!sample.is_accepted()) continue;
    is_empty = false;
    PublishLoose(sample, sequence);
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
  if (!exemplars_.empty() || !metadata_.empty()) PublishExemplarsAndMetadata();
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
  histogram_count_ = 0;
  starts_.clear();
  exemplars_.clear();
  metadata_.clear();
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
