#pragma once

#include <span>
#include <string>
#include <string_view>

#include "template/value.h"

namespace tocsin::templates {

// Go's fmt for the values that templates have.

/// Appends `value` as %v prints it. At the top nil is "<nil>".
void AppendValue(std::string& out, const Value& value);
std::string FormatValue(const Value& value);

/// fmt.Sprint: a space between operands when neither is a string.
std::string Sprint(std::span<const Value> values);
/// fmt.Sprintln: a space between all operands and a newline at the end.
std::string Sprintln(std::span<const Value> values);
/// fmt.Sprintf with flags `+-# 0`, width, precision, `*` and `[n]`. Mistakes in the format show up
/// in the text as in Go: `%!d(string=hi)`. Widths and precisions above 1e6 are refused like Go
/// does.
std::string Sprintf(std::string_view format, std::span<const Value> values);

}  // namespace tocsin::templates
