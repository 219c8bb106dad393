#pragma once

#include <string>
#include <vector>

namespace tocsin::config {

/// What a user should know about a configuration that loads: one sentence each, with its place, in
/// file order. `app` logs them. Example: `prometheus.yml:12:1: remote_write is not supported yet
/// and is ignored`.
using ConfigWarnings = std::vector<std::string>;

}  // namespace tocsin::config
