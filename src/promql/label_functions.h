#pragma once

#include <string>
#include <vector>

#include "promql/ast.h"
#include "promql/row_source.h"

namespace tocsin::promql {

/// label_replace: the series of `table` where `pattern` (anchored) matches the source label get
/// `replacement` (with $1, ${name}) as destination label; "" removes it.
struct LabelReplacement {
  std::string destination;
  std::string replacement;
  std::string source;
  std::string pattern;
};
Result<SeriesTablePtr> ReplaceLabel(const SeriesTable& table, const LabelReplacement& change);

/// label_join: the source labels, joined by `separator`, become the destination label.
Result<SeriesTablePtr> JoinLabels(const SeriesTable& table, const std::string& destination,
                                  const std::string& separator,
                                  const std::vector<std::string>& sources);

/// The labels of absent(): those that the selector's matchers demand by equality, each once.
Labels LabelsOfAbsent(const Expr& argument);

/// The rows of `frame` (one step) that have a float, in the order of sort() or sort_desc(): NaN
/// last.
Result<FramePtr> SortByValue(QueryContext& context, const Frame& frame, bool descending);

/// The rows of `frame` (one step) in natural order of the given labels, then of all.
Result<FramePtr> SortByLabels(QueryContext& context, const Frame& frame,
                              const std::vector<std::string>& names, bool descending);

/// The order of sort_by_label: runs of digits compare as numbers.
bool NaturalLess(std::string_view a, std::string_view b);

}  // namespace tocsin::promql
