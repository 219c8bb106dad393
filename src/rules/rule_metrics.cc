#include "rules/rule_metrics.h"

namespace tocsin::rules {
namespace {

telemetry::LabelPairs GroupLabel(const std::string& file, const std::string& group) {
  return {{"rule_group", file + ";" + group}};
}

}  // namespace

RuleMetrics::RuleMetrics(telemetry::Registry& metrics)
    : registry(metrics),
      evaluation_duration_seconds(metrics.AddSummary("prometheus_rule_evaluation_duration_seconds",
                                                     "The duration for a rule to execute.")),
      group_duration_seconds(metrics.AddSummary("prometheus_rule_group_duration_seconds",
                                                "The duration of rule group evaluations.")) {}

GroupMetrics::GroupMetrics(telemetry::Registry& registry, const std::string& file,
                           const std::string& group)
    : evaluations(registry.AddCounter("prometheus_rule_evaluations_total",
                                      "The total number of rule evaluations.",
                                      GroupLabel(file, group))),
      evaluation_failures(registry.AddCounter("prometheus_rule_evaluation_failures_total",
                                              "The total number of rule evaluation failures.",
                                              GroupLabel(file, group))),
      iterations(registry.AddCounter(
          "prometheus_rule_group_iterations_total",
          "The total number of scheduled rule group evaluations, whether executed or missed.",
          GroupLabel(file, group))),
      iterations_missed(registry.AddCounter(
          "prometheus_rule_group_iterations_missed_total",
          "The total number of rule group evaluations missed due to slow rule group evaluation.",
          GroupLabel(file, group))),
      interval_seconds(registry.AddGauge("prometheus_rule_group_interval_seconds",
                                         "The interval of a rule group.", GroupLabel(file, group))),
      last_evaluation_timestamp_seconds(registry.AddGauge(
          "prometheus_rule_group_last_evaluation_timestamp_seconds",
          "The timestamp of the last rule group evaluation in seconds.", GroupLabel(file, group))),
      last_duration_seconds(registry.AddGauge("prometheus_rule_group_last_duration_seconds",
                                              "The duration of the last rule group evaluation.",
                                              GroupLabel(file, group))),
      last_rule_duration_sum_seconds(registry.AddGauge(
          "prometheus_rule_group_last_rule_duration_sum_seconds",
          "The sum of time in seconds it took to evaluate each rule in the group regardless of "
          "concurrency. This should be higher than the group duration if rules are evaluated "
          "concurrently.",
          GroupLabel(file, group))),
      last_restore_duration_seconds(registry.AddGauge(
          "prometheus_rule_group_last_restore_duration_seconds",
          "The duration of the last alert rules alerts restoration using the `ALERTS_FOR_STATE` "
          "series across all rules.",
          GroupLabel(file, group))),
      rules(registry.AddGauge("prometheus_rule_group_rules", "The number of rules.",
                              GroupLabel(file, group))),
      last_evaluation_samples(
          registry.AddGauge("prometheus_rule_group_last_evaluation_samples",
                            "The number of samples returned during the last rule group evaluation.",
                            GroupLabel(file, group))) {}

}  // namespace tocsin::rules
