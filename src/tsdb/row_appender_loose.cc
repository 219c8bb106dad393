// What a scrape has beside its row: samples with times of their own, histograms, samples out of
// order, starts, exemplars, metadata.
#include <algorithm>
#include <bit>

#include "tsdb/row_appender.h"
#include "tsdb/slot_bitmap.h"

namespace tocsin::tsdb {
namespace {

template <typename T>
std::shared_ptr<const T> MakeShared(const T* value) {
  return value ? std::make_shared<const T>(*value) : nullptr;
}

}  // namespace

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

Status HeadRowAppender::SetHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                                     const Histogram& histogram, bool track_staleness) {
  TOCSIN_RETURN_IF_ERROR(Validate(histogram));
  return SetLoose(slot, timestamp_ms, {&histogram, nullptr}, track_staleness);
}

Status HeadRowAppender::SetHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                                     const FloatHistogram& histogram, bool track_staleness) {
  TOCSIN_RETURN_IF_ERROR(Validate(histogram));
  return SetLoose(slot, timestamp_ms, {nullptr, &histogram}, track_staleness);
}

Status HeadRowAppender::SetLoose(Slot slot, std::optional<int64_t> timestamp_ms,
                                 const HistogramRef& histogram, bool track_staleness) {
  uint64_t& word = present_[slot / 64];
  const uint64_t bit = uint64_t{1} << (slot % 64);
  if (word & bit) {
    return Error(ErrorCode::kAlreadyExists, "series has a sample in this row already");
  }
  word |= bit;
  SetBit(own_time_, slot);  // Not part of the row's values, whatever its time.
  if (!track_staleness) SetBit(untracked_, slot);
  // Copied into buffers of rows before: their vectors have room.
  if (histogram_count_ == histograms_.size()) histograms_.emplace_back();
  RowHistogram& kept = histograms_[histogram_count_++];
  HistogramRef ref;
  if (histogram.integer != nullptr) {
    kept.integer = *histogram.integer;
    ref.integer = &kept.integer;
  } else {
    kept.floating = *histogram.floating;
    ref.floating = &kept.floating;
  }
  loose_.push_back({SeriesOf(slot), slot, timestamp_ms.value_or(staging_->timestamp_ms), 0, ref});
  return {};
}

void HeadRowAppender::SetStart(Slot slot, int64_t start_timestamp_ms) {
  if (start_timestamp_ms != 0) starts_[slot] = start_timestamp_ms;
}

int64_t HeadRowAppender::StartOf(Slot slot) const {
  if (starts_.empty()) return 0;
  const auto at = starts_.find(slot);
  return at == starts_.end() ? 0 : at->second;
}

size_t HeadRowAppender::AddExemplars(Slot slot, std::span<const Exemplar> exemplars) {
  if (!state_.exemplars.is_enabled()) return 0;
  const SeriesId id = SeriesOf(slot);
  const Labels labels = state_.LabelsOf(id);
  const int64_t window_ms = state_.BoundsNow().window_ms;
  size_t refused = 0;
  for (const Exemplar& exemplar : exemplars) {
    if (const Status status = state_.exemplars.Check(labels, exemplar, window_ms); !status) {
      refused += status.error().code() == ErrorCode::kOutOfOrder;
    } else {
      exemplars_.push_back({id, exemplar});
    }
  }
  return refused;
}

void HeadRowAppender::SetMetadata(Slot slot, const MetricMetadata& metadata) {
  const SeriesId id = SeriesOf(slot);
  if (!state_.metadata.Has(id, metadata)) metadata_.push_back({id, metadata});
}

void HeadRowAppender::JudgeLoose(const AppendBounds& bounds, storage::RowResult& result) {
  for (LooseSample& sample : loose_) {
    const auto newest = state_.NewestOf(sample.series);
    sample.verdict = JudgeSample(bounds, newest, sample.timestamp_ms, IsSame(sample, newest));
    if (!sample.is_marker) {
      CountVerdict(sample.verdict, sample.histogram.kind(), result);
      continue;
    }
    // A foreign slot may have a sample with a time of its own in this commit too.
    if (sample.verdict != Verdict::kStore ||
        (TestBit(own_time_, sample.slot) && IsBehindLoose(sample))) {
      sample.verdict = Verdict::kKnown;
    }
    result.stale += sample.is_accepted();
  }
}

bool HeadRowAppender::IsSame(const LooseSample& sample, const std::optional<NewestSample>& newest) {
  if (!newest || newest->timestamp_ms != sample.timestamp_ms) return false;
  if (sample.histogram) return state_.IsNewestHistogram(sample.series, sample.histogram);
  return newest->kind == SampleKind::kFloat &&
         std::bit_cast<uint64_t>(sample.value) == std::bit_cast<uint64_t>(newest->value);
}

