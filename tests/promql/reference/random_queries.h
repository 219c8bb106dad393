#pragma once

#include <random>

#include "promql/reference/reference_evaluator.h"

namespace tocsin::promql::reference {

/// Series of a few names and labels with gaps, restarts, stale markers and odd values.
Database RandomDatabase(std::mt19937_64& random);

/// A query over such a database, at most `depth` levels deep.
std::shared_ptr<const Query> RandomQuery(std::mt19937_64& random, int depth);

}  // namespace tocsin::promql::reference
