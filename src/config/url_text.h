#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::config {

/// Whether Go's url.Parse would take `url`; the error has its text: `parse "://x": missing protocol
/// scheme`.
Status CheckUrl(std::string_view url);

/// CheckUrl, and the URL must be http or https with a host, as receivers demand.
Status CheckHttpUrl(std::string_view url);

/// `url` with a password in it replaced by `xxxxx`.
std::string RedactUrl(std::string_view url);

}  // namespace tocsin::config
