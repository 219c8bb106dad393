#include "promql/label_functions.h"

#include <algorithm>

#include "model/regex.h"

namespace tocsin::promql {
namespace {

Error Invalid(std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

/// Collects changed label sets; who writes __name__ wants it kept.
class ChangedLabels {
 public:
  explicit ChangedLabels(const SeriesTable& table) : table_(table) {}

  void Keep(size_t index, Labels labels) { Push(std::move(labels), table_.DropsName(index)); }
  void Set(size_t index, const Labels& labels, const std::string& name, std::string_view value) {
    LabelsBuilder builder(labels);
    builder.Set(name, value);
    Push(builder.Build(), name != kMetricNameLabel && table_.DropsName(index));
  }
  SeriesTablePtr Table() {
    return std::make_shared<LabelList>(std::move(labels_), std::move(drops_name_));
  }

 private:
  void Push(Labels labels, bool drops_name) {
    labels_.push_back(std::move(labels));
    drops_name_.push_back(drops_name);
  }

  const SeriesTable& table_;
  std::vector<Labels> labels_;
  std::vector<bool> drops_name_;
};

}  // namespace

Result<SeriesTablePtr> ReplaceLabel(const SeriesTable& table, const LabelReplacement& change) {
  const Result<Regex> regex = Regex::Compile(change.pattern);
  if (!regex.ok()) {
    return Invalid("invalid regular expression in label_replace(): " + change.pattern);
  }
  if (!IsValidUtf8Name(change.destination)) {
    return Invalid("invalid destination label name in label_replace(): " + change.destination);
  }
  ChangedLabels changed(table);
  for (size_t i = 0; i < table.size(); ++i) {
    Labels labels = table.LabelsOf(i);
    std::string value;
    if (regex->Expand(labels.Get(change.source), change.replacement, value)) {
      changed.Set(i, labels, change.destination, value);
    } else {
      changed.Keep(i, std::move(labels));
    }
  }
  return changed.Table();
}

Result<SeriesTablePtr> JoinLabels(const SeriesTable& table, const std::string& destination,
                                  const std::string& separator,
                                  const std::vector<std::string>& sources) {
  for (const std::string& source : sources) {
    if (!IsValidUtf8Name(source)) {
      return Invalid("invalid source label name in label_join(): " + source);
    }
  }
  if (!IsValidUtf8Name(destination)) {
    return Invalid("invalid destination label name in label_join(): " + destination);
  }
  ChangedLabels changed(table);
  for (size_t i = 0; i < table.size(); ++i) {
    const Labels labels = table.LabelsOf(i);
    std::string value;
    for (size_t s = 0; s < sources.size(); ++s) {
      if (s > 0) value += separator;
      value += labels.Get(sources[s]);
    }
    changed.Set(i, labels, destination, value);
  }
  return changed.Table();
}

Labels LabelsOfAbsent(const Expr& argument) {
  const VectorSelector* selector = TryAs<VectorSelector>(&argument);
  if (const auto* matrix = TryAs<MatrixSelector>(&argument)) selector = matrix->selector.get();
  if (selector == nullptr) return {};
  LabelsBuilder builder;
  std::vector<std::string_view> seen;
  for (const Matcher& matcher : selector->matchers) {
    if (matcher.name() == kMetricNameLabel) continue;
    const bool is_first = std::find(seen.begin(), seen.end(), matcher.name()) == seen.end();
    if (matcher.type() == MatchType::kEqual && is_first) {
      builder.Set(matcher.name(), matcher.value());
      seen.push_back(matcher.name());
    } else {
      builder.Delete(matcher.name());
    }
  }
  return builder.Build();
}

}  // namespace tocsin::promql
