#pragma once

#include "telemetry/registry.h"
#include "tsdb/exemplar_metrics.h"
#include "tsdb/sample_verdict.h"

namespace tocsin::tsdb {

/// A counter of floats and one of native histograms.
struct CounterByType {
  telemetry::Counter& floats;
  telemetry::Counter& histograms;
  telemetry::Counter& Of(SampleKind kind) const {
    return kind == SampleKind::kFloat ? floats : histograms;
  }
};

/// The head's own metrics, under Prometheus' names. Thread-safe; lives as long as the registry.
struct HeadMetrics {
  explicit HeadMetrics(telemetry::Registry& registry);

  CounterByType samples_appended;
  CounterByType out_of_order_samples_appended;
  telemetry::Counter& series_created;
  telemetry::Counter& series_removed;
  telemetry::Counter& series_refused;
  CounterByType out_of_order_samples;
  CounterByType out_of_bound_samples;
  CounterByType too_old_samples;
  telemetry::Histogram& out_of_order_delta;
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
  ExemplarMetrics exemplars;
};

}  // namespace tocsin::tsdb
