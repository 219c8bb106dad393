#pragma once

#include "promql/ast.h"
#include "promql/row_source.h"

namespace tocsin::promql {

/// One side of an operator at a step: a histogram, or a float where the pointer is null.
struct Operand {
  double value = 0;
  const HistogramPtr* histogram = nullptr;
};

/// What an operator makes of two operands of which at least one is a histogram.
struct HistogramOutcome {
  bool is_defined = false;  ///< Else the element is dropped, and a note says why.
  bool holds = false;       ///< Of a comparison; true for the rest.
  HistogramPtr histogram;   ///< Of a comparison the left one.
};

HistogramOutcome ApplyToHistograms(BinaryOp op, const Operand& left, const Operand& right,
                                   PositionRange position, Annotations& annotations);

}  // namespace tocsin::promql
