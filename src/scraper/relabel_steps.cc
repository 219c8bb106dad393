#include "scraper/relabel_steps.h"

#include <fmt/format.h>

namespace tocsin::scraper {

std::vector<RelabelStep> MakeRelabelSteps(std::span<const RelabelRule> rules,
                                          const Labels& labels) {
  std::vector<RelabelStep> steps;
  steps.reserve(rules.size());
  LabelsBuilder builder(labels);
  bool is_kept = true;
  for (const RelabelRule& rule : rules) {
    is_kept = is_kept && Relabel({&rule, 1}, builder);
    steps.push_back({rule, is_kept ? builder.Build() : Labels(), is_kept});
  }
  return steps;
}

std::string_view RelabelActionText(RelabelRule::Action action) {
  constexpr std::string_view kTexts[] = {"replace",   "keep",      "drop",     "keepequal",
                                         "dropequal", "hashmod",   "labelmap", "labeldrop",
                                         "labelkeep", "lowercase", "uppercase"};
  return kTexts[static_cast<size_t>(action)];
}

std::string DescribeDrop(std::span<const RelabelRule> rules, size_t index) {
  if (index >= rules.size()) return {};
  const RelabelRule& rule = rules[index];
  std::string text =
      fmt::format("relabel_configs[{}]: action {}, source_labels [{}]", index,
                  RelabelActionText(rule.action), fmt::join(rule.source_labels, ", "));
  const bool compares_labels = rule.action == RelabelRule::Action::kKeepEqual ||
                               rule.action == RelabelRule::Action::kDropEqual;
  text += compares_labels ? fmt::format(", target_label {}", rule.target_label)
                          : fmt::format(", regex {}", rule.regex.pattern());
  return text;
}

}  // namespace tocsin::scraper
