#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/appendable.h"
#include "tsdb/head_state.h"

namespace tocsin::tsdb {

/// Appends samples of any series, in any order of series, to their columns. See storage::Appender.
/// A sample's verdict is given twice, as in Prometheus: by Append, against what is stored then, and
/// by Commit, which silently drops (and counts) what another commit, or an earlier sample of this
/// one, has overtaken. Confined to a thread.
class HeadBatchAppender final : public storage::Appender {
 public:
  /// `state` must outlive it.
  explicit HeadBatchAppender(HeadState& state);
  ~HeadBatchAppender() override;

  Result<storage::SeriesRef> Append(storage::SeriesRef ref, const Labels& labels,
                                    int64_t timestamp_ms, double value) override;
  Status Commit() override;
  void Rollback() override;

 private:
  struct BatchSample {
    SeriesId series;
    bool is_accepted;
    int64_t timestamp_ms;
    double value;
  };

  Result<SeriesId> PinRef(storage::SeriesRef ref, const Labels& labels);
  Status Check(SeriesId id, int64_t timestamp_ms, double value, bool& is_known);
  size_t RunEnd(size_t begin) const;
  void JudgeRun(size_t begin, size_t end);
  void JudgeAll();
  Status WriteLog() REQUIRES(state_.commit_mutex);
  void Publish() REQUIRES(state_.commit_mutex);

  HeadState& state_;
  std::vector<BatchSample> samples_;  // Each holds a pin on its series.
  std::vector<SeriesId> flush_due_;
  uint64_t accepted_ = 0;
};

}  // namespace tocsin::tsdb
