// Replay of what is no plain float: starts, histograms, exemplars, metadata.
#include "tsdb/head_replay.h"

namespace tocsin::tsdb {

Status HeadReplay::OnSamplesWithStarts(std::vector<SampleRecord>& samples,
                                       std::vector<int64_t>& start_timestamps_ms) {
  Flush();
  MutexLock commit_lock(state_.commit_mutex);
  for (size_t i = 0; i < samples.size(); ++i) {
    const SampleRecord& sample = samples[i];
    const SeriesId id = FindRef(sample.ref);
    if (id == SeriesIndex::kNone) {
      ++unknown_;
      continue;
    }
    SlabArena::Session session(state_.columns.arena(), SlabArena::Session::Locking::kEachCall);
    if (!Store(session, {id, sample.timestamp_ms, sample.value})) {
      ++old_;
      continue;
    }
    state_.NoteStart(id, sample.timestamp_ms, start_timestamps_ms[i]);
    state_.NoteTimes(sample.timestamp_ms, sample.timestamp_ms);
  }
  return {};
}

Status HeadReplay::OnHistograms(std::vector<HistogramRecord>& histograms) {
  for (const HistogramRecord& record : histograms) {
    StoreHistogram(record.ref, record.timestamp_ms, record.start_timestamp_ms,
                   {&record.histogram, nullptr});
  }
  return {};
}

Status HeadReplay::OnFloatHistograms(std::vector<FloatHistogramRecord>& histograms) {
  for (const FloatHistogramRecord& record : histograms) {
    StoreHistogram(record.ref, record.timestamp_ms, record.start_timestamp_ms,
                   {nullptr, &record.histogram});
  }
  return {};
}

void HeadReplay::StoreHistogram(uint64_t ref, int64_t timestamp_ms, int64_t start_timestamp_ms,
                                const HistogramRef& histogram) {
  const SeriesId id = FindRef(ref);
  if (id == SeriesIndex::kNone) {
    ++unknown_;
    return;
  }
  Flush();  // Of the same series there may be floats before it.
  const auto newest = state_.NewestOf(id);
  if (state_.IsOutOfBounds(timestamp_ms) || (newest && timestamp_ms <= newest->timestamp_ms)) {
    ++old_;
    return;
  }
  MutexLock commit_lock(state_.commit_mutex);
  state_.AddHistogram(id, timestamp_ms, start_timestamp_ms, histogram,
                      state_.isolation.committed());
  state_.NoteTimes(timestamp_ms, timestamp_ms);
}

Status HeadReplay::OnExemplars(std::vector<ExemplarRecord>& exemplars) {
  const int64_t window_ms = state_.BoundsNow().window_ms;
  for (ExemplarRecord& record : exemplars) {
    const SeriesId id = FindRef(record.ref);
    if (id == SeriesIndex::kNone) {
      ++unknown_;
      continue;
    }
    const Exemplar exemplar{std::move(record.labels), record.value, record.timestamp_ms, true};
    // One that has no place any more is passed over, as it was then.
    static_cast<void>(state_.exemplars.Add(state_.LabelsOf(id), exemplar, window_ms));
  }
  return {};
}

Status HeadReplay::OnMetadata(std::vector<MetadataRecord>& metadata) {
  for (const MetadataRecord& record : metadata) {
    const SeriesId id = FindRef(record.ref);
    if (id != SeriesIndex::kNone) state_.metadata.Set(id, record.metadata);
  }
  return {};
}

}  // namespace tocsin::tsdb
