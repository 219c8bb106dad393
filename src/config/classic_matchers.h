#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"

namespace tocsin::config {

/// Alertmanager's old matcher grammar: legacy names; values bare (even empty, or with spaces) or in
/// double quotes with the escapes \", \\ and \n.
Result<std::vector<Matcher>> ParseClassicMatchers(std::string_view text);
Result<Matcher> ParseClassicMatcher(std::string_view text);

}  // namespace tocsin::config
