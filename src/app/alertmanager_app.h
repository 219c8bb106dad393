#pragma once

#include <string>
#include <vector>

namespace tocsin::app {

/// Runs Alertmanager alone until it is told to stop; the exit code. Main thread only.
int RunAlertmanager(const std::string& program, const std::vector<std::string>& arguments);

/// The features that --enable-feature may name, split at commas.
std::vector<std::string> SplitFeatures(const std::vector<std::string>& values);

}  // namespace tocsin::app
