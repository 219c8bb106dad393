#include "tsdb/batch_appender.h"

#include <algorithm>
#include <bit>

namespace tocsin::tsdb {
namespace {

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

}  // namespace

HeadBatchAppender::HeadBatchAppender(HeadState& state) : state_(state) {
  state_.metrics.active_appenders.Add(1);
}

HeadBatchAppender::~HeadBatchAppender() {
  Rollback();
  state_.metrics.active_appenders.Add(-1);
}

Result<storage::SeriesRef> HeadBatchAppender::Append(storage::SeriesRef ref, const Labels& labels,
                                                     int64_t timestamp_ms, double value) {
  TOCSIN_ASSIGN_OR_RETURN(const SeriesId id, PinRef(ref, labels));
  bool is_known = false;
  if (auto status = Check(id, timestamp_ms, value, is_known); !status) {
    state_.Unpin(id);
    return std::move(status).error();
  }
  const storage::SeriesRef found = state_.RefOf(id);
  if (is_known) {
    state_.Unpin(id);
  } else {
    samples_.push_back({id, false, timestamp_ms, value});
  }
  return found;
}

Result<SeriesId> HeadBatchAppender::PinRef(storage::SeriesRef ref, const Labels& labels) {
  if (ref != 0) {
    const SeriesId id = state_.PinRef(ref, labels);
    if (id != SeriesIndex::kNone) return id;
  }
  if (labels.empty()) {
    return Error(ErrorCode::kInvalidArgument, "empty labelset: invalid sample");
  }
  return state_.PinSeries(labels);
}

Status HeadBatchAppender::Check(SeriesId id, int64_t timestamp_ms, double value, bool& is_known) {
  const std::optional<Sample> newest = state_.series.NewestOf(id, state_.columns);
  if (newest && newest->timestamp_ms == timestamp_ms) {
    if (SameBits(newest->value, value)) {
      is_known = true;
      return {};
    }
    state_.metrics.duplicate_samples.Increment();
    return Error(ErrorCode::kAlreadyExists, "duplicate sample for timestamp");
  }
  if (state_.IsOutOfBounds(timestamp_ms)) {
    state_.metrics.out_of_bound_samples.Increment();
    return Error(ErrorCode::kOutOfBounds, "out of bounds");
  }
  if (newest && timestamp_ms < newest->timestamp_ms) {
    state_.metrics.out_of_order_samples.Increment();
    return Error(ErrorCode::kOutOfOrder, "out of order sample");
  }
  return {};
}

Status HeadBatchAppender::Commit() {
  // One visit a series, and samples of a series in order of arrival.
  std::ranges::stable_sort(samples_, {}, &BatchSample::series);
  Status status;
  {
    MutexLock lock(state_.commit_mutex);
    JudgeAll();
    status = WriteLog();
    if (status) Publish();
  }
  if (status) {
    for (const SeriesId id : flush_due_) state_.FlushSeries(id);
    state_.metrics.samples_appended.Increment(static_cast<double>(accepted_));
  }
  Rollback();
  return status;
}

void HeadBatchAppender::Rollback() {
  for (const BatchSample& sample : samples_) state_.Unpin(sample.series);
  samples_.clear();
  flush_due_.clear();
}

size_t HeadBatchAppender::RunEnd(size_t begin) const {
  size_t end = begin + 1;
  while (end < samples_.size() && samples_[end].series == samples_[begin].series) ++end;
  return end;
}

void HeadBatchAppender::JudgeAll() {
  accepted_ = 0;
  for (size_t begin = 0; begin < samples_.size();) {
    const size_t end = RunEnd(begin);
    JudgeRun(begin, end);
    begin = end;
  }
}

void HeadBatchAppender::JudgeRun(size_t begin, size_t end) {
  std::optional<Sample> newest = state_.series.NewestOf(samples_[begin].series, state_.columns);
  for (size_t i = begin; i < end; ++i) {
    BatchSample& sample = samples_[i];
    if (state_.IsOutOfBounds(sample.timestamp_ms)) {  // It was not when it was appended.
      state_.metrics.out_of_bound_samples.Increment();
    } else if (!newest || sample.timestamp_ms > newest->timestamp_ms) {
      sample.is_accepted = true;
      newest = Sample{sample.timestamp_ms, sample.value};
      ++accepted_;
    } else if (sample.timestamp_ms < newest->timestamp_ms) {
      state_.metrics.out_of_order_samples.Increment();
    } else if (!SameBits(sample.value, newest->value)) {
      state_.metrics.duplicate_samples.Increment();
    }
  }
}

Status HeadBatchAppender::WriteLog() {
  state_.row_record.clear();
  state_.samples_record.clear();
  std::vector<SampleRecord>& records = state_.sample_buffer;
  records.clear();
  for (const BatchSample& sample : samples_) {
    if (!sample.is_accepted) continue;
    records.push_back({state_.series.wal_refs[sample.series], sample.timestamp_ms, sample.value});
  }
  if (records.empty()) return {};
  EncodeSamples(records, state_.samples_record);
  return state_.WriteLog();
}

void HeadBatchAppender::Publish() {
  if (accepted_ == 0) return;
  const uint64_t sequence = state_.isolation.committed() + 1;
  int64_t lowest_ms = INT64_MAX;
  int64_t highest_ms = INT64_MIN;
  for (size_t i = 0; i < samples_.size(); ++i) {
    const BatchSample& sample = samples_[i];
    if (!sample.is_accepted) continue;
    const size_t pending =
        state_.AddPending(sample.series, {sample.timestamp_ms, sample.value, sequence});
    if (pending >= HeadState::kFlushPending &&
        (flush_due_.empty() || flush_due_.back() != sample.series)) {
      flush_due_.push_back(sample.series);
    }
    lowest_ms = std::min(lowest_ms, sample.timestamp_ms);
    highest_ms = std::max(highest_ms, sample.timestamp_ms);
  }
  state_.NoteTimes(lowest_ms, highest_ms);
  state_.isolation.Publish(sequence);
}

}  // namespace tocsin::tsdb
