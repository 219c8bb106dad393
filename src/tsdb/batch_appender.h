#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/appendable.h"
#include "tsdb/head_state.h"
#include "tsdb/sample_log.h"

namespace tocsin::tsdb {

/// Appends samples of any series, in any order of series, to their columns. See storage::Appender.
/// A sample's verdict is given twice, as in Prometheus: by Append, against what is stored then, and
/// by Commit, which silently drops (and counts) what another commit, or an earlier sample of this
/// one, has overtaken. A stale marker of a series whose newest sample is a histogram becomes one of
/// that kind. Confined to a thread.
class HeadBatchAppender final : public storage::Appender {
 public:
  /// `state` must outlive it.
  explicit HeadBatchAppender(HeadState& state);
  ~HeadBatchAppender() override;

  Result<storage::SeriesRef> Append(storage::SeriesRef ref, const Labels& labels,
                                    int64_t timestamp_ms, double value) override {
    return AppendWith(ref, labels, timestamp_ms, value, {});
  }
  Result<storage::SeriesRef> AppendWith(storage::SeriesRef ref, const Labels& labels,
                                        int64_t timestamp_ms, double value,
                                        const storage::AppendOptions& options) override;
  Result<storage::SeriesRef> AppendHistogram(storage::SeriesRef ref, const Labels& labels,
                                             int64_t timestamp_ms, const Histogram& histogram,
                                             const storage::AppendOptions& options) override;
  Result<storage::SeriesRef> AppendHistogram(storage::SeriesRef ref, const Labels& labels,
                                             int64_t timestamp_ms, const FloatHistogram& histogram,
                                             const storage::AppendOptions& options) override;
  Status AppendExemplar(storage::SeriesRef ref, const Labels& labels,
                        const Exemplar& exemplar) override;
  Status SetMetadata(storage::SeriesRef ref, const Labels& labels,
                     const MetricMetadata& metadata) override;
  Status Commit() override;
  void Rollback() override;

 private:
  // What few samples have: a histogram, a start.
  struct Extra {
    SampleKind kind = SampleKind::kFloat;
    int64_t start_ms = 0;
    Histogram integer;
    FloatHistogram floating;
  };
  struct BatchSample {
    SeriesId series;
    uint32_t extra : 28;  // Index into extras_ plus 1; 0: none.
    uint32_t refuses_out_of_order : 1;
    uint32_t verdict : 3;  // A Verdict, given by Commit.
    int64_t timestamp_ms;
    double value;
  };
  struct BatchExemplar {
    SeriesId series;
    Exemplar exemplar;
  };
  struct BatchMetadata {
    SeriesId series;
    MetricMetadata metadata;
  };

  Result<SeriesId> PinRef(storage::SeriesRef ref, const Labels& labels);
  SeriesId PinKnown(storage::SeriesRef ref, const Labels& labels);
  Result<storage::SeriesRef> AppendAny(storage::SeriesRef ref, const Labels& labels,
                                       int64_t timestamp_ms, double value, HistogramRef histogram,
                                       const storage::AppendOptions& options);
  Result<bool> IsNew(SeriesId id, const BatchSample& sample, HistogramRef histogram,
                     const AppendBounds& bounds, const std::optional<NewestSample>& newest);
  uint32_t AddExtra(HistogramRef histogram, int64_t start_ms);

  HistogramRef HistogramOf(const BatchSample& sample) const;
  int64_t StartOf(const BatchSample& sample) const {
    return sample.extra == 0 ? 0 : extras_[sample.extra - 1].start_ms;
  }
  Verdict VerdictOf(const BatchSample& sample) const {
    return static_cast<Verdict>(sample.verdict);
  }

  size_t RunEnd(size_t begin) const;
  void JudgeRun(size_t begin, size_t end, const AppendBounds& bounds);
  bool IsSame(const BatchSample& sample, const std::optional<NewestSample>& newest,
              const BatchSample* newest_of_run);
  void JudgeAll();
  Status WriteLog() REQUIRES(state_.commit_mutex);
  void Publish() REQUIRES(state_.commit_mutex);
  void PublishSample(const BatchSample& sample, uint64_t sequence) REQUIRES(state_.commit_mutex);
  void LogExemplarsAndMetadata() REQUIRES(state_.commit_mutex);
  void PublishExemplarsAndMetadata() REQUIRES(state_.commit_mutex);
  void CountAppended();

  HeadState& state_;
  std::vector<BatchSample> samples_;  // Each holds a pin on its series, as the next two.
  std::vector<Extra> extras_;
  std::vector<BatchExemplar> exemplars_;
  std::vector<BatchMetadata> metadata_;
  std::vector<SeriesId> flush_due_;
  SampleLog log_;
};

}  // namespace tocsin::tsdb
