#pragma once

#include <string>
#include <vector>

namespace tocsin::app {

/// Runs `tocsin tsdb COMMAND …`: work on a data directory that no server is using. Returns the exit
/// code: 0, 1 when something is wrong with the data, 2 when the command is. Main thread only.
int RunTsdbCommand(const std::vector<std::string>& arguments);

}  // namespace tocsin::app
