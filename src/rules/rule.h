#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/mutex.h"
#include "base/result.h"
#include "promql/engine.h"
#include "rules/rule_queries.h"
#include "rules/rule_views.h"

namespace tocsin::rules {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// When and how a rule is evaluated.
struct EvaluationContext {
  RuleQueries& queries;
  CancelToken* cancel = nullptr;  ///< May be null.
  int64_t time_ns = 0;  ///< Of the evaluation; queries and samples are query_offset before it.
  int64_t query_offset_ms = 0;
  int64_t interval_ns = 0;
  int64_t limit = 0;  ///< Of series or alerts; 0 means none.

  int64_t sample_time_ms() const { return time_ns / 1'000'000 - query_offset_ms; }
};

/// A sample that a rule puts out at the evaluation's sample time.
struct OutputSample {
  Labels labels;
  double value = 0;
};

/// A recording or alerting rule. Evaluate is called by one thread at a time; the other methods are
/// thread-safe.
class Rule {
 public:
  Rule(std::string name, std::shared_ptr<const promql::PreparedQuery> query, LabelPairs labels);
  virtual ~Rule() = default;
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;

  /// The samples of this evaluation, or why there are none.
  virtual Result<std::vector<OutputSample>> Evaluate(const EvaluationContext& context) = 0;
  /// What the API tells of it.
  virtual RuleView View() const = 0;
  virtual bool is_alerting() const = 0;

  const std::string& name() const { return name_; }
  const promql::PreparedQuery& query() const { return *query_; }
  /// As the printer writes it.
  const std::string& query_text() const { return query_text_; }
  /// With those of the group; templates as written. Sorted by name.
  const LabelPairs& labels() const { return labels_; }
  /// Name and labels: what makes a rule the same one after a reload.
  std::string Identity() const;

  /// Notes the outcome of an evaluation that began at `start_ns` and took `seconds`.
  void SetEvaluated(int64_t start_ns, double seconds);
  void SetHealth(RuleHealth health, std::string error);
  double evaluation_seconds() const;

 protected:
  RuleView BaseView() const;
  bool was_evaluated() const;

 private:
  const std::string name_;
  const std::shared_ptr<const promql::PreparedQuery> query_;  // Immutable, shared with nobody else.
  const std::string query_text_;
  const LabelPairs labels_;

  mutable Mutex mutex_;
  RuleHealth health_ GUARDED_BY(mutex_) = RuleHealth::kUnknown;
  std::string last_error_ GUARDED_BY(mutex_);
  double evaluation_seconds_ GUARDED_BY(mutex_) = 0;
  int64_t last_evaluation_ns_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::rules
