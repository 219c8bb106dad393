#pragma once

#include "rules/rule.h"

namespace tocsin::rules {

/// Stores the result of its expression under a name of its own.
class RecordingRule final : public Rule {
 public:
  using Rule::Rule;
  /// Fails when two series become the same, or when there are more than the limit.
  Result<std::vector<OutputSample>> Evaluate(const EvaluationContext& context) override;
  RuleView View() const override { return BaseView(); }
  bool is_alerting() const override { return false; }
};

}  // namespace tocsin::rules
