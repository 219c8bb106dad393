#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/exemplar.h"
#include "model/float_histogram.h"
#include "model/metadata.h"

namespace tocsin::exposition {

// The messages of io.prometheus.client as plain structs. Views are of the page. Reading them
// refuses malformed ones with kInvalidArgument and checks nothing else.

/// A metric family, its metrics unread.
struct FamilyMessage {
  std::string_view name;
  std::string_view help;
  std::string_view unit;
  uint64_t type = 0;  ///< The format's number.
  std::vector<std::string_view> metrics;
};

/// A quantile of a summary or a cumulative bucket of a histogram.
struct PointMessage {
  double bound = 0;
  double value = 0;
  std::string_view exemplar;
};

/// What a Histogram message has beside classic buckets.
struct NativeFields {
  uint64_t count = 0;
  double float_count = 0;
  int32_t schema = 0;
  double zero_threshold = 0;
  uint64_t zero_count = 0;
  double float_zero_count = 0;
  std::vector<HistogramSpan> positive_spans;
  std::vector<HistogramSpan> negative_spans;
  std::vector<int64_t> positive_deltas;
  std::vector<int64_t> negative_deltas;
  std::vector<double> positive_counts;
  std::vector<double> negative_counts;

  void Clear() {
    count = zero_count = 0;
    float_count = zero_threshold = float_zero_count = 0;
    schema = 0;
    positive_spans.clear(), negative_spans.clear();
    positive_deltas.clear(), negative_deltas.clear();
    positive_counts.clear(), negative_counts.clear();
  }
  // A histogram without observations says by a span of no length that it is a native one.
  bool is_native() const {
    return !positive_spans.empty() || !negative_spans.empty() || zero_threshold > 0 ||
           zero_count > 0;
  }
  bool is_float() const { return float_count > 0 || float_zero_count > 0; }
  double any_count() const { return float_count != 0 ? float_count : static_cast<double>(count); }
};

/// A metric of any type; only what belongs to its type is filled.
struct MetricMessage {
  std::vector<std::string_view> labels;
  std::string_view label_bytes;  ///< All labels as one run, to tell metrics apart.
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;
  double value = 0;  ///< Of a simple metric.
  double count = 0;  ///< The next three of a summary or histogram.
  double sum = 0;
  std::vector<PointMessage> points;
  std::string_view exemplar;  ///< Of a counter.
  NativeFields native;
  std::vector<std::string_view> native_exemplars;
  bool has_exemplars = false;
  std::string joined_labels;  ///< Behind label_bytes where the page interrupts them.

  void Clear() {
    labels.clear();
    timestamp_ms = start_timestamp_ms = 0;
    value = count = sum = 0;
    points.clear();
    exemplar = {};
    native.Clear();
    native_exemplars.clear();
    has_exemplars = false;
  }
};

/// Takes one length-delimited message off the front of `rest`.
Result<std::string_view> TakeMessage(std::string_view& rest);
/// Replace what the structs hold; `type` is the family's.
Status ReadFamily(std::string_view message, FamilyMessage& family);
Status ReadMetric(std::string_view message, MetricType type, MetricMessage& metric);
Result<std::pair<std::string, std::string>> ReadLabel(std::string_view message);
Result<Exemplar> ReadExemplar(std::string_view message);

}  // namespace tocsin::exposition
