#include "tsdb/wal/wal_metrics.h"

#include <string>

namespace tocsin::tsdb {

WalMetrics::WalMetrics(telemetry::Registry& registry, std::string_view prefix)
    : fsync_duration_seconds(registry.AddSummary(std::string(prefix) + "_fsync_duration_seconds",
                                                 "Duration of write log fsync.")),
      page_flushes(registry.AddCounter(std::string(prefix) + "_page_flushes_total",
                                       "Total number of page flushes.")),
      completed_pages(registry.AddCounter(std::string(prefix) + "_completed_pages_total",
                                          "Total number of completed pages.")),
      fragments(registry.AddCounter(std::string(prefix) + "_record_part_writes_total",
                                    "Total number of record parts written before flushing.")),
      fragment_bytes(registry.AddCounter(std::string(prefix) + "_record_parts_bytes_written_total",
                                         "Total number of record part bytes written before "
                                         "flushing, including CRC and compression headers.")),
      saved_bytes(registry.AddCounter(
          std::string(prefix) + "_record_bytes_saved_total",
          "Total number of bytes saved by the optional record compression. Use this metric to "
          "learn about the effectiveness compression.")),
      writes_failed(registry.AddCounter(std::string(prefix) + "_writes_failed_total",
                                        "Total number of write log writes that failed.")),
      truncations(registry.AddCounter(std::string(prefix) + "_truncations_total",
                                      "Total number of write log truncations attempted.")),
      truncations_failed(registry.AddCounter(std::string(prefix) + "_truncations_failed_total",
                                             "Total number of write log truncations that failed.")),
      corruptions(registry.AddCounter(std::string(prefix) + "_corruptions_total",
                                      "Total number of WAL corruptions.")),
      current_segment(
          registry.AddGauge(std::string(prefix) + "_segment_current",
                            "Write log segment index that TSDB is currently writing to.")),
      storage_size_bytes(registry.AddGauge(std::string(prefix) + "_storage_size_bytes",
                                           "Size of the write log directory.")),
      truncate_duration_seconds(registry.AddSummary(
          std::string(prefix) + "_truncate_duration_seconds", "Duration of WAL truncation.")),
      checkpoint_creations(registry.AddCounter("prometheus_tsdb_checkpoint_creations_total",
                                               "Total number of checkpoint creations attempted.")),
      checkpoint_creations_failed(
          registry.AddCounter("prometheus_tsdb_checkpoint_creations_failed_total",
                              "Total number of checkpoint creations that failed.")),
      checkpoint_deletions(registry.AddCounter("prometheus_tsdb_checkpoint_deletions_total",
                                               "Total number of checkpoint deletions attempted.")),
      checkpoint_deletions_failed(
          registry.AddCounter("prometheus_tsdb_checkpoint_deletions_failed_total",
                              "Total number of checkpoint deletions that failed.")) {}

}  // namespace tocsin::tsdb
