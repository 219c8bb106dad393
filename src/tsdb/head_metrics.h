#pragma once

#include "telemetry/registry.h"

namespace tocsin::tsdb {

/// The head's own metrics, under Prometheus' names. Thread-safe; lives as long as the registry.
struct HeadMetrics {
  explicit HeadMetrics(telemetry::Registry& registry);

  telemetry::Counter& samples_appended;
  telemetry::Counter& series_created;
  telemetry::Counter& series_removed;
  telemetry::Counter& out_of_order_samples;
  telemetry::Counter& out_of_bound_samples;
  telemetry::Counter& duplicate_samples;
  telemetry::Counter& truncations;
  telemetry::Gauge& series;
  telemetry::Gauge& chunks;
  telemetry::Gauge& min_time;
  telemetry::Gauge& max_time;
  telemetry::Gauge& min_time_seconds;
  telemetry::Gauge& max_time_seconds;
  telemetry::Gauge& lowest_timestamp;
  telemetry::Gauge& lowest_timestamp_seconds;
  telemetry::Gauge& active_appenders;
  telemetry::Gauge& retention_limit_seconds;
  telemetry::Gauge& replay_duration_seconds;
  telemetry::Gauge& symbol_table_bytes;
  telemetry::Gauge& memory_bytes;
};

}  // namespace tocsin::tsdb
