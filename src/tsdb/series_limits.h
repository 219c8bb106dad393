#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "model/labels.h"

namespace tocsin::tsdb {

class SeriesIndex;

/// What a head uses, known at any time without a walk over it: most is counted all the time; the
/// rest (rows, postings, texts) is measured now and then, and each series that came since is taken
/// to have its full share at once, so that a burst of new series is stopped before their samples
/// fill the memory. Thread-safe.
class MemoryMeter {
 public:
  /// Bytes of rows, postings and label texts, and how many series were ever made by then.
  void Measured(uint64_t walked_bytes, uint64_t created_count) {
    walked_bytes_.store(walked_bytes, std::memory_order_relaxed);
    created_count_.store(created_count, std::memory_order_relaxed);
  }
  uint64_t Estimate(uint64_t counted_bytes, uint64_t created_count) const {
    const uint64_t before = created_count_.load(std::memory_order_relaxed);
    return counted_bytes + walked_bytes_.load(std::memory_order_relaxed) +
           (created_count > before ? created_count - before : 0) * kNewSeriesBytes;
  }

 private:
  // A full block of rows and what a chunk takes after minutes: benchmarks/head_memory_benchmark.
  static constexpr uint64_t kNewSeriesBytes = 140;
  std::atomic<uint64_t> walked_bytes_{0};
  std::atomic<uint64_t> created_count_{0};
};

/// Bounds on what a head takes in; each 0: no limit. Past one, new series are refused while those
/// that are there go on.
struct SeriesLimitOptions {
  uint64_t max_series = 0;
  uint64_t max_series_per_job = 0;  ///< Of series with the same value of the label `job`.
  uint64_t max_memory_bytes = 0;    ///< Of the whole store.
};

/// What the limits have done so far, for status pages and metrics.
struct SeriesLimitStatus {
  SeriesLimitOptions limits;
  uint64_t refused_by_count = 0;
  uint64_t refused_by_job = 0;
  uint64_t refused_by_memory = 0;
  std::string last_refusal;  ///< Text of the newest error; empty: there was none.

  uint64_t refused() const { return refused_by_count + refused_by_job + refused_by_memory; }
};

/// Decides whether a head takes one more series. Thread-safe.
class SeriesLimits {
 public:
  explicit SeriesLimits(SeriesLimitOptions options) : options_(options) {}

  bool are_set() const {
    return (options_.max_series | options_.max_series_per_job | options_.max_memory_bytes) != 0;
  }
  /// kTooLarge when a limit is reached. `memory_bytes` is what the store uses now. To be called
  /// with the index' lock held, for series that are not in it.
  Status Admit(const Labels& labels, const SeriesIndex& index, uint64_t memory_bytes);

  SeriesLimitStatus Counts() const;
  const SeriesLimitOptions& options() const { return options_; }

 private:
  Status Refuse(std::atomic<uint64_t>& counter, Error error);

  const SeriesLimitOptions options_;
  std::atomic<uint64_t> refused_by_count_{0};
  std::atomic<uint64_t> refused_by_job_{0};
  std::atomic<uint64_t> refused_by_memory_{0};
  mutable Mutex mutex_;
  std::string last_refusal_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::tsdb
