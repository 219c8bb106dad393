#include "tsdb/head_metrics.h"

#include <string>

namespace tocsin::tsdb {

namespace {

CounterByType AddByType(telemetry::Registry& registry, const std::string& name,
                        const std::string& help) {
  return {registry.AddCounter(name, help, {{"type", "float"}}),
          registry.AddCounter(name, help, {{"type", "histogram"}})};
}

}  // namespace

HeadMetrics::HeadMetrics(telemetry::Registry& registry)
    : samples_appended(AddByType(registry, "prometheus_tsdb_head_samples_appended_total",
                                 "Total number of appended samples.")),
      out_of_order_samples_appended(
          AddByType(registry, "prometheus_tsdb_head_out_of_order_samples_appended_total",
                    "Total number of appended out of order samples.")),
      series_created(registry.AddCounter("prometheus_tsdb_head_series_created_total",
                                         "Total number of series created in the head")),
      series_removed(registry.AddCounter("prometheus_tsdb_head_series_removed_total",
                                         "Total number of series removed in the head")),
      series_refused(registry.AddCounter(
          "tocsin_tsdb_series_refused_total",
          "Total number of new series refused because a limit on series or memory is reached.")),
      out_of_order_samples(AddByType(registry, "prometheus_tsdb_out_of_order_samples_total",
                                     "Total number of out of order samples ingestion failed "
                                     "attempts due to out of order being disabled.")),
      out_of_bound_samples(AddByType(registry, "prometheus_tsdb_out_of_bound_samples_total",
                                     "Total number of out of bound samples ingestion failed "
                                     "attempts with out of order support disabled.")),
      too_old_samples(AddByType(registry, "prometheus_tsdb_too_old_samples_total",
                                "Total number of out of order samples ingestion failed attempts "
                                "with out of support enabled, but sample outside of time window.")),
      out_of_order_delta(registry.AddHistogram(
          "prometheus_tsdb_sample_ooo_delta",
          "Delta in seconds by which a sample is considered out of order (reported regardless of "
          "OOO time window and whether sample is accepted or not).",
          {600, 1800, 3600, 7200, 10800, 21600, 43200})),
      duplicate_samples(registry.AddCounter(
          "tocsin_tsdb_duplicate_samples_total",
          "Total number of samples refused because another value is stored for their time.")),
      truncations(registry.AddCounter("prometheus_tsdb_head_truncations_total",
                                      "Total number of head truncations attempted.")),
      series(registry.AddGauge("prometheus_tsdb_head_series",
                               "Total number of series in the head block.")),
      chunks(registry.AddGauge("prometheus_tsdb_head_chunks",
                               "Total number of chunks in the head block.")),
      min_time(registry.AddGauge("prometheus_tsdb_head_min_time",
                                 "Minimum time bound of the head block. The unit is decided by the "
                                 "library consumer.")),
      max_time(registry.AddGauge("prometheus_tsdb_head_max_time",
                                 "Maximum timestamp of the head block. The unit is decided by the "
                                 "library consumer.")),
      min_time_seconds(registry.AddGauge("prometheus_tsdb_head_min_time_seconds",
                                         "Minimum time bound of the head block.")),
      max_time_seconds(registry.AddGauge("prometheus_tsdb_head_max_time_seconds",
                                         "Maximum timestamp of the head block.")),
      lowest_timestamp(
          registry.AddGauge("prometheus_tsdb_lowest_timestamp",
                            "Lowest timestamp value stored in the database. The unit is "
                            "decided by the library consumer.")),
      lowest_timestamp_seconds(registry.AddGauge("prometheus_tsdb_lowest_timestamp_seconds",
                                                 "Lowest timestamp value stored in the database.")),
      active_appenders(registry.AddGauge("prometheus_tsdb_head_active_appenders",
                                         "Number of currently active appender transactions")),
      retention_limit_seconds(registry.AddGauge(
          "prometheus_tsdb_retention_limit_seconds",
          "How long to retain samples in storage, based on the configured retention time.")),
      replay_duration_seconds(registry.AddGauge("prometheus_tsdb_data_replay_duration_seconds",
                                                "Time taken to replay the data on disk.")),
      symbol_table_bytes(registry.AddGauge("prometheus_tsdb_symbol_table_size_bytes",
                                           "Size of symbol table in memory for loaded blocks")),
      memory_bytes(registry.AddGauge("tocsin_tsdb_head_memory_bytes",
                                     "Bytes of memory in use by series, labels and samples.")),
      exemplars(registry) {}

}  // namespace tocsin::tsdb
