#include "tsdb/out_of_order_replay.h"

namespace tocsin::tsdb {

OutOfOrderReplay::OutOfOrderReplay(HeadState& state,
                                   std::function<void(const ReplayProgress&)> on_progress)
    : state_(state), on_progress_(std::move(on_progress)) {
  ReadLock lock(state_.index_mutex);
  std::vector<SeriesId> ids;
  state_.index.all().AppendTo(ids);
  for (const SeriesId id : ids) refs_.Set(state_.series.wal_refs[id], id);
  for (const HeadState::WalAlias& alias : state_.wal_aliases) {
    refs_.Set(alias.wal_ref, static_cast<uint32_t>(alias.series) - 1);
  }
}

Status OutOfOrderReplay::OnSamples(std::vector<SampleRecord>& samples) {
  for (const SampleRecord& record : samples) {
    AnySample sample;
    sample.timestamp_ms = record.timestamp_ms;
    sample.value = record.value;
    Store(record.ref, std::move(sample));
  }
  return {};
}

Status OutOfOrderReplay::OnSamplesWithStarts(std::vector<SampleRecord>& samples,
                                             std::vector<int64_t>& start_timestamps_ms) {
  for (size_t i = 0; i < samples.size(); ++i) {
    AnySample sample;
    sample.timestamp_ms = samples[i].timestamp_ms;
    sample.start_timestamp_ms = start_timestamps_ms[i];
    sample.value = samples[i].value;
    Store(samples[i].ref, std::move(sample));
  }
  return {};
}

Status OutOfOrderReplay::OnHistograms(std::vector<HistogramRecord>& histograms) {
  for (HistogramRecord& record : histograms) {
    AnySample sample;
    sample.timestamp_ms = record.timestamp_ms;
    sample.start_timestamp_ms = record.start_timestamp_ms;
    sample.histogram = std::make_shared<const Histogram>(std::move(record.histogram));
    Store(record.ref, std::move(sample));
  }
  return {};
}

Status OutOfOrderReplay::OnFloatHistograms(std::vector<FloatHistogramRecord>& histograms) {
  for (FloatHistogramRecord& record : histograms) {
    AnySample sample;
    sample.timestamp_ms = record.timestamp_ms;
    sample.start_timestamp_ms = record.start_timestamp_ms;
    sample.float_histogram = std::make_shared<const FloatHistogram>(std::move(record.histogram));
    Store(record.ref, std::move(sample));
  }
  return {};
}

void OutOfOrderReplay::Store(uint64_t ref, AnySample sample) {
  const SeriesId id = refs_.Find(ref);
  if (id == WalRefs::kNone) return;
  MutexLock commit_lock(state_.commit_mutex);
  sample.sequence = state_.isolation.committed();
  state_.AddOutOfOrder(id, std::move(sample));
}

}  // namespace tocsin::tsdb
