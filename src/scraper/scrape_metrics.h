#pragma once

#include "telemetry/registry.h"

namespace tocsin::scraper {

/// The metrics of all scrapes together, under Prometheus' names. References live as long as the
/// registry. Thread-safe.
struct ScrapeMetrics {
  explicit ScrapeMetrics(telemetry::Registry& registry);

  telemetry::Registry& registry;
  telemetry::Counter& pools;
  telemetry::Counter& pool_reloads;
  telemetry::Counter& exceeded_target_limit;
  telemetry::Counter& exceeded_label_limits;
  telemetry::Counter& exceeded_sample_limit;
  telemetry::Counter& exceeded_body_size_limit;
  telemetry::Counter& exceeded_bucket_limit;
  telemetry::Counter& duplicate_timestamps;
  telemetry::Counter& out_of_order;
  telemetry::Counter& out_of_bounds;
  telemetry::Counter& exemplars_out_of_order;
  telemetry::Counter& sequence_misses;
  telemetry::Histogram& scrape_duration;
};

}  // namespace tocsin::scraper
