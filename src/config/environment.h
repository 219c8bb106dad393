#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tocsin::config {

/// Replaces `$name` and `${name}` by `lookup(name)` as Go's os.Expand does; `$$` is a dollar sign.
std::string ExpandVariables(std::string_view text,
                            const std::function<std::string(const std::string&)>& lookup);

}  // namespace tocsin::config
