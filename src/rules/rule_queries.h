#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/cancel.h"
#include "base/result.h"
#include "promql/engine.h"
#include "storage/queryable.h"

namespace tocsin::rules {

/// The questions rules ask. Thread-safe.
class RuleQueries {
 public:
  virtual ~RuleQueries() = default;
  /// Parses and checks. kInvalidArgument with a position.
  virtual Result<std::shared_ptr<const promql::PreparedQuery>> Prepare(std::string_view expr) = 0;
  /// Evaluates at `time_ms`; a scalar becomes one sample without labels. `cancel` may be null.
  virtual Result<promql::InstantVector> Query(const promql::PreparedQuery& query, int64_t time_ms,
                                              CancelToken* cancel) = 0;
};

/// Asks the engine, in the lane that dashboards cannot fill. Keeps references to both.
class EngineRuleQueries final : public RuleQueries {
 public:
  EngineRuleQueries(promql::Engine& engine, storage::Queryable& queryable)
      : engine_(engine), queryable_(queryable) {}
  Result<std::shared_ptr<const promql::PreparedQuery>> Prepare(std::string_view expr) override;
  Result<promql::InstantVector> Query(const promql::PreparedQuery& query, int64_t time_ms,
                                      CancelToken* cancel) override;

 private:
  promql::Engine& engine_;
  storage::Queryable& queryable_;
};

}  // namespace tocsin::rules
