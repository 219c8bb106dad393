#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "model/exemplar.h"
#include "model/float_histogram.h"
#include "model/histogram.h"
#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::exposition {

/// Appends metric families as length-delimited io.prometheus.client.MetricFamily messages to a
/// string: BeginFamily, its metrics, EndFamily. Keeps a reference to the string. Confined to a
/// thread.
class ProtobufWriter {
 public:
  struct Family {
    std::string_view name;
    std::string_view help;
    std::string_view unit;
    MetricType type = MetricType::kUnknown;
  };
  /// What a metric of any kind may come with.
  struct Extras {
    std::optional<int64_t> timestamp_ms =
        std::nullopt;  ///< 0 cannot be told from none in this format.
    int64_t start_timestamp_ms = 0;
    std::span<const Exemplar> exemplars = {};  ///< A counter takes the first.
  };
  /// Quantiles of a summary, or cumulative buckets of a classic histogram, by bound.
  struct Points {
    double count = 0;
    double sum = 0;
    std::span<const std::pair<double, double>> points = {};
  };

  explicit ProtobufWriter(std::string& out) : out_(out) {}

  void BeginFamily(const Family& family);
  void EndFamily();

  /// The labels of a metric are those without its name.
  void WriteValue(const Labels& labels, double value, const Extras& extras);
  void WriteSummary(const Labels& labels, const Points& points, const Extras& extras);
  /// Exemplars go to the first bucket that holds them.
  void WriteClassicHistogram(const Labels& labels, const Points& points, const Extras& extras);
  /// Custom buckets have no place in this format: such a histogram is written without its bounds.
  void WriteHistogram(const Labels& labels, const Histogram& histogram, const Extras& extras);
  void WriteHistogram(const Labels& labels, const FloatHistogram& histogram, const Extras& extras);

 private:
  void WriteMetric(uint32_t tag, const Labels& labels, const std::string& value,
                   const Extras& extras);

  std::string& out_;
  std::string family_;  // The message being built.
  MetricType type_ = MetricType::kUnknown;
};

}  // namespace tocsin::exposition
