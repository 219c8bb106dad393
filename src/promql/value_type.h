#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::promql {

/// What an expression evaluates to.
enum class ValueType : uint8_t { kNone, kScalar, kVector, kMatrix, kString };

/// The word of the HTTP API and of printed trees: "none", "scalar", "vector", "matrix", "string".
std::string_view ValueTypeName(ValueType type);

/// The words of error messages: "scalar", "instant vector", "range vector", "string".
std::string_view DocumentedValueType(ValueType type);

}  // namespace tocsin::promql
