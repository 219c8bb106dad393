#include "rules/rule_queries.h"

#include <utility>

namespace tocsin::rules {

Result<std::shared_ptr<const promql::PreparedQuery>> EngineRuleQueries::Prepare(
    std::string_view expr) {
  return engine_.Prepare(expr);
}

Result<promql::InstantVector> EngineRuleQueries::Query(const promql::PreparedQuery& query,
                                                       int64_t time_ms, CancelToken* cancel) {
  promql::QueryOptions options;
  options.lane = promql::Lane::kRules;
  TOCSIN_ASSIGN_OR_RETURN(promql::QueryResult result,
                          engine_.Instant(queryable_, query, time_ms, options, cancel));
  if (auto* vector = std::get_if<promql::InstantVector>(&result.value)) return std::move(*vector);
  if (const auto* scalar = std::get_if<promql::ScalarValue>(&result.value))
    return promql::InstantVector{{Labels(), scalar->timestamp_ms, scalar->value, nullptr}};
  return Error(ErrorCode::kInvalidArgument, "rule result is not a vector or scalar");
}

}  // namespace tocsin::rules
