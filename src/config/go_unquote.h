#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::config {

/// The text of a Go string literal in double quotes, quotes included, as strconv.Unquote reads it;
/// nullopt when it is malformed.
std::optional<std::string> GoUnquote(std::string_view literal);

}  // namespace tocsin::config
