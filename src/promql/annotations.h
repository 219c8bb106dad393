#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "promql/ast.h"

namespace tocsin::promql {

/// Warnings and infos that a query collects beside its answer, without duplicates: the text is what
/// counts, the position of the last one stays. Confined to a thread.
class Annotations {
 public:
  enum class Kind : uint8_t { kWarning, kInfo };

  /// `text` without the leading "PromQL warning: " or "PromQL info: ".
  void Add(Kind kind, std::string text, PositionRange position);
  void AddWarning(std::string text, PositionRange position) {
    Add(Kind::kWarning, std::move(text), position);
  }
  void AddInfo(std::string text, PositionRange position) {
    Add(Kind::kInfo, std::move(text), position);
  }

  /// Where the counts of a histogram had to be repaired, to be told apart or summed up.
  struct Repair {
    int64_t timestamp_ms;
    double first_bucket;
    double last_bucket;
    double max_difference;
  };
  /// The info that histogram_quantile had to repair its input; all of one metric become one text.
  void AddForcedMonotonicity(std::string_view metric_name, PositionRange position,
                             const Repair& repair);

  /// Adds everything of `other`, in its order.
  void Merge(const Annotations& other);

  bool empty() const { return entries_.empty(); }

  /// The texts with their places in `query`: "PromQL info: … (1:7)".
  std::vector<std::string> Texts(Kind kind, std::string_view query) const;

 private:
  struct Entry {
    Kind kind;
    std::string text;
    PositionRange position;
    uint64_t repairs = 0;  ///< Not 0: the fields below are part of the text.
    int64_t first_ms = 0;
    int64_t last_ms = 0;
    double first_bucket = 0;
    double last_bucket = 0;
    double max_difference = 0;
  };
  Entry& Find(Kind kind, std::string_view text);
  std::vector<Entry> entries_;
};

/// "line:column" of byte `offset` in `query`, both from 1, columns in bytes.
std::string PositionText(std::string_view query, int32_t offset);

// Texts that more than one place uses.
std::string ForMetric(std::string text, std::string_view metric_name);
std::string InvalidQuantileText(double quantile);
std::string MixedFloatsAndHistogramsText(std::string_view metric_name);
std::string HistogramIgnoredInRangeText(std::string_view metric_name);
std::string HistogramIgnoredInAggregationText(std::string_view aggregation);
std::string MixedBucketSchemasText(std::string_view metric_name);
std::string NotACounterText(std::string_view metric_name);
std::string NotAGaugeText(std::string_view metric_name);

/// Adds what upstream says of merged histograms; `operation` is "addition", "subtraction" or
/// "aggregation".
void NoteMerge(Annotations& annotations, bool hints_collide, bool reconciled_bounds,
               std::string_view operation, PositionRange position);

}  // namespace tocsin::promql
