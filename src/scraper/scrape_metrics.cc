#include "scraper/scrape_metrics.h"

namespace tocsin::scraper {

ScrapeMetrics::ScrapeMetrics(telemetry::Registry& telemetry_registry)
    : registry(telemetry_registry),
      pools(registry.AddCounter("prometheus_target_scrape_pools_total",
                                "Total number of scrape pool creation attempts.")),
      pool_reloads(registry.AddCounter("prometheus_target_scrape_pool_reloads_total",
                                       "Total number of scrape pool reloads.")),
      exceeded_target_limit(
          registry.AddCounter("prometheus_target_scrape_pool_exceeded_target_limit_total",
                              "Total number of times scrape pools hit the target limit, during "
                              "sync or config reload.")),
      exceeded_label_limits(
          registry.AddCounter("prometheus_target_scrape_pool_exceeded_label_limits_total",
                              "Total number of times scrape pools hit the label limits, during "
                              "sync or config reload.")),
      exceeded_sample_limit(registry.AddCounter(
          "prometheus_target_scrapes_exceeded_sample_limit_total",
          "Total number of scrapes that hit the sample limit and were rejected.")),
      exceeded_body_size_limit(
          registry.AddCounter("prometheus_target_scrapes_exceeded_body_size_limit_total",
                              "Total number of scrapes that hit the body size limit")),
      exceeded_bucket_limit(registry.AddCounter(
          "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
          "Total number of scrapes that hit the native histogram bucket limit and were "
          "rejected.")),
      duplicate_timestamps(
          registry.AddCounter("prometheus_target_scrapes_sample_duplicate_timestamp_total",
                              "Total number of samples rejected due to duplicate timestamps but "
                              "different values.")),
      out_of_order(registry.AddCounter(
          "prometheus_target_scrapes_sample_out_of_order_total",
          "Total number of samples rejected due to not being out of the expected order.")),
      out_of_bounds(registry.AddCounter(
          "prometheus_target_scrapes_sample_out_of_bounds_total",
          "Total number of samples rejected due to timestamp falling outside of the time bounds.")),
      exemplars_out_of_order(registry.AddCounter(
          "prometheus_target_scrapes_exemplar_out_of_order_total",
          "Total number of exemplar rejected due to not being out of the expected order.")),
      sequence_misses(registry.AddCounter(
          "tocsin_target_scrapes_sequence_misses_total",
          "Total number of lines that were not where the last page of the target had them.")),
      scrape_duration(registry.AddHistogram(
          "prometheus_target_scrape_duration_seconds", "Scrape request latency histogram.",
          {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})) {}

}  // namespace tocsin::scraper
