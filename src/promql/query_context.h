#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/memory_budget.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "promql/annotations.h"
#include "promql/step_range.h"
#include "storage/queryable.h"

namespace tocsin::promql {

/// What one running query shares between its operators: limits, counters, cancellation, storage.
/// The atomics and the const methods are thread-safe; `annotations` belongs to the query's own
/// thread.
class QueryContext {
 public:
  struct Settings {
    int64_t lookback_delta_ms = 300'000;
    uint64_t max_samples = 50'000'000;
    bool delayed_name_removal = false;
    bool type_and_unit_labels = false;
    bool start_timestamps = false;
    bool per_step_stats = false;
    std::function<int64_t(int64_t)> default_subquery_step_ms;
  };

  /// All references must outlive the context. `caller` may be null. `deadline` carries the engine's
  /// timeout.
  QueryContext(Settings settings, storage::Querier& querier, StepRange query_steps,
               const CancelToken& deadline, const CancelToken* caller, ThreadPool& pool,
               MemoryBudget& memory)
      : settings_(std::move(settings)),
        querier_(querier),
        query_steps_(query_steps),
        deadline_(deadline),
        caller_(caller),
        pool_(pool),
        memory_(memory) {}

  const Settings& settings() const { return settings_; }
  storage::Querier& querier() const { return querier_; }
  /// The steps of the whole query, for start(), end() and the like.
  const StepRange& query_steps() const { return query_steps_; }
  ThreadPool& pool() const { return pool_; }
  MemoryBudget& memory() const { return memory_; }

  /// kCanceled or kTimeout with upstream's text when the query is to stop. Cheap enough for each
  /// series.
  Status CheckRunning() const;

  /// Counts points that are now held; kTooLarge beyond the limit.
  Status HoldSamples(uint64_t count);
  void ReleaseSamples(uint64_t count) { held_samples_.fetch_sub(count); }
  /// kTooLarge if `count` more points for a moment are too many.
  Status TouchSamples(uint64_t count);
  uint64_t held_samples() const { return held_samples_.load(); }
  uint64_t peak_samples() const { return peak_samples_.load(); }

  Annotations annotations;

  /// How often a sample counts that an operator reads which is being made now: 0 inside a subquery
  /// (whose result is counted when it is used), the number of steps where one evaluation serves
  /// them all.
  uint64_t sample_weight = 1;

  // Counted per batch and added at its end, so that the workers do not share a cache line for long.
  std::atomic<uint64_t> queryable_samples{0};
  std::atomic<uint64_t> samples_read{0};
  std::vector<uint64_t> samples_by_step;  ///< Only with per_step_stats.

 private:
  const Settings settings_;
  storage::Querier& querier_;
  const StepRange query_steps_;
  const CancelToken& deadline_;
  const CancelToken* const caller_;
  ThreadPool& pool_;
  MemoryBudget& memory_;
  std::atomic<uint64_t> held_samples_{0};
  std::atomic<uint64_t> peak_samples_{0};
};

/// Holds points of a result until it goes out of scope.
class HeldSamples {
 public:
  HeldSamples() = default;
  HeldSamples(QueryContext& context, uint64_t count) : context_(&context), count_(count) {}
  HeldSamples(HeldSamples&& other) noexcept { *this = std::move(other); }
  HeldSamples& operator=(HeldSamples&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~HeldSamples() {
    if (context_ != nullptr) context_->ReleaseSamples(count_);
  }

 private:
  QueryContext* context_ = nullptr;
  uint64_t count_ = 0;
};

}  // namespace tocsin::promql
