#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

enum class MetricType : uint8_t {
  kUnknown,
  kCounter,
  kGauge,
  kHistogram,
  kGaugeHistogram,
  kSummary,
  kInfo,
  kStateset,
};

/// "unknown", "counter", …: the word of /api/v1/metadata.
std::string_view MetricTypeText(MetricType type);

/// What HELP, TYPE and UNIT said of a metric family. Value type.
struct MetricMetadata {
  MetricType type = MetricType::kUnknown;
  std::string help;
  std::string unit;
  friend bool operator==(const MetricMetadata&, const MetricMetadata&) = default;
};

}  // namespace tocsin
