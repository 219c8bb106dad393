#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "remote/label_list.h"
#include "remote/series_appender.h"
#include "remote/write_outcome.h"

namespace tocsin::remote {

/// Memory of a WriterV1 that outlives it.
struct ScratchV1 {
  struct Series {
    SeriesKey key;
    std::string_view labels;  // The label fields.
    std::string_view fields;  // What comes behind them.
  };
  std::vector<Series> batch;
  std::vector<std::string_view> exemplars;
  std::deque<std::string> rearranged;  // Messages whose labels did not come first.
  LabelList list;
};

/// Writes prometheus.WriteRequest messages:
///
///   WriteRequest  1 timeseries TimeSeries*   3 metadata (of families: not kept, as upstream)
///   TimeSeries    1 labels Label*  2 samples Sample*  3 exemplars Exemplar*  4 histograms
///   Histogram* Label         1 name string    2 value string Exemplar      1 labels Label*  2
///   value double    3 timestamp int64
///
/// Series are taken in batches: all are hashed and their places in the cache requested from memory
/// before the first is looked up. Confined to a thread.
class WriterV1 final : private SeriesLabels {
 public:
  WriterV1(SeriesAppender& appender, const SeriesRefCache::View& view, uint64_t secret,
           ScratchV1& scratch, WriteOutcome& outcome, Logger& logger)
      : appender_(appender),
        view_(view),
        secret_(secret),
        scratch_(scratch),
        outcome_(outcome),
        logger_(logger) {}

  /// An error ends the request, and nothing of it must be stored.
  Status Write(std::string_view request);

 private:
  Result<Labels> Decode() override;
  Status AddToBatch(std::string_view series);
  Status AppendBatch();
  Status AppendSeries(const ScratchV1::Series& series);
  Status AppendItems(const ScratchV1::Series& series, uint64_t& samples);
  Status AppendExemplars();
  void LogRefusal(const Error& error, int64_t timestamp_ms);

  SeriesAppender& appender_;
  const SeriesRefCache::View& view_;
  const uint64_t secret_;
  ScratchV1& scratch_;
  WriteOutcome& outcome_;
  Logger& logger_;
  const ScratchV1::Series* current_ = nullptr;
};

}  // namespace tocsin::remote
