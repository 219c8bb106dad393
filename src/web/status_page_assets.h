#pragma once

#include <string_view>

namespace tocsin::web {

/// The status page's style and script. Neither holds anything from outside.
extern const std::string_view kStatusPageStyle;
extern const std::string_view kStatusPageScript;

}  // namespace tocsin::web
