#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/labels.h"

namespace tocsin::promql::reference {

// PromQL for floats as its documentation tells it, sample by sample: slow, plain, and sharing no
// code with the engine, its parser included. Queries are trees that can be written out.

using Samples = std::map<int64_t, double>;  ///< By time in ms; may hold stale markers.
using Database = std::map<Labels, Samples>;

struct Element {
  Labels labels;
  double value;
};
using Vector = std::vector<Element>;

/// A node of a query. What the fields mean depends on `kind`.
struct Query {
  enum class Kind {
    kSelector,   // name{matchers} @ at offset o
    kWindow,     // function(child[range]), or of a subquery when step_ms > 0
    kFunction,   // function(child), function(child, number)
    kAggregate,  // function by (labels) (child)
    kScalar,     // child op number
    kJoin,       // left op on (labels) right
    kSet,        // left op on (labels) right
    kAbsent,
  };
  Kind kind = Kind::kSelector;
  std::string name;   ///< Of the metric, function, aggregation or operator.
  std::string label;  ///< Of the one matcher, or none.
  std::string matcher = "=";
  std::string value;
  int64_t offset_ms = 0;
  std::optional<int64_t> at_ms;
  int64_t range_ms = 0;
  int64_t step_ms = 0;
  std::optional<double> number;
  bool is_bool = false;
  bool is_inverse = false;  ///< `without`, `ignoring`.
  bool number_is_left = false;
  std::vector<std::string> labels;
  std::vector<std::shared_ptr<const Query>> children;

  std::string Text() const;
};

/// The answer at one time; nothing where the query has to fail.
std::optional<Vector> Evaluate(const Query& query, const Database& database, int64_t time_ms,
                               int64_t lookback_ms);

}  // namespace tocsin::promql::reference
