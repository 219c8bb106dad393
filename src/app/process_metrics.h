#pragma once

#include "base/clock.h"
#include "telemetry/registry.h"

namespace tocsin::app {

/// Keeps process_* and *_build_info metrics, read from /proc before each exposition, in `registry`
/// for as long as it lives.
class ProcessMetrics {
 public:
  /// `build_info` as in "prometheus_build_info".
  ProcessMetrics(const char* build_info, const Clock& clock, telemetry::Registry& registry);
  ~ProcessMetrics();
  ProcessMetrics(const ProcessMetrics&) = delete;
  ProcessMetrics& operator=(const ProcessMetrics&) = delete;

 private:
  void Refresh();

  telemetry::Registry& registry_;
  telemetry::Counter& cpu_seconds_;
  telemetry::Gauge& resident_bytes_;
  telemetry::Gauge& virtual_bytes_;
  telemetry::Gauge& open_files_;
  telemetry::Gauge& max_files_;
  telemetry::Gauge& threads_;
  uint64_t refresh_id_ = 0;
};

/// What /proc says of this process.
struct ProcessUsage {
  double cpu_seconds = 0;
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_files = 0;
  uint64_t threads = 0;
};
ProcessUsage ReadProcessUsage();

}  // namespace tocsin::app
