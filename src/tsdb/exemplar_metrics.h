#pragma once

#include "telemetry/registry.h"

namespace tocsin::tsdb {

/// What is counted of exemplars, under Prometheus' names. Thread-safe; lives as long as the
/// registry.
struct ExemplarMetrics {
  explicit ExemplarMetrics(telemetry::Registry& registry);

  telemetry::Counter& appended;
  telemetry::Counter& out_of_order;
  telemetry::Gauge& in_storage;
  telemetry::Gauge& series_in_storage;
  telemetry::Gauge& oldest_seconds;
  telemetry::Gauge& max_exemplars;
};

}  // namespace tocsin::tsdb
