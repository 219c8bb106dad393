#include "promql/engine.h"

#include <fmt/format.h>

#include "base/memory_budget.h"
#include "promql/lane_gate.h"
#include "promql/parser.h"
#include "promql/plan.h"
#include "promql/result_builder.h"

namespace tocsin::promql {
namespace {

ParserOptions ParserOptionsOf(const EngineOptions& options) {
  ParserOptions parser;
  parser.enable_experimental_functions = options.enable_experimental_functions;
  parser.enable_extended_range_selectors = options.enable_extended_range_selectors;
  parser.enable_binop_fill_modifiers = options.enable_binop_fill_modifiers;
  return parser;
}

/// Measures consecutive phases.
class StopWatch {
 public:
  explicit StopWatch(const Clock& clock) : clock_(clock), start_ns_(clock.MonotonicNs()) {}
  double Seconds() const {
    constexpr double kNsPerSecond = 1e9;
    return static_cast<double>(clock_.MonotonicNs() - start_ns_) / kNsPerSecond;
  }

 private:
  const Clock& clock_;
  const int64_t start_ns_;
};

/// One evaluation, once it has its place.
struct Request {
  storage::Queryable& queryable;
  const PreparedQuery& query;
  StepRange steps;
  bool is_instant;
  const QueryOptions& options;
  const CancelToken* cancel;
};

Status CheckRangeType(const Expr& expr) {
  const ValueType type = expr.type();
  if (type == ValueType::kVector || type == ValueType::kScalar) return {};
  return Errorf(ErrorCode::kInvalidArgument,
                "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                DocumentedValueType(type));
}

RunningQuery DescriptionOf(const Request& request) {
  RunningQuery description;
  description.text = request.query.text();
  description.is_instant = request.is_instant;
  description.start_ms = request.steps.start_ms;
  description.end_ms = request.steps.last_ms();
  description.step_ms = request.is_instant ? 0 : request.steps.step_ms;
  description.is_rule = request.options.lane == Lane::kRules;
  return description;
}

}  // namespace

PreparedQuery::PreparedQuery(std::string text, std::unique_ptr<Expr> expr)
    : text_(std::move(text)), expr_(std::move(expr)) {}
PreparedQuery::~PreparedQuery() = default;

struct Engine::State {
  State(const EngineOptions& engine_options, const Clock& engine_clock, ThreadPool& engine_pool,
        telemetry::Registry& registry, Logger& engine_logger)
      : options(engine_options),
        clock(engine_clock),
        pool(engine_pool),
        logger(engine_logger),
        interactive(options.max_concurrency),
        rules(options.max_rule_concurrency),
        memory(options.total_memory_bytes),
        running(registry.AddGauge("prometheus_engine_queries",
                                  "The current number of queries being executed or waiting.")),
        samples(registry.AddCounter("prometheus_engine_query_samples_total",
                                    "The total number of samples loaded by all queries.")),
        queue_time(Slice(registry, "queue_time")),
        prepare_time(Slice(registry, "prepare_time")),
        inner_eval(Slice(registry, "inner_eval")),
        result_sort(Slice(registry, "result_sort")) {
    registry
        .AddGauge("prometheus_engine_queries_concurrent_max",
                  "The max number of concurrent queries.")
        .Set(static_cast<double>(options.max_concurrency));
  }

  static telemetry::Histogram& Slice(telemetry::Registry& registry, const std::string& slice) {
    return registry.AddSummary("prometheus_engine_query_duration_seconds", "Query timings",
                               {{"slice", slice}});
  }

  Result<QueryResult> Run(const Request& request);
  Result<QueryResult> RunInside(const Request& request, const CancelToken& deadline,
                                RunningQueries::Entry& entry);
  Result<QueryResult> Evaluate(const Request& request, const Plan& plan, QueryContext& context);
  Status EvaluateInstant(const Request& request, const Expr& expr, QueryContext& context,
                         QueryResult& result);
  Status EvaluateRange(const Request& request, const Expr& expr, QueryContext& context,
                       QueryResult& result);
  QueryContext::Settings SettingsOf(const Request& request) const;
  int64_t LookbackOf(const QueryOptions& query) const {
    return query.lookback_delta_ms > 0 ? query.lookback_delta_ms : options.lookback_delta_ms;
  }
  int64_t DeadlineOf(const QueryOptions& query) const;

