#pragma once

#include <string_view>

#include "telemetry/registry.h"

namespace tocsin::tsdb {

/// The log's own metrics, under Prometheus' names. Thread-safe; lives as long as its registry.
struct WalMetrics {
  /// `prefix` begins most names: "prometheus_tsdb_wal", or that of the out-of-order log.
  WalMetrics(telemetry::Registry& registry, std::string_view prefix);

  telemetry::Histogram& fsync_duration_seconds;
  telemetry::Counter& page_flushes;
  telemetry::Counter& completed_pages;
  telemetry::Counter& fragments;
  telemetry::Counter& fragment_bytes;
  telemetry::Counter& saved_bytes;
  telemetry::Counter& writes_failed;
  telemetry::Counter& truncations;
  telemetry::Counter& truncations_failed;
  telemetry::Counter& corruptions;
  telemetry::Gauge& current_segment;
  telemetry::Gauge& storage_size_bytes;
  telemetry::Histogram& truncate_duration_seconds;
  telemetry::Counter& checkpoint_creations;
  telemetry::Counter& checkpoint_creations_failed;
  telemetry::Counter& checkpoint_deletions;
  telemetry::Counter& checkpoint_deletions_failed;
};

}  // namespace tocsin::tsdb
