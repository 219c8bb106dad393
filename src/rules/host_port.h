#pragma once

#include <string>
#include <string_view>

namespace tocsin::rules {

/// `host:port` without the port, `[::1]:80` as `::1`; anything else as it is.
std::string StripPort(std::string_view host_port);

/// `a.b.c:80` as `a:80`; addresses and names without dots as they are.
std::string StripDomain(std::string_view host_port);

}  // namespace tocsin::rules