  const EngineOptions& options;
  const Clock& clock;
  ThreadPool& pool;
  Logger& logger;
  LaneGate interactive;
  LaneGate rules;
  MemoryBudget memory;
  RunningQueries running_queries{clock};
  telemetry::Gauge& running;
  telemetry::Counter& samples;
  telemetry::Histogram& queue_time;
  telemetry::Histogram& prepare_time;
  telemetry::Histogram& inner_eval;
  telemetry::Histogram& result_sort;
};

int64_t Engine::State::DeadlineOf(const QueryOptions& query) const {
  constexpr int64_t kNsPerMs = 1'000'000;
  int64_t timeout_ms = options.timeout_ms;
  if (query.timeout_ms > 0) timeout_ms = std::min(timeout_ms, query.timeout_ms);
  return clock.MonotonicNs() + timeout_ms * kNsPerMs;
}

QueryContext::Settings Engine::State::SettingsOf(const Request& request) const {
  QueryContext::Settings settings;
  settings.lookback_delta_ms = LookbackOf(request.options);
  settings.max_samples = options.max_samples;
  settings.delayed_name_removal = options.enable_delayed_name_removal;
  settings.type_and_unit_labels = options.enable_type_and_unit_labels;
  settings.start_timestamps = options.enable_start_timestamps;
  settings.default_subquery_step_ms = options.default_subquery_step_ms;
  settings.per_step_stats = request.options.per_step_stats;
  return settings;
}

Result<QueryResult> Engine::State::Run(const Request& request) {
  const StopWatch total(clock);
  CancelToken deadline(clock, DeadlineOf(request.options));
  RunningQueries::Entry entry(running_queries, DescriptionOf(request), deadline);
  LaneGate& gate = request.options.lane == Lane::kRules ? rules : interactive;
  running.Add(1);
  Result<QueryResult> result = [&]() -> Result<QueryResult> {
    TOCSIN_RETURN_IF_ERROR(gate.Enter(deadline, request.cancel));
    const LanePlace place(gate);
    const double queued = total.Seconds();
    queue_time.Observe(queued);
    Result<QueryResult> inside = RunInside(request, deadline, entry);
    if (inside.ok()) inside->stats.exec_queue_seconds = queued;
    return inside;
  }();
  running.Add(-1);
  if (result.ok()) result->stats.exec_total_seconds = total.Seconds();
  return result;
}

Result<QueryResult> Engine::State::RunInside(const Request& request, const CancelToken& deadline,
                                             RunningQueries::Entry& entry) {
  const StopWatch total(clock);
  TOCSIN_ASSIGN_OR_RETURN(const Plan plan,
                          MakePlan(request.query.expr(),
                                   {request.steps, request.is_instant, LookbackOf(request.options),
                                    options.default_subquery_step_ms}));
  const bool reads = plan.first_sample_ms <= plan.last_sample_ms;
  TOCSIN_ASSIGN_OR_RETURN(
      const std::unique_ptr<storage::Querier> querier,
      request.queryable.MakeQuerier(reads ? plan.first_sample_ms : request.steps.start_ms,
                                    reads ? plan.last_sample_ms : request.steps.start_ms));
  const double prepared = total.Seconds();
  prepare_time.Observe(prepared);
  MemoryBudget budget(options.query_memory_bytes, &memory);
  QueryContext context(SettingsOf(request), *querier, request.steps, deadline, request.cancel, pool,
                       budget);
  entry.BeginEvaluation(context, budget);
  Result<QueryResult> result = Evaluate(request, plan, context);
  entry.EndEvaluation();
  samples.Increment(static_cast<double>(context.queryable_samples.load()));
  if (result.ok()) {
    result->stats.preparation_seconds = prepared;
    result->stats.eval_total_seconds = total.Seconds();
  }
  return result;
}

Result<QueryResult> Engine::State::Evaluate(const Request& request, const Plan& plan,
                                            QueryContext& context) {
  QueryResult result;
  TOCSIN_RETURN_IF_ERROR(request.is_instant ? EvaluateInstant(request, *plan.expr, context, result)
                                            : EvaluateRange(request, *plan.expr, context, result));
  result.warnings = context.annotations.Texts(Annotations::Kind::kWarning, request.query.text());
  result.infos = context.annotations.Texts(Annotations::Kind::kInfo, request.query.text());
  result.stats.total_queryable_samples = context.queryable_samples;
  result.stats.samples_read = context.samples_read;
  result.stats.peak_samples = context.peak_samples();
  if (request.options.per_step_stats) {
    context.samples_by_step.resize(request.steps.count);
    result.stats.total_queryable_samples_per_step = std::move(context.samples_by_step);
  }
  return result;
}

Status Engine::State::EvaluateInstant(const Request& request, const Expr& expr,
                                      QueryContext& context, QueryResult& result) {
  const StopWatch watch(clock);
  const int64_t time_ms = request.steps.start_ms;
  Evaluator evaluator(context);
  switch (expr.type()) {
    case ValueType::kScalar: {
      TOCSIN_ASSIGN_OR_RETURN(const std::vector<double> values,
                              evaluator.EvalScalar(expr, request.steps));
      result.value = ScalarValue{time_ms, values[0]};
      break;
    }
    case ValueType::kString:
      result.value = StringValue{time_ms, StringOf(expr)};
      break;
    case ValueType::kMatrix: {
      TOCSIN_ASSIGN_OR_RETURN(const RangeVector range, evaluator.EvalRange(expr, request.steps));
      TOCSIN_ASSIGN_OR_RETURN(result.value, ToMatrix(context, range));
      break;
    }
    default: {
      TOCSIN_ASSIGN_OR_RETURN(FramePtr frame, evaluator.EvalFrame(expr, request.steps));
      TOCSIN_ASSIGN_OR_RETURN(frame, RemovePendingNames(context, frame));
      result.value = ToInstantVector(*frame, time_ms);
    }
  }
  result.stats.inner_eval_seconds = watch.Seconds();
  inner_eval.Observe(result.stats.inner_eval_seconds);
  return {};
}

Status Engine::State::EvaluateRange(const Request& request, const Expr& expr, QueryContext& context,
                                    QueryResult& result) {
  const StopWatch watch(clock);
  Evaluator evaluator(context);
  if (expr.type() == ValueType::kScalar) {
    TOCSIN_ASSIGN_OR_RETURN(std::vector<double> values, evaluator.EvalScalar(expr, request.steps));
    result.value = ToMatrix(std::move(values), request.steps);
    result.stats.inner_eval_seconds = watch.Seconds();
    return {};
  }
  TOCSIN_ASSIGN_OR_RETURN(FramePtr frame, evaluator.EvalFrame(expr, request.steps));
  TOCSIN_ASSIGN_OR_RETURN(frame, RemovePendingNames(context, frame));
  result.stats.inner_eval_seconds = watch.Seconds();
  inner_eval.Observe(result.stats.inner_eval_seconds);
  const StopWatch sorting(clock);
  result.value = ToMatrix(*frame, request.steps);
  result.stats.result_sort_seconds = sorting.Seconds();
  result_sort.Observe(result.stats.result_sort_seconds);
  return {};
}

Engine::Engine(EngineOptions options, const Clock& clock, ThreadPool& pool,
               telemetry::Registry& registry, Logger& logger)
    : options_(std::move(options)),
      state_(std::make_unique<State>(options_, clock, pool, registry, logger)) {}
Engine::~Engine() = default;

RunningQueries& Engine::running_queries() { return state_->running_queries; }

Result<std::shared_ptr<const PreparedQuery>> Engine::Prepare(std::string_view expr) const {
  TOCSIN_ASSIGN_OR_RETURN(ExprPtr parsed, ParseExpr(expr, ParserOptionsOf(options_)));
  return std::make_shared<const PreparedQuery>(std::string(expr), std::move(parsed));
}

Result<QueryResult> Engine::Instant(storage::Queryable& queryable, std::string_view expr,
                                    int64_t time_ms, const QueryOptions& options,
                                    CancelToken* cancel) {
  TOCSIN_ASSIGN_OR_RETURN(const std::shared_ptr<const PreparedQuery> query, Prepare(expr));
  return Instant(queryable, *query, time_ms, options, cancel);
}

Result<QueryResult> Engine::Instant(storage::Queryable& queryable, const PreparedQuery& query,
                                    int64_t time_ms, const QueryOptions& options,
                                    CancelToken* cancel) {
  return state_->Run({queryable, query, {time_ms, 1, 1}, true, options, cancel});
}

Result<QueryResult> Engine::Range(storage::Queryable& queryable, std::string_view expr,
                                  int64_t start_ms, int64_t end_ms, int64_t step_ms,
                                  const QueryOptions& options, CancelToken* cancel) {
  TOCSIN_ASSIGN_OR_RETURN(const std::shared_ptr<const PreparedQuery> query, Prepare(expr));
  return Range(queryable, *query, start_ms, end_ms, step_ms, options, cancel);
}

Result<QueryResult> Engine::Range(storage::Queryable& queryable, const PreparedQuery& query,
                                  int64_t start_ms, int64_t end_ms, int64_t step_ms,
                                  const QueryOptions& options, CancelToken* cancel) {
  TOCSIN_RETURN_IF_ERROR(CheckRangeType(query.expr()));
  const StepRange steps = StepRange::Between(start_ms, end_ms, step_ms);
  return state_->Run({queryable, query, steps, false, options, cancel});
}

}  // namespace tocsin::promql
