#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::exposition {

/// Appends entries in text format to a string, as Prometheus' own library prints them: numbers in
/// Go's %g, names outside [a-zA-Z_:][a-zA-Z0-9_:]* in quotes. Keeps a reference to the string.
/// Confined to a thread.
class TextWriter {
 public:
  explicit TextWriter(std::string& out) : out_(out) {}

  void WriteHelp(std::string_view family, std::string_view help);
  /// Types that text format does not know are "untyped".
  void WriteType(std::string_view family, MetricType type);
  /// The metric name is the label `__name__`; without one the labels stand alone in braces.
  void WriteSample(const Labels& labels, double value,
                   std::optional<int64_t> timestamp_ms = std::nullopt);

 private:
  void WriteFamily(std::string_view family);
  void WriteSeries(const Labels& labels);

  std::string& out_;
};

}  // namespace tocsin::exposition
