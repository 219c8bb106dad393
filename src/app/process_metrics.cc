#include "app/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "app/version.h"

namespace tocsin::app {

namespace {

uint64_t CountOpenFiles() {
  uint64_t count = 0;
  if (DIR* directory = opendir("/proc/self/fd")) {
    while (readdir(directory) != nullptr) ++count;
    closedir(directory);
    count -= 3;  // ".", ".." and the directory itself.
  }
  return count;
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  ProcessUsage usage;
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // Fields are counted from behind the command's name, which may have spaces in it (proc(5)).
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return usage;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  uint64_t ticks = 0;
  for (int number = 3; fields >> field; ++number) {
    if (number == 14 || number == 15) ticks += std::stoull(field);
    if (number == 20) usage.threads = std::stoull(field);
    if (number == 23) usage.virtual_bytes = std::stoull(field);
    if (number == 24) {
      usage.resident_bytes = std::stoull(field) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
      break;
    }
  }
  usage.cpu_seconds = static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  usage.open_files = CountOpenFiles();
  return usage;
}

ProcessMetrics::ProcessMetrics(const char* build_info, const Clock& clock,
                               telemetry::Registry& registry)
    : registry_(registry),
      cpu_seconds_(registry.AddCounter("process_cpu_seconds_total",
                                       "Total user and system CPU time spent in seconds.")),
      resident_bytes_(
          registry.AddGauge("process_resident_memory_bytes", "Resident memory size in bytes.")),
      virtual_bytes_(
          registry.AddGauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")),
      open_files_(registry.AddGauge("process_open_fds", "Number of open file descriptors.")),
      max_files_(registry.AddGauge("process_max_fds", "Maximum number of open file descriptors.")),
      threads_(registry.AddGauge("process_threads", "Number of threads.")) {
  registry
      .AddGauge("process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.")
      .Set(static_cast<double>(clock.NowMs()) / 1000);
  registry
      .AddGauge(build_info, "A metric with a constant '1' value labeled by version.",
                {{"version", kPrometheusVersion}, {"tocsin_version", kVersion}})
      .Set(1);
  refresh_id_ = registry.AddRefresh([this] { Refresh(); });
}

ProcessMetrics::~ProcessMetrics() { registry_.RemoveRefresh(refresh_id_); }

void ProcessMetrics::Refresh() {
  const ProcessUsage usage = ReadProcessUsage();
  if (usage.cpu_seconds > cpu_seconds_.value()) {
    cpu_seconds_.Increment(usage.cpu_seconds - cpu_seconds_.value());
  }
  resident_bytes_.Set(static_cast<double>(usage.resident_bytes));
  virtual_bytes_.Set(static_cast<double>(usage.virtual_bytes));
  open_files_.Set(static_cast<double>(usage.open_files));
  threads_.Set(static_cast<double>(usage.threads));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) max_files_.Set(static_cast<double>(limit.rlim_cur));
}

}  // namespace tocsin::app