bool HeadRowAppender::IsBehindLoose(const LooseSample& marker) const {
  return std::ranges::any_of(loose_, [&](const LooseSample& sample) {
    return sample.slot == marker.slot && !sample.is_marker && sample.is_accepted() &&
           sample.timestamp_ms >= marker.timestamp_ms;
  });
}

void HeadRowAppender::LogLoose() {
  SampleLog out_of_order;
  log_.Clear();
  for (const LooseSample& sample : loose_) {
    if (!sample.is_accepted()) continue;
    SampleLog& log = sample.verdict == Verdict::kStore ? log_ : out_of_order;
    const uint64_t ref = state_.series.wal_refs[sample.series];
    if (sample.histogram) {
      log.AddHistogram(0, ref, sample.timestamp_ms, StartOf(sample.slot), sample.histogram);
    } else {
      log.AddFloat(0, {ref, sample.timestamp_ms, sample.value}, StartOf(sample.slot));
    }
  }
  // They go before the row: samples with a time of their own are older than a marker there.
  log_.EncodeTo(state_.early_records);
  out_of_order.EncodeTo(state_.out_of_order_records);
}

void HeadRowAppender::LogExemplarsAndMetadata() {
  if (!metadata_.empty()) {
    std::vector<MetadataRecord> records;
    for (const auto& [series, metadata] : metadata_) {
      records.push_back({state_.series.wal_refs[series], metadata});
    }
    EncodeMetadata(records, state_.early_records.Add());
  }
  if (exemplars_.empty()) return;
  std::vector<ExemplarRecord> records;
  for (const auto& [series, exemplar] : exemplars_) {
    records.push_back(
        {state_.series.wal_refs[series], exemplar.timestamp_ms, exemplar.value, exemplar.labels});
  }
  EncodeExemplars(records, state_.more_records.Add());
}

void HeadRowAppender::PublishLoose(LooseSample& sample, uint64_t sequence) {
  const int64_t start_ms = StartOf(sample.slot);
  if (sample.verdict == Verdict::kStoreOutOfOrder) {
    state_.AddOutOfOrder(sample.series, {sample.timestamp_ms, start_ms, sequence, sample.value,
                                         MakeShared(sample.histogram.integer),
                                         MakeShared(sample.histogram.floating)});
    return;
  }
  state_.NoteTimes(sample.timestamp_ms, sample.timestamp_ms);
  if (sample.histogram) {
    state_.AddHistogram(sample.series, sample.timestamp_ms, start_ms, sample.histogram, sequence);
    return;
  }
  const size_t pending =
      state_.AddPending(sample.series, {sample.timestamp_ms, sample.value, sequence});
  sample.is_flush_due = pending >= HeadState::kFlushPending;
}

// Of floats in order; a series that had a start and has none now is noted too.
void HeadRowAppender::PublishStarts() {
  for (const LooseSample& sample : loose_) {
    if (sample.verdict != Verdict::kStore || sample.histogram) continue;
    state_.NoteStart(sample.series, sample.timestamp_ms, StartOf(sample.slot));
  }
  const size_t words = (group_.slots.size() + 63) / 64;
  started_.resize(words);
  for (const auto& [slot, start_ms] : starts_) SetBit(started_, slot);
  for (size_t word = 0; word < words; ++word) {
    const uint64_t concerned = started_[word] & present_[word];
    ForEachBit(&concerned, 1, [&](uint32_t bit) {
      const auto slot = static_cast<Slot>(word * 64 + bit);
      const int64_t start_ms = StartOf(slot);
      state_.NoteStart(group_.slots[slot], staging_->timestamp_ms, start_ms);
      if (start_ms == 0) started_[word] &= ~(uint64_t{1} << bit);
    });
  }
}

void HeadRowAppender::PublishExemplarsAndMetadata() {
  const int64_t window_ms = state_.BoundsNow().window_ms;
  for (const auto& [series, exemplar] : exemplars_) {
    // What another commit has overtaken is counted there, and no error here.
    static_cast<void>(state_.exemplars.Add(state_.LabelsOf(series), exemplar, window_ms));
  }
  for (const auto& [series, metadata] : metadata_) state_.metadata.Set(series, metadata);
}

// Counts what is not an ordinary float; returns how many of RowResult::appended that are.
uint32_t HeadRowAppender::CountLoose() {
  uint32_t counted = 0;
  const HeadMetrics& metrics = state_.metrics;
  for (const LooseSample& sample : loose_) {
    const SampleKind kind = sample.histogram.kind();
    if (sample.is_marker || IsRefused(sample.verdict)) continue;
    if (sample.verdict == Verdict::kKnown) {
      counted += kind != SampleKind::kFloat;
      continue;
    }
    const bool is_in_order = sample.verdict == Verdict::kStore;
    if (is_in_order && kind == SampleKind::kFloat) continue;
    const CounterByType& counter =
        is_in_order ? metrics.samples_appended : metrics.out_of_order_samples_appended;
    counter.Of(kind).Increment();
    ++counted;
  }
  return counted;
}

}  // namespace tocsin::tsdb
