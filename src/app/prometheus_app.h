#pragma once

#include <string>
#include <vector>

namespace tocsin::app {

/// Runs Tocsin, or Prometheus as `program` says, until it is told to stop; the exit code. Main
/// thread only.
int RunPrometheus(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace tocsin::app
