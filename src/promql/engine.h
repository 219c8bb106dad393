#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "promql/result.h"
#include "promql/running_queries.h"
#include "storage/queryable.h"
#include "telemetry/registry.h"

namespace tocsin::promql {

struct Expr;

/// Limits and switches; the defaults are those of Prometheus' flags.
struct EngineOptions {
  int64_t timeout_ms = 120'000;         ///< --query.timeout
  uint64_t max_samples = 50'000'000;    ///< --query.max-samples: points held at once by one query.
  size_t max_concurrency = 20;          ///< --query.max-concurrency, of Lane::kInteractive.
  size_t max_rule_concurrency = 64;     ///< Of Lane::kRules; the rule manager is the real limit.
  int64_t lookback_delta_ms = 300'000;  ///< --query.lookback-delta
  /// Step of `expr[range:]`; null means one minute. Called with the range.
  std::function<int64_t(int64_t range_ms)> default_subquery_step_ms = nullptr;
  bool enable_experimental_functions = false;  ///< --enable-feature=promql-experimental-functions
  bool enable_delayed_name_removal = false;    ///< --enable-feature=promql-delayed-name-removal
  bool enable_type_and_unit_labels = false;    ///< --enable-feature=type-and-unit-labels
  bool enable_extended_range_selectors =
      false;                                 ///< --enable-feature=promql-extended-range-selectors
  bool enable_binop_fill_modifiers = false;  ///< --enable-feature=promql-binop-fill-modifiers
  /// --enable-feature=use-start-timestamps: rate and its kin see where counters began.
  bool enable_start_timestamps = false;
  uint64_t query_memory_bytes = 0;  ///< Bound on what one query may hold; 0: none of its own.
  uint64_t total_memory_bytes = 0;  ///< Bound on what all queries together may hold; 0: none.
};

/// Who waits for the answer. Each lane has its own places, so dashboards cannot delay alerts.
enum class Lane { kInteractive, kRules };

/// What differs from query to query.
struct QueryOptions {
  int64_t lookback_delta_ms = 0;  ///< 0: the engine's.
  int64_t timeout_ms = 0;         ///< 0: the engine's; a longer one is cut to the engine's.
  bool per_step_stats = false;
  Lane lane = Lane::kInteractive;
};

/// A parsed and checked expression that can be evaluated many times, at once from many threads.
/// Immutable; outlives nothing of the engine's.
class PreparedQuery {
 public:
  PreparedQuery(std::string text, std::unique_ptr<Expr> expr);
  ~PreparedQuery();
  PreparedQuery(const PreparedQuery&) = delete;
  PreparedQuery& operator=(const PreparedQuery&) = delete;

  const std::string& text() const { return text_; }
  const Expr& expr() const { return *expr_; }

 private:
  const std::string text_;
  const std::unique_ptr<const Expr> expr_;
};

/// Answers PromQL over any storage. Errors carry upstream's texts:
///   kInvalidArgument  the expression does not parse, or fails while it runs ("vector cannot
///   contain …",
///                     "found duplicate series for the match group …");
///                     Prepare() first to tell the two apart
///   kTooLarge         more samples or memory than allowed
///   kTimeout          "query timed out in …"
///   kCanceled         "query was canceled in …"
///   others            what storage returned
/// Answers do not depend on the number of threads, bit for bit. Thread-safe.
class Engine {
 public:
  /// Keeps references to all of them; they must outlive the engine. `pool` evaluates batches of
  /// series beside the calling thread.
  Engine(EngineOptions options, const Clock& clock, ThreadPool& pool, telemetry::Registry& registry,
         Logger& logger);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Parses and checks. The error is kInvalidArgument with position ("1:5: parse error: …").
  Result<std::shared_ptr<const PreparedQuery>> Prepare(std::string_view expr) const;

  /// Evaluates at one time. `cancel` may be null; it is borrowed for the call.
  Result<QueryResult> Instant(storage::Queryable& queryable, std::string_view expr, int64_t time_ms,
                              const QueryOptions& options = {}, CancelToken* cancel = nullptr);
  Result<QueryResult> Instant(storage::Queryable& queryable, const PreparedQuery& query,
                              int64_t time_ms, const QueryOptions& options = {},
                              CancelToken* cancel = nullptr);

  /// Evaluates at start_ms, start_ms + step_ms, … up to and including end_ms; always a matrix.
  /// Requires step_ms > 0 and end_ms >= start_ms. Refuses expressions that are neither scalar nor
  /// instant vector: `invalid expression type "range vector" for range query, must be Scalar or
  /// instant Vector`.
  Result<QueryResult> Range(storage::Queryable& queryable, std::string_view expr, int64_t start_ms,
                            int64_t end_ms, int64_t step_ms, const QueryOptions& options = {},
                            CancelToken* cancel = nullptr);
  Result<QueryResult> Range(storage::Queryable& queryable, const PreparedQuery& query,
                            int64_t start_ms, int64_t end_ms, int64_t step_ms,
                            const QueryOptions& options = {}, CancelToken* cancel = nullptr);

  const EngineOptions& options() const { return options_; }
  /// What it works on right now.
  RunningQueries& running_queries();

 private:
  struct State;
  const EngineOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::promql
