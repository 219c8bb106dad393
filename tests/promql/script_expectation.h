#pragma once

#include <string>
#include <vector>

#include "promql/result.h"
#include "promql/script.h"

namespace tocsin::promql {

// What is wrong with an answer, in words; "" when it is as expected.

std::string CheckValue(const EvalCommand& eval, const QueryResult& result);
std::string CheckVector(const EvalCommand& eval, const InstantVector& vector);
std::string CheckScalar(const EvalCommand& eval, double value);
std::string CheckFailure(const EvalCommand& eval, const std::string& message);
std::string CheckAnnotations(const EvalCommand& eval, const QueryResult& result);

}  // namespace tocsin::promql
