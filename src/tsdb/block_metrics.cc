#include "tsdb/block_metrics.h"

#include <vector>

namespace tocsin::tsdb {
namespace {

// Upstream's buckets: 1 s to 8192 s, each twice the one before.
std::vector<double> DurationBuckets() {
  constexpr int kCount = 14;
  std::vector<double> bounds;
  for (double bound = 1; bounds.size() < kCount; bound *= 2) bounds.push_back(bound);
  return bounds;
}

}  // namespace

BlockMetrics::BlockMetrics(telemetry::Registry& registry)
    : blocks_loaded(registry.AddGauge("prometheus_tsdb_blocks_loaded",
                                      "Number of currently loaded data blocks")),
      blocks_bytes(registry.AddGauge("prometheus_tsdb_storage_blocks_bytes",
                                     "The number of bytes that are currently used for local "
                                     "storage by all blocks.")),
      quarantined(registry.AddGauge("tocsin_tsdb_quarantined_blocks",
                                    "Number of corrupt blocks that were set aside.")),
      reloads(registry.AddCounter("prometheus_tsdb_reloads_total",
                                  "Number of times the database reloaded block data from disk.")),
      reloads_failed(registry.AddCounter("prometheus_tsdb_reloads_failures_total",
                                         "Number of times the database failed to reloadBlocks "
                                         "block data from disk.")),
      compactions(registry.AddCounter("prometheus_tsdb_compactions_total",
                                      "Total number of compactions that were executed for the "
                                      "partition.")),
      vertical_compactions(registry.AddCounter("prometheus_tsdb_vertical_compactions_total",
                                               "Total number of compactions done on overlapping "
                                               "blocks.")),
      compactions_triggered(registry.AddCounter("prometheus_tsdb_compactions_triggered_total",
                                                "Total number of triggered compactions for the "
                                                "partition.")),
      compactions_failed(registry.AddCounter("prometheus_tsdb_compactions_failed_total",
                                             "Total number of compactions that failed for the "
                                             "partition.")),
      time_retentions(registry.AddCounter("prometheus_tsdb_time_retentions_total",
                                          "The number of times that blocks were deleted because "
                                          "the maximum time limit was exceeded.")),
      size_retentions(registry.AddCounter("prometheus_tsdb_size_retentions_total",
                                          "The number of times that blocks were deleted because "
                                          "the maximum number of bytes was exceeded.")),
      rule_retentions(registry.AddCounter("tocsin_tsdb_rule_retentions_total",
                                          "The number of blocks rewritten because a retention rule "
                                          "for some of their series was exceeded.")),
      retention_limit_seconds(registry.AddGauge(
          "prometheus_tsdb_retention_limit_seconds",
          "How long to retain samples in storage, based on the configured retention time.")),
      retention_limit_bytes(registry.AddGauge("prometheus_tsdb_retention_limit_bytes",
                                              "Max number of bytes to be retained in the tsdb "
                                              "blocks, configured 0 means disabled")),
      populating_block(registry.AddGauge("prometheus_tsdb_compaction_populating_block",
                                         "Set to 1 when a block is currently being written to the "
                                         "disk.")),
      compaction_seconds(registry.AddHistogram("prometheus_tsdb_compaction_duration_seconds",
                                               "Duration of compaction runs", DurationBuckets())),
      tombstone_cleanup_seconds(registry.AddHistogram(
          "prometheus_tsdb_tombstone_cleanup_seconds",
          "The time taken to recompact blocks to remove tombstones.", DurationBuckets())),
      lowest_timestamp(
          registry.AddGauge("prometheus_tsdb_lowest_timestamp",
                            "Lowest timestamp value stored in the database. The unit is "
                            "decided by the library consumer.")),
      lowest_timestamp_seconds(
          registry.AddGauge("prometheus_tsdb_lowest_timestamp_seconds",
                            "Lowest timestamp value stored in the database.")) {}

}  // namespace tocsin::tsdb
