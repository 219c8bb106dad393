#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"

namespace tocsin::config {

/// Alertmanager's new matcher grammar: names and values are bare words without reserved characters,
/// or Go string literals; braces around the list and a comma at its end are optional.
Result<std::vector<Matcher>> ParseUtf8Matchers(std::string_view text);

/// Whether `c` may not stand in a bare word: space or any of {}!=~,\"'`.
bool IsReservedMatcherChar(char c);

}  // namespace tocsin::config
