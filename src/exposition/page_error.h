#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::exposition {

/// A piece of a page in Go's quotes for an error, cut after 1 KiB: a page without line ends must
/// not be quoted whole.
std::string QuoteExcerpt(std::string_view text);

/// kInvalidArgument: `message`, followed by the place of byte `at` of `page` as "(line 1, column
/// 2)".
Error ErrorAtPlace(std::string_view page, size_t at, std::string_view message);

}  // namespace tocsin::exposition
