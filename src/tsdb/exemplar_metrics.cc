#include "tsdb/exemplar_metrics.h"

namespace tocsin::tsdb {

ExemplarMetrics::ExemplarMetrics(telemetry::Registry& registry)
    : appended(registry.AddCounter("prometheus_tsdb_exemplar_exemplars_appended_total",
                                   "Total number of appended exemplars.")),
      out_of_order(
          registry.AddCounter("prometheus_tsdb_exemplar_out_of_order_exemplars_total",
                              "Total number of out-of-order exemplar ingestion failed attempts.")),
      in_storage(registry.AddGauge("prometheus_tsdb_exemplar_exemplars_in_storage",
                                   "Number of exemplars currently in circular storage.")),
      series_in_storage(
          registry.AddGauge("prometheus_tsdb_exemplar_series_with_exemplars_in_storage",
                            "Number of series with exemplars currently in circular storage.")),
      oldest_seconds(registry.AddGauge(
          "prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds",
          "The timestamp of the oldest exemplar stored in circular storage. Useful to check for "
          "what timerange the current exemplar buffer limit allows. This usually means the last "
          "timestamp for all exemplars for a typical setup. This is not true though if one of the "
          "series timestamp is in future compared to rest series.")),
      max_exemplars(registry.AddGauge(
          "prometheus_tsdb_exemplar_max_exemplars",
          "Total number of exemplars the exemplar storage can store, resizeable.")) {}

}  // namespace tocsin::tsdb
