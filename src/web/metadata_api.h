#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/metadata.h"
#include "web/api_routes.h"

namespace tocsin::web {

/// Knows what targets say of their metrics. Thread-safe.
class MetricMetadataSource {
 public:
  virtual ~MetricMetadataSource() = default;
  /// The distinct metadata of every metric, or of `metric` alone if it is not empty.
  virtual std::map<std::string, std::vector<MetricMetadata>> ListMetadata(
      std::string_view metric) const = 0;
};

/// Answers /metadata as Prometheus does. Thread-safe.
class MetadataApi {
 public:
  /// Keeps the reference; it must outlive the routes.
  explicit MetadataApi(const MetricMetadataSource& source) : source_(source) {}

  /// Registers the endpoint. The object must outlive the routes.
  void Register(ApiRoutes& routes) const;

  ApiResult Metadata(const http::Request& request) const;

 private:
  const MetricMetadataSource& source_;
};

}  // namespace tocsin::web
