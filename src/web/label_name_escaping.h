#pragma once

#include <string>
#include <string_view>

namespace tocsin::web {

/// The name that `U__my_2e_metric` stands for in a path: `_2e_` is a code point in hexadecimal,
/// `__` an underscore. A name without the prefix or with a broken escape stays as it is.
std::string UnescapeLabelName(std::string_view name);

/// `name` with every character that Prometheus 2 did not allow replaced by an underscore.
std::string ReplaceNonLegacyCharacters(std::string_view name, bool allow_colon);

}  // namespace tocsin::web
