#include "tsdb/batch_appender.h"

#include <algorithm>
#include <bit>

#include "model/sample.h"

namespace tocsin::tsdb {
namespace {

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

template <typename T>
std::shared_ptr<const T> MakeShared(const T* value) {
  return value ? std::make_shared<const T>(*value) : nullptr;
}

}  // namespace

HeadBatchAppender::HeadBatchAppender(HeadState& state) : state_(state) {
  state_.metrics.active_appenders.Add(1);
}

HeadBatchAppender::~HeadBatchAppender() {
  Rollback();
  state_.metrics.active_appenders.Add(-1);
}

Result<storage::SeriesRef> HeadBatchAppender::AppendWith(storage::SeriesRef ref,
                                                         const Labels& labels, int64_t timestamp_ms,
                                                         double value,
                                                         const storage::AppendOptions& options) {
  return AppendAny(ref, labels, timestamp_ms, value, {}, options);
}

Result<storage::SeriesRef> HeadBatchAppender::AppendHistogram(
    storage::SeriesRef ref, const Labels& labels, int64_t timestamp_ms, const Histogram& histogram,
    const storage::AppendOptions& options) {
  TOCSIN_RETURN_IF_ERROR(Validate(histogram));
  return AppendAny(ref, labels, timestamp_ms, 0, {&histogram, nullptr}, options);
}

Result<storage::SeriesRef> HeadBatchAppender::AppendHistogram(
    storage::SeriesRef ref, const Labels& labels, int64_t timestamp_ms,
    const FloatHistogram& histogram, const storage::AppendOptions& options) {
  TOCSIN_RETURN_IF_ERROR(Validate(histogram));
  return AppendAny(ref, labels, timestamp_ms, 0, {nullptr, &histogram}, options);
}

Result<storage::SeriesRef> HeadBatchAppender::AppendAny(storage::SeriesRef ref,
                                                        const Labels& labels, int64_t timestamp_ms,
                                                        double value, HistogramRef histogram,
                                                        const storage::AppendOptions& options) {
  const AppendBounds bounds = state_.BoundsNow();
  if (bounds.window_ms <= 0 && timestamp_ms < bounds.min_valid_ms) {
    // Before a series is made for it.
    CountRefused(state_.metrics, Verdict::kOutOfBounds, histogram.kind());
    return RefusalOf(Verdict::kOutOfBounds, timestamp_ms, value, histogram.kind(), {});
  }
  TOCSIN_ASSIGN_OR_RETURN(const SeriesId id, PinRef(ref, labels));
  const storage::SeriesRef found = state_.RefOf(id);
  const auto newest = state_.NewestOf(id);
  if (!histogram && IsStaleNan(value) && newest) histogram = StaleMarkerOf(newest->kind);
  BatchSample sample{id, 0, options.refuses_out_of_order, 0, timestamp_ms, value};
  const Result<bool> is_new = IsNew(id, sample, histogram, bounds, newest);
  if (!is_new || !*is_new) {
    state_.Unpin(id);
    if (!is_new) return is_new.error();
    return found;
  }
  if (histogram || options.start_timestamp_ms != 0) {
    sample.extra = AddExtra(histogram, options.start_timestamp_ms) & 0xfffffffU;
  }
  samples_.push_back(sample);
  return found;
}

// False for a sample that is there already, an error for one that is refused.
Result<bool> HeadBatchAppender::IsNew(SeriesId id, const BatchSample& sample,
                                      HistogramRef histogram, const AppendBounds& bounds,
                                      const std::optional<NewestSample>& newest) {
  bool is_same = false;
  if (newest && newest->timestamp_ms == sample.timestamp_ms) {
    is_same = histogram
                  ? state_.IsNewestHistogram(id, histogram)
                  : newest->kind == SampleKind::kFloat && SameBits(newest->value, sample.value);
  }
  Verdict verdict = JudgeSample(bounds, newest, sample.timestamp_ms, is_same);
  if (verdict != Verdict::kStore && verdict != Verdict::kKnown &&
      bounds.newest_ms > sample.timestamp_ms) {
    state_.metrics.out_of_order_delta.Observe(
        static_cast<double>(bounds.newest_ms - sample.timestamp_ms) / 1000);
  }
  if (verdict == Verdict::kStoreOutOfOrder && sample.refuses_out_of_order) {
    verdict = Verdict::kOutOfOrder;
  }
  if (!IsRefused(verdict)) return verdict != Verdict::kKnown;
  CountRefused(state_.metrics, verdict, histogram.kind());
  return RefusalOf(verdict, sample.timestamp_ms, sample.value, histogram.kind(), newest);
}

uint32_t HeadBatchAppender::AddExtra(HistogramRef histogram, int64_t start_ms) {
  Extra& extra = extras_.emplace_back();
  extra.kind = histogram.kind();
  extra.start_ms = start_ms;
  if (histogram.integer != nullptr) extra.integer = *histogram.integer;
  if (histogram.floating != nullptr) extra.floating = *histogram.floating;
  return static_cast<uint32_t>(extras_.size());
}

HistogramRef HeadBatchAppender::HistogramOf(const BatchSample& sample) const {
  if (sample.extra == 0) return {};
  const Extra& extra = extras_[sample.extra - 1];
  if (extra.kind == SampleKind::kHistogram) return {&extra.integer, nullptr};
  if (extra.kind == SampleKind::kFloatHistogram) return {nullptr, &extra.floating};
  return {};
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

SeriesId HeadBatchAppender::PinKnown(storage::SeriesRef ref, const Labels& labels) {
  if (ref != 0) {
    const SeriesId id = state_.PinRef(ref, labels);
    if (id != SeriesIndex::kNone) return id;
  }
  return labels.empty() ? SeriesIndex::kNone : state_.PinExisting(labels);
}

Status HeadBatchAppender::AppendExemplar(storage::SeriesRef ref, const Labels& labels,
                                         const Exemplar& exemplar) {
  if (!state_.exemplars.is_enabled()) return {};
  const SeriesId id = PinKnown(ref, labels);
  if (id == SeriesIndex::kNone) {
    return Errorf(ErrorCode::kNotFound, "unknown HeadSeriesRef when trying to add exemplar: {}",
                  ref);
  }
  Status status =
      state_.exemplars.Check(state_.LabelsOf(id), exemplar, state_.BoundsNow().window_ms);
  if (!status) {
    state_.Unpin(id);
    if (status.error().code() == ErrorCode::kAlreadyExists) return {};
    return status;
  }
  exemplars_.push_back({id, exemplar});
  return {};
}

Status HeadBatchAppender::SetMetadata(storage::SeriesRef ref, const Labels& labels,
                                      const MetricMetadata& metadata) {
  const SeriesId id = PinKnown(ref, labels);
  if (id == SeriesIndex::kNone) {
    return Errorf(ErrorCode::kNotFound,
                  "unknown series when trying to add metadata with HeadSeriesRef: {} and labels: "
                  "{}",
                  ref, labels.ToString());
  }
  if (state_.metadata.Has(id, metadata)) {
    state_.Unpin(id);
  } else {
    metadata_.push_back({id, metadata});
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
    CountAppended();
  }
  Rollback();
  return status;
}

void HeadBatchAppender::Rollback() {
  for (const BatchSample& sample : samples_) state_.Unpin(sample.series);
  for (const BatchExemplar& exemplar : exemplars_) state_.Unpin(exemplar.series);
  for (const BatchMetadata& metadata : metadata_) state_.Unpin(metadata.series);
  samples_.clear();
  extras_.clear();
  exemplars_.clear();
  metadata_.clear();
  flush_due_.clear();
}

size_t HeadBatchAppender::RunEnd(size_t begin) const {
  size_t end = begin + 1;
  while (end < samples_.size() && samples_[end].series == samples_[begin].series) ++end;
  return end;
}

void HeadBatchAppender::JudgeAll() {
  const AppendBounds bounds = state_.BoundsNow();
  for (size_t begin = 0; begin < samples_.size();) {
    const size_t end = RunEnd(begin);
    JudgeRun(begin, end, bounds);
    begin = end;
  }
}

void HeadBatchAppender::JudgeRun(size_t begin, size_t end, const AppendBounds& bounds) {
  std::optional<NewestSample> newest = state_.NewestOf(samples_[begin].series);
  const BatchSample* newest_of_run = nullptr;
  for (size_t i = begin; i < end; ++i) {
    BatchSample& sample = samples_[i];
    if (newest && newest->kind != SampleKind::kFloat && IsStaleNan(sample.value) &&
        !HistogramOf(sample)) {
      sample.extra = AddExtra(StaleMarkerOf(newest->kind), StartOf(sample)) & 0xfffffffU;
    }
    const SampleKind kind = HistogramOf(sample).kind();
    Verdict verdict =
        JudgeSample(bounds, newest, sample.timestamp_ms, IsSame(sample, newest, newest_of_run));
    if (verdict == Verdict::kStoreOutOfOrder && sample.refuses_out_of_order) {
      verdict = Verdict::kOutOfOrder;
    }
    sample.verdict = static_cast<uint8_t>(verdict) & 7U;
    CountRefused(state_.metrics, verdict, kind);
    if (verdict != Verdict::kStore) continue;
    newest = NewestSample{sample.timestamp_ms, sample.value, kind};
    newest_of_run = &sample;
  }
}

bool HeadBatchAppender::IsSame(const BatchSample& sample, const std::optional<NewestSample>& newest,
                               const BatchSample* newest_of_run) {
  if (!newest || newest->timestamp_ms != sample.timestamp_ms) return false;
  const HistogramRef histogram = HistogramOf(sample);
  if (!histogram)
    return newest->kind == SampleKind::kFloat && SameBits(newest->value, sample.value);
  if (newest->kind != histogram.kind()) return false;
  if (newest_of_run == nullptr) return state_.IsNewestHistogram(sample.series, histogram);
  const HistogramRef other = HistogramOf(*newest_of_run);
  return histogram.integer != nullptr ? SameHistogram(*histogram.integer, *other.integer)
                                      : SameHistogram(*histogram.floating, *other.floating);
}

Status HeadBatchAppender::WriteLog() {
  state_.ClearRecords();
  log_.Clear();
  SampleLog out_of_order;
  size_t segment = 0;
  SampleKind kind = SampleKind::kFloat;
  for (size_t i = 0; i < samples_.size(); ++i) {
    const BatchSample& sample = samples_[i];
    const bool is_in_order = VerdictOf(sample) == Verdict::kStore;
    if (!is_in_order && VerdictOf(sample) != Verdict::kStoreOutOfOrder) continue;
    const HistogramRef histogram = HistogramOf(sample);
    if (i == 0 || samples_[i - 1].series != sample.series) {
      segment = 0;
    } else if (is_in_order && histogram.kind() != kind) {
      ++segment;
    }
    if (is_in_order) kind = histogram.kind();
    const uint64_t ref = state_.series.wal_refs[sample.series];
    SampleLog& log = is_in_order ? log_ : out_of_order;
    if (histogram) {
      log.AddHistogram(is_in_order ? segment : 0, ref, sample.timestamp_ms, StartOf(sample),
                       histogram);
    } else {
      log.AddFloat(is_in_order ? segment : 0, {ref, sample.timestamp_ms, sample.value},
                   StartOf(sample));
    }
  }
  log_.EncodeTo(state_.more_records);
  out_of_order.EncodeTo(state_.out_of_order_records);
  LogExemplarsAndMetadata();
  return state_.WriteLog();
}

void HeadBatchAppender::LogExemplarsAndMetadata() {
  if (!metadata_.empty()) {
    std::vector<MetadataRecord> records;
    for (const BatchMetadata& metadata : metadata_) {
      records.push_back({state_.series.wal_refs[metadata.series], metadata.metadata});
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

void HeadBatchAppender::Publish() {
  const uint64_t sequence = state_.isolation.committed() + 1;
  bool is_empty = true;
  int64_t lowest_ms = INT64_MAX;
  int64_t highest_ms = INT64_MIN;
  for (const BatchSample& sample : samples_) {
    const Verdict verdict = VerdictOf(sample);
    if (verdict != Verdict::kStore && verdict != Verdict::kStoreOutOfOrder) continue;
    is_empty = false;
    PublishSample(sample, sequence);
    if (verdict == Verdict::kStoreOutOfOrder) continue;
    lowest_ms = std::min(lowest_ms, sample.timestamp_ms);
    highest_ms = std::max(highest_ms, sample.timestamp_ms);
  }
  if (lowest_ms <= highest_ms) state_.NoteTimes(lowest_ms, highest_ms);
  if (!is_empty) state_.isolation.Publish(sequence);
  PublishExemplarsAndMetadata();
}

void HeadBatchAppender::PublishSample(const BatchSample& sample, uint64_t sequence) {
  const HistogramRef histogram = HistogramOf(sample);
  const int64_t start_ms = StartOf(sample);
  if (VerdictOf(sample) == Verdict::kStoreOutOfOrder) {
    state_.AddOutOfOrder(sample.series,
                         {sample.timestamp_ms, start_ms, sequence, sample.value,
                          MakeShared(histogram.integer), MakeShared(histogram.floating)});
    return;
  }
  if (histogram) {
    state_.AddHistogram(sample.series, sample.timestamp_ms, start_ms, histogram, sequence);
    return;
  }
  if (start_ms != 0 || state_.extras.size() > 0) {
    state_.NoteStart(sample.series, sample.timestamp_ms, start_ms);
  }
  const size_t pending =
      state_.AddPending(sample.series, {sample.timestamp_ms, sample.value, sequence});
  if (pending >= HeadState::kFlushPending &&
      (flush_due_.empty() || flush_due_.back() != sample.series)) {
    flush_due_.push_back(sample.series);
  }
}

void HeadBatchAppender::PublishExemplarsAndMetadata() {
  const int64_t window_ms = state_.BoundsNow().window_ms;
  for (const auto& [series, exemplar] : exemplars_) {
    // What another commit has overtaken is counted there, and no error here.
    static_cast<void>(state_.exemplars.Add(state_.LabelsOf(series), exemplar, window_ms));
  }
  for (const auto& [series, metadata] : metadata_) state_.metadata.Set(series, metadata);
}

void HeadBatchAppender::CountAppended() {
  // By whether in order, then by whether a histogram.
  double counts[2][2] = {};
  for (const BatchSample& sample : samples_) {
    const Verdict verdict = VerdictOf(sample);
    if (verdict != Verdict::kStore && verdict != Verdict::kStoreOutOfOrder) continue;
    ++counts[verdict == Verdict::kStore][static_cast<bool>(HistogramOf(sample))];
  }
  const HeadMetrics& metrics = state_.metrics;
  if (counts[1][0] > 0) metrics.samples_appended.floats.Increment(counts[1][0]);
  if (counts[1][1] > 0) metrics.samples_appended.histograms.Increment(counts[1][1]);
  if (counts[0][0] > 0) metrics.out_of_order_samples_appended.floats.Increment(counts[0][0]);
  if (counts[0][1] > 0) metrics.out_of_order_samples_appended.histograms.Increment(counts[0][1]);
}

}  // namespace tocsin::tsdb
