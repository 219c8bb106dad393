#pragma once

#include <string>

namespace tocsin {

/// Appends the shortest digits that read back as the finite `value`, without an exponent, padded
/// with zeros: 1e23 is a 1 and 23 zeros (Go's 'f' with precision -1), not its exact binary value.
void AppendShortestFixed(std::string& out, double value);

/// The same digits as d.ddde±XX, the exponent in at least `min_exponent_digits` digits.
void AppendShortestExponent(std::string& out, double value, int min_exponent_digits = 2);

}  // namespace tocsin
