#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/labels.h"
#include "promql/ast.h"
#include "storage/queryable.h"

namespace tocsin::promql {

/// Names the series of an operator's output. Label sets are built when somebody asks, so a sum over
/// a million series never builds them. Immutable; thread-safe.
class SeriesTable {
 public:
  virtual ~SeriesTable() = default;
  virtual size_t size() const = 0;
  /// The labels of a series, __name__ included while its removal is only pending.
  virtual Labels LabelsOf(size_t index) const = 0;
  /// Whether __name__ (with __type__ and __unit__) is to be removed at the end of the query. Only
  /// with delayed name removal; without it names go at once and this is false.
  virtual bool DropsName(size_t index) const = 0;
  /// Whether series that differ are sure to differ without their names, too.
  virtual bool HasUniformNames() const { return false; }
  /// As storage::SeriesSet::GroupBy.
  virtual storage::SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const;
};

using SeriesTablePtr = std::shared_ptr<const SeriesTable>;

/// The series of a selection.
class SelectedSeries final : public SeriesTable {
 public:
  /// Keeps `set` alive.
  SelectedSeries(std::shared_ptr<const storage::SeriesSet> set, const VectorSelector& selector);
  size_t size() const override { return set_->size(); }
  Labels LabelsOf(size_t index) const override { return set_->LabelsOf(index); }
  bool DropsName(size_t) const override { return false; }
  bool HasUniformNames() const override { return has_uniform_names_; }
  storage::SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const override;

 private:
  const std::shared_ptr<const storage::SeriesSet> set_;
  bool has_uniform_names_;
};

/// A list of label sets.
class LabelList final : public SeriesTable {
 public:
  explicit LabelList(std::vector<Labels> labels) : LabelList(std::move(labels), {}) {}
  /// `drops_name` is empty (none does) or has an entry for each series.
  LabelList(std::vector<Labels> labels, std::vector<bool> drops_name)
      : labels_(std::move(labels)), drops_name_(std::move(drops_name)) {}
  size_t size() const override { return labels_.size(); }
  Labels LabelsOf(size_t index) const override { return labels_[index]; }
  bool DropsName(size_t index) const override { return !drops_name_.empty() && drops_name_[index]; }

 private:
  const std::vector<Labels> labels_;
  const std::vector<bool> drops_name_;
};

/// `labels` without __name__, __type__ and __unit__.
Labels DropReservedLabels(const Labels& labels);

/// The series of `inner` without their names: at once, or marked for the end when `delayed`.
SeriesTablePtr WithoutNames(SeriesTablePtr inner, bool delayed);

/// All label sets of a table.
std::vector<Labels> AllLabels(const SeriesTable& table);
/// DropsName of all series, or empty when none does.
std::vector<bool> AllDropsName(const SeriesTable& table);

}  // namespace tocsin::promql
