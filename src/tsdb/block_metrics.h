#pragma once

#include "telemetry/registry.h"

namespace tocsin::tsdb {

/// The metrics of blocks, compaction and retention, under Prometheus' names. Thread-safe; lives as
/// long as the registry.
struct BlockMetrics {
  explicit BlockMetrics(telemetry::Registry& registry);

  telemetry::Gauge& blocks_loaded;
  telemetry::Gauge& blocks_bytes;
  telemetry::Gauge& quarantined;
  telemetry::Counter& reloads;
  telemetry::Counter& reloads_failed;
  telemetry::Counter& compactions;
  telemetry::Counter& vertical_compactions;
  telemetry::Counter& compactions_triggered;
  telemetry::Counter& compactions_failed;
  telemetry::Counter& time_retentions;
  telemetry::Counter& size_retentions;
  telemetry::Counter& rule_retentions;
  telemetry::Gauge& retention_limit_seconds;
  telemetry::Gauge& retention_limit_bytes;
  telemetry::Gauge& populating_block;
  telemetry::Histogram& compaction_seconds;
  telemetry::Histogram& tombstone_cleanup_seconds;
  telemetry::Gauge& lowest_timestamp;
  telemetry::Gauge& lowest_timestamp_seconds;
};

}  // namespace tocsin::tsdb
