#include "app/default_config.h"

#include <fmt/core.h>

#include "app/embedded_rules.h"
#include "model/labels.h"

namespace tocsin::app {

namespace {

constexpr LocalExporter kUsualExporters[] = {{"node", 9100}, {"redis", 9121}};

std::string ScrapeJob(std::string_view job, const std::string& address) {
  return fmt::format("  - job_name: {}\n    static_configs:\n      - targets: [{}]\n", job,
                     GoQuote(address));
}

}  // namespace

std::span<const LocalExporter> UsualLocalExporters() { return kUsualExporters; }

Result<std::vector<std::string>> WriteEmbeddedRules(Fs& fs, const std::string& directory) {
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(directory));
  std::vector<std::string> paths;
  for (const EmbeddedFile& file : EmbeddedRules()) {
    std::string path = fmt::format("{}/{}", directory, file.name);
    // Written anew at each start: they belong to the binary, not to the user.
    TOCSIN_RETURN_IF_ERROR(fs.WriteFileAtomically(path, file.content));
    paths.push_back(std::move(path));
  }
  return paths;
}

std::string DefaultPrometheusConfig(const std::string& own_address,
                                    std::span<const LocalExporter> exporters,
                                    std::span<const std::string> rule_files) {
  std::string yaml =
      "global:\n  scrape_interval: 5s\n  scrape_timeout: 5s\n  evaluation_interval: 5s\n";
  yaml += "rule_files:\n";
  for (const std::string& path : rule_files) yaml += fmt::format("  - {}\n", GoQuote(path));
  yaml += "scrape_configs:\n" + ScrapeJob("tocsin", own_address);
  for (const LocalExporter& exporter : exporters) {
    yaml += ScrapeJob(exporter.job, fmt::format("localhost:{}", exporter.port));
  }
  return yaml;
}

std::string DefaultAlertmanagerConfig() {
  return fmt::format(
      "route:\n  receiver: {0}\n  group_by: [alertname, job]\n  group_wait: 5s\n"
      "  group_interval: 30s\n  repeat_interval: 4h\nreceivers:\n  - name: {0}\n",
      kConsoleReceiver);
}

}  // namespace tocsin::app
