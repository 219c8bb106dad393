#include "web/query_api.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/json_writer.h"
#include "model/labels.h"
#include "model/number_text.h"
#include "promql/ast.h"
#include "promql/printer.h"
#include "web/api_parameters.h"
#include "web/json_result.h"
#include "web/sample_text.h"
#include "web/syntax_tree_json.h"

namespace tocsin::web {
namespace {

std::string ExemplarsJson(const std::vector<storage::ExemplarSeries>& series) {
  std::string json = "[";
  for (const storage::ExemplarSeries& entry : series) {
    json += json.size() > 1 ? ",{\"seriesLabels\":" : "{\"seriesLabels\":";
    AppendLabelsJson(json, entry.labels);
    json += ",\"exemplars\":[";
    for (const Exemplar& exemplar : entry.exemplars) {
      json += &exemplar == entry.exemplars.data() ? "{\"labels\":" : ",{\"labels\":";
      AppendLabelsJson(json, exemplar.labels);
      char value[kMaxSampleTextBytes];
      char* const end = WriteSampleText(value, exemplar.value);
      json.append(",\"value\":\"").append(value, end).append("\",\"timestamp\":");
      AppendTimestampApi(json, exemplar.timestamp_ms);
      json += '}';
    }
    json += "]}";
  }
  return json += ']';
}

// Enough for a minute's resolution over a week, or an hour's over a year.
constexpr int64_t kMaxSteps = 11'000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr std::string_view kTruncated = "results truncated due to limit";

// What /query and /query_range have in common.
struct CommonParameters {
  size_t limit = 0;
  promql::QueryOptions options;
  StatsDetail stats = StatsDetail::kNone;
};

Parameter<int64_t> TimeoutMs(const http::Request& request) {
  const std::string_view text = request.Parameter("timeout");
  if (text.empty()) return 0;
  const auto timeout_ns = ParseDurationNs(text);
  if (!timeout_ns) {
    return tl::unexpected<ApiError>(InvalidParameter("timeout", timeout_ns.error().message()));
  }
  // 0 would mean the engine's own.
  return std::max<int64_t>(*timeout_ns / kNsPerMs, 1);
}

Parameter<CommonParameters> ParseCommon(const http::Request& request, size_t limit) {
  CommonParameters common;
  common.limit = limit;
  const auto timeout_ms = TimeoutMs(request);
  if (!timeout_ms) return tl::unexpected<ApiError>(timeout_ms.error());
  common.options.timeout_ms = *timeout_ms;
  if (const std::string_view text = request.Parameter("lookback_delta"); !text.empty()) {
    const auto lookback_ns = ParseDurationNs(text);
    if (!lookback_ns) {
      return tl::unexpected<ApiError>(
          ApiError{ApiErrorType::kBadData,
                   "error parsing lookback delta duration: " + lookback_ns.error().message()});
    }
    common.options.lookback_delta_ms = *lookback_ns / kNsPerMs;
  }
  const std::string_view stats = request.Parameter("stats");
  common.options.per_step_stats = stats == "all";
  if (!stats.empty()) common.stats = stats == "all" ? StatsDetail::kPerStep : StatsDetail::kTotals;
  return common;
}

bool Truncate(promql::QueryResult& result, size_t limit) {
  if (limit == 0) return false;
  if (auto* vector = std::get_if<promql::InstantVector>(&result.value)) {
    if (vector->size() <= limit) return false;
    vector->erase(vector->begin() + static_cast<std::ptrdiff_t>(limit), vector->end());
    return true;
  }
  if (auto* matrix = std::get_if<promql::Matrix>(&result.value)) {
    if (matrix->series.size() <= limit) return false;
    matrix->series.erase(matrix->series.begin() + static_cast<std::ptrdiff_t>(limit),
                         matrix->series.end());
    return true;
  }
  return false;
}

ApiResult Render(Result<promql::QueryResult> outcome, const CommonParameters& common,
                 StepTimes steps) {
  if (!outcome) return QueryError(outcome.error());
  promql::QueryResult& result = *outcome;
  ApiResult answer;
  const bool is_truncated = Truncate(result, common.limit);
  answer.warnings = std::move(result.warnings);
  answer.infos = std::move(result.infos);
  if (is_truncated) answer.warnings.emplace_back(kTruncated);
  auto writer = std::make_shared<ResultJsonWriter>(std::move(result), common.stats, steps);
  std::string first_piece;
  if (writer->Write(first_piece)) {
    answer.more_data = [writer](std::string& piece) {
      piece.clear();
      return writer->Write(piece);
    };
  }
  answer.data = std::move(first_piece);
  return answer;
}

ApiError BadData(std::string message) { return {ApiErrorType::kBadData, std::move(message)}; }

bool CanRangeOver(promql::ValueType type) {
  return type == promql::ValueType::kScalar || type == promql::ValueType::kVector;
}

// How often `step_ns` fits between the two; the times may be anywhere in int64.
bool HasTooManySteps(int64_t start_ms, int64_t end_ms, int64_t step_ns) {
  __extension__ using Wide = __int128;
  return (Wide{end_ms} - start_ms) * kNsPerMs / step_ns > kMaxSteps;
}

}  // namespace

QueryApi::QueryApi(QueryApiDependencies dependencies) : dependencies_(dependencies) {}

void QueryApi::Register(ApiRoutes& routes) const {
  const auto handle = [&](std::string_view path,
                          ApiResult (QueryApi::*method)(const http::Request&) const) {
    routes.Handle("GET,POST", path,
                  [this, method](http::Request& request) { return (this->*method)(request); });
  };
  handle("/query", &QueryApi::Query);
  handle("/query_range", &QueryApi::QueryRange);
  handle("/query_exemplars", &QueryApi::QueryExemplars);
  handle("/format_query", &QueryApi::FormatQuery);
  handle("/parse_query", &QueryApi::ParseQuery);
  routes.Handle("GET", "/status/queries",
                [this](http::Request& request) { return RunningQueries(request); });
  routes.Handle("DELETE", "/status/queries/{id}",
                [this](http::Request& request) { return CancelQuery(request); });
}

ApiResult QueryApi::Query(const http::Request& request) const {
  TOCSIN_ASSIGN_PARAMETER(const size_t limit, LimitParameter(request));
  TOCSIN_ASSIGN_PARAMETER(const int64_t time_ms,
                          OptionalTime(request, "time", dependencies_.clock.NowMs()));
  TOCSIN_ASSIGN_PARAMETER(const CommonParameters common, ParseCommon(request, limit));
  const auto query = dependencies_.engine.Prepare(request.Parameter("query"));
  if (!query) return InvalidParameter("query", query.error().message());
  return Render(dependencies_.engine.Instant(dependencies_.queryable, **query, time_ms,
                                             common.options, request.cancel),
                common, {time_ms, 0});
}

ApiResult QueryApi::QueryRange(const http::Request& request) const {
  TOCSIN_ASSIGN_PARAMETER(const size_t limit, LimitParameter(request));
  TOCSIN_ASSIGN_PARAMETER(const int64_t start_ms, RequiredTime(request, "start"));
  TOCSIN_ASSIGN_PARAMETER(const int64_t end_ms, RequiredTime(request, "end"));
  if (end_ms < start_ms) {
    return InvalidParameter("end", "end timestamp must not be before start time");
  }
  const auto step_ns = ParseDurationNs(request.Parameter("step"));
  if (!step_ns) return InvalidParameter("step", step_ns.error().message());
  // Steps are whole milliseconds.
  const int64_t step_ms = *step_ns / kNsPerMs;
  if (step_ms <= 0) {
    return InvalidParameter("step",
                            "zero or negative query resolution step widths are not accepted. Try "
                            "a positive integer");
  }
  if (HasTooManySteps(start_ms, end_ms, *step_ns)) {
    return BadData(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
        "resolution (?step=XX)");
  }
  TOCSIN_ASSIGN_PARAMETER(const CommonParameters common, ParseCommon(request, limit));
  const auto query = dependencies_.engine.Prepare(request.Parameter("query"));
  if (!query) return InvalidParameter("query", query.error().message());
  const promql::ValueType type = (*query)->expr().type();
  if (!CanRangeOver(type)) {
    return InvalidParameter(
        "query", fmt::format("invalid expression type {} for range query, must be Scalar or "
                             "instant Vector",
                             GoQuote(promql::DocumentedValueType(type))));
  }
  return Render(dependencies_.engine.Range(dependencies_.queryable, **query, start_ms, end_ms,
                                           step_ms, common.options, request.cancel),
                common, {start_ms, step_ms});
}

ApiResult QueryApi::QueryExemplars(const http::Request& request) const {
  TOCSIN_ASSIGN_PARAMETER(const TimeRange range, RangeParameters(request));
  if (range.end_ms < range.start_ms) {
    return BadData("end timestamp must not be before start timestamp");
  }
  const auto expr = promql::ParseExpr(request.Parameter("query"), parser_options());
  if (!expr) return BadData(expr.error().message());
  std::vector<std::vector<Matcher>> selectors;
  promql::Inspect(**expr, [&](const promql::Expr& node) {
    if (node.kind != promql::ExprKind::kVectorSelector) return;
    selectors.push_back(static_cast<const promql::VectorSelector&>(node).matchers);
  });
  if (selectors.empty()) return {};
  if (dependencies_.exemplars == nullptr) return ApiResult::Json("[]");
  const auto series =
      dependencies_.exemplars->SelectExemplars(range.start_ms, range.end_ms, selectors);
  if (!series) return ApiError{ApiErrorType::kExecution, series.error().message()};
  return ApiResult::Json(ExemplarsJson(*series));
}

ApiResult QueryApi::RunningQueries(const http::Request&) const {
  std::string data;
  JsonWriter json(data);
  json.BeginArray();
  for (const promql::RunningQuery& query : dependencies_.engine.running_queries().List()) {
    json.BeginObject();
    json.KeyString("id", std::to_string(query.id));
    json.KeyString("query", query.text);
    json.KeyString("lane", query.is_rule ? "rules" : "interactive");
    json.KeyString("state", query.is_waiting ? "waiting" : "running");
    json.KeyDouble("start", static_cast<double>(query.start_ms) / 1e3);
    json.KeyDouble("end", static_cast<double>(query.end_ms) / 1e3);
    json.KeyDouble("step", static_cast<double>(query.step_ms) / 1e3);
    json.KeyDouble("elapsedSeconds", static_cast<double>(query.elapsed_ns) * 1e-9);
    json.KeyInt("heldSamples", static_cast<int64_t>(query.held_samples));
    json.KeyInt("readSamples", static_cast<int64_t>(query.read_samples));
    json.KeyInt("usedBytes", static_cast<int64_t>(query.used_bytes));
    json.EndObject();
  }
  json.EndArray();
  return ApiResult::Json(std::move(data));
}

ApiResult QueryApi::CancelQuery(const http::Request& request) const {
  const std::string_view text = request.PathParameter("id");
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) {
    return BadData(fmt::format("\"{}\" is no id of a query", text));
  }
  if (dependencies_.engine.running_queries().Cancel(id)) return {};
  return ApiError{ApiErrorType::kNotFound, fmt::format("no query {} is running", id)};
}

ApiResult QueryApi::FormatQuery(const http::Request& request) const {
  const auto expr = promql::ParseExpr(request.Parameter("query"), parser_options());
  if (!expr) return InvalidParameter("query", expr.error().message());
  std::string data;
  JsonWriter(data).String(promql::PrettyPrintExpr(**expr));
  return ApiResult::Json(std::move(data));
}

ApiResult QueryApi::ParseQuery(const http::Request& request) const {
  const auto expr = promql::ParseExpr(request.Parameter("query"), parser_options());
  if (!expr) return InvalidParameter("query", expr.error().message());
  return ApiResult::Json(SyntaxTreeJson(**expr));
}

promql::ParserOptions QueryApi::parser_options() const {
  const promql::EngineOptions& engine = dependencies_.engine.options();
  promql::ParserOptions options;
  options.enable_experimental_functions = engine.enable_experimental_functions;
  options.enable_extended_range_selectors = engine.enable_extended_range_selectors;
  options.enable_binop_fill_modifiers = engine.enable_binop_fill_modifiers;
  return options;
}

}  // namespace tocsin::web
