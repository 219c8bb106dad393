#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "storage/appendable.h"
#include "storage/queryable.h"

namespace tocsin::support {

/// All samples of all series in ordered maps: slow and plainly right, for tests of what stands on
/// storage. A querier sees the samples of the moment it was made. Thread-safe.
class MemoryStorage final : public storage::Queryable, public storage::Appendable {
 public:
  /// One series: its samples by time. A histogram where the pointer is set.
  struct Point {
    double value = 0;
    std::shared_ptr<const FloatHistogram> histogram;
    int64_t start_timestamp_ms = 0;  ///< 0: not known.
  };
  using Series = std::map<int64_t, Point>;

  /// Adds or replaces a sample.
  void Put(const Labels& labels, int64_t timestamp_ms, double value,
           int64_t start_timestamp_ms = 0);
  /// The hint becomes what upstream's storage would answer: gauges stay gauges, of counters one
  /// that continues the sample before it says "not reset" and any other one "unknown". Samples are
  /// to come in order of time.
  void PutHistogram(const Labels& labels, int64_t timestamp_ms,
                    std::shared_ptr<const FloatHistogram> histogram,
                    int64_t start_timestamp_ms = 0);
  void Clear();

  /// Number of series, and the samples of one (empty if there is none).
  size_t series_count() const;
  Series SamplesOf(const Labels& labels) const;

  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override;

  /// Takes samples in any order; all become visible at Commit. A sample with another value at a
  /// time that is taken is refused, as upstream does.
  std::unique_ptr<storage::Appender> MakeAppender() override;
  /// Not offered: this storage knows no rows. Aborts.
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override;

 private:
  using AllSeries = std::map<Labels, Series>;
  friend class MemoryAppender;

  mutable Mutex mutex_;
  std::shared_ptr<AllSeries> series_ GUARDED_BY(mutex_) = std::make_shared<AllSeries>();

  /// The series, copied first if a querier may be looking at them.
  AllSeries& WritableLocked() REQUIRES(mutex_);
};

}  // namespace tocsin::support
