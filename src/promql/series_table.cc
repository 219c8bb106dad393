#include "promql/series_table.h"

#include <algorithm>
#include <unordered_map>

namespace tocsin::promql {
namespace {

constexpr std::string_view kTypeLabel = "__type__";
constexpr std::string_view kUnitLabel = "__unit__";

bool IsReserved(std::string_view name) {
  return name == kMetricNameLabel || name == kTypeLabel || name == kUnitLabel;
}

bool SelectsOneName(const VectorSelector& selector) {
  return std::any_of(selector.matchers.begin(), selector.matchers.end(), [](const Matcher& m) {
    return m.name() == kMetricNameLabel && m.type() == MatchType::kEqual && !m.value().empty();
  });
}

class NamelessSeries final : public SeriesTable {
 public:
  explicit NamelessSeries(SeriesTablePtr inner) : inner_(std::move(inner)) {}
  size_t size() const override { return inner_->size(); }
  Labels LabelsOf(size_t index) const override {
    return DropReservedLabels(inner_->LabelsOf(index));
  }
  bool DropsName(size_t) const override { return false; }
  bool HasUniformNames() const override { return inner_->HasUniformNames(); }
  storage::SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const override {
    std::vector<std::string> changed(names.begin(), names.end());
    if (without) {
      changed.insert(changed.end(), {std::string(kTypeLabel), std::string(kUnitLabel)});
    } else {
      std::erase_if(changed, IsReserved);
    }
    return inner_->GroupBy(changed, without);
  }

 private:
  const SeriesTablePtr inner_;
};

class PendingNameless final : public SeriesTable {
 public:
  explicit PendingNameless(SeriesTablePtr inner) : inner_(std::move(inner)) {}
  size_t size() const override { return inner_->size(); }
  Labels LabelsOf(size_t index) const override { return inner_->LabelsOf(index); }
  bool DropsName(size_t) const override { return true; }
  bool HasUniformNames() const override { return inner_->HasUniformNames(); }
  storage::SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const override {
    return inner_->GroupBy(names, without);
  }

 private:
  const SeriesTablePtr inner_;
};

}  // namespace

storage::SeriesGrouping SeriesTable::GroupBy(std::span<const std::string> names,
                                             bool without) const {
  std::vector<std::string> changed(names.begin(), names.end());
  if (without) changed.emplace_back(kMetricNameLabel);
  storage::SeriesGrouping grouping;
  grouping.group_of_series.reserve(size());
  std::unordered_map<Labels, uint32_t, LabelsHash> groups;
  for (size_t i = 0; i < size(); ++i) {
    const Labels labels = LabelsOf(i);
    Labels key = without ? labels.Without(changed) : labels.Only(changed);
    const auto next = static_cast<uint32_t>(grouping.group_labels.size());
    const auto [at, inserted] = groups.try_emplace(key, next);
    if (inserted) grouping.group_labels.push_back(std::move(key));
    grouping.group_of_series.push_back(at->second);
  }
  return grouping;
}

SelectedSeries::SelectedSeries(std::shared_ptr<const storage::SeriesSet> set,
                               const VectorSelector& selector)
    : set_(std::move(set)), has_uniform_names_(SelectsOneName(selector)) {}

storage::SeriesGrouping SelectedSeries::GroupBy(std::span<const std::string> names,
                                                bool without) const {
  return set_->GroupBy(names, without);
}

Labels DropReservedLabels(const Labels& labels) {
  static const std::vector<std::string> kReserved = {
      std::string(kMetricNameLabel), std::string(kTypeLabel), std::string(kUnitLabel)};
  return labels.Without(kReserved);
}

SeriesTablePtr WithoutNames(SeriesTablePtr inner, bool delayed) {
  if (delayed) return std::make_shared<PendingNameless>(std::move(inner));
  return std::make_shared<NamelessSeries>(std::move(inner));
}

std::vector<Labels> AllLabels(const SeriesTable& table) {
  std::vector<Labels> labels;
  labels.reserve(table.size());
  for (size_t i = 0; i < table.size(); ++i) labels.push_back(table.LabelsOf(i));
  return labels;
}

std::vector<bool> AllDropsName(const SeriesTable& table) {
  std::vector<bool> drops(table.size());
  for (size_t i = 0; i < table.size(); ++i) drops[i] = table.DropsName(i);
  if (std::none_of(drops.begin(), drops.end(), [](bool drop) { return drop; })) drops.clear();
  return drops;
}

}  // namespace tocsin::promql
