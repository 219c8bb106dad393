#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"

namespace tocsin::app {

/// An exporter that people run on its usual port.
struct LocalExporter {
  const char* job;
  uint16_t port;
};

/// The exporters that the embedded default looks for: node on 9100, redis on 9121.
std::span<const LocalExporter> UsualLocalExporters();

/// Writes the shipped rule files below `directory` and returns their paths.
Result<std::vector<std::string>> WriteEmbeddedRules(Fs& fs, const std::string& directory);

/// The prometheus.yml of a start without one: Tocsin at `own_address` and the given exporters,
/// every 5 s, with `rule_files`.
std::string DefaultPrometheusConfig(const std::string& own_address,
                                    std::span<const LocalExporter> exporters,
                                    std::span<const std::string> rule_files);

/// The alertmanager.yml of a start without one: everything goes to the receiver `kConsoleReceiver`.
std::string DefaultAlertmanagerConfig();

/// The name of the receiver that prints pages to the terminal.
inline constexpr char kConsoleReceiver[] = "console";

}  // namespace tocsin::app
