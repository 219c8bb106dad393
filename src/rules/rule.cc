#include "rules/rule.h"

#include "promql/ast.h"
#include "promql/printer.h"

namespace tocsin::rules {

Rule::Rule(std::string name, std::shared_ptr<const promql::PreparedQuery> query, LabelPairs labels)
    : name_(std::move(name)),
      query_(std::move(query)),
      query_text_(promql::PrintExpr(query_->expr())),
      labels_(std::move(labels)) {}

std::string Rule::Identity() const {
  std::string identity = is_alerting() ? "alert" : "record";
  identity += '\xff' + name_;
  for (const auto& [label, value] : labels_) identity += '\xff' + label + '\xfe' + value;
  return identity;
}

void Rule::SetEvaluated(int64_t start_ns, double seconds) {
  MutexLock lock(mutex_);
  last_evaluation_ns_ = start_ns;
  evaluation_seconds_ = seconds;
}

void Rule::SetHealth(RuleHealth health, std::string error) {
  MutexLock lock(mutex_);
  health_ = health;
  last_error_ = std::move(error);
}

double Rule::evaluation_seconds() const {
  MutexLock lock(mutex_);
  return evaluation_seconds_;
}

bool Rule::was_evaluated() const {
  MutexLock lock(mutex_);
  return last_evaluation_ns_ != 0;
}

RuleView Rule::BaseView() const {
  RuleView view;
  view.is_alerting = is_alerting();
  view.name = name_;
  view.query = query_text_;
  view.labels = labels_;
  MutexLock lock(mutex_);
  view.health = health_;
  view.last_error = last_error_;
  view.evaluation_seconds = evaluation_seconds_;
  view.last_evaluation_ns = last_evaluation_ns_;
  return view;
}

}  // namespace tocsin::rules
