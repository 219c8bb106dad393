#pragma once

#include <string_view>

namespace tocsin::config {

/// How Go's yaml.v2 would write a string.
enum class ScalarStyle { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral };

/// The style for the string `text`; `is_key` and `in_flow` say where it stands.
ScalarStyle ChooseScalarStyle(std::string_view text, bool is_key, bool in_flow);

/// Whether plain `text` would be read as something else than a string: a number, a boolean, null, a
/// time.
bool ResolvesToNonString(std::string_view text);

}  // namespace tocsin::config
