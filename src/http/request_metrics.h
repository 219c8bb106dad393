#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "telemetry/registry.h"

namespace tocsin::http {

/// Counts the requests of a server by route and status, under Prometheus' names:
/// PREFIX_http_requests_total, PREFIX_http_request_duration_seconds,
/// PREFIX_http_response_size_bytes. Thread-safe.
class RequestMetrics {
 public:
  /// Keeps `registry`, which must outlive it. `prefix` is "prometheus" or "alertmanager".
  RequestMetrics(telemetry::Registry& registry, std::string prefix)
      : registry_(registry), prefix_(std::move(prefix)) {}

  /// `route` as Router knows it, "/api/v1/label/{name}/values"; nothing is counted for "", a path
  /// that no route has, so that strangers cannot make series. `size_bytes` below 0: streamed, size
  /// unknown.
  void Observe(std::string_view route, int status, double seconds, int64_t size_bytes)
      EXCLUDES(mutex_);

 private:
  /// Of one route. The references live as long as the registry.
  struct RouteMetrics {
    telemetry::Histogram* seconds;
    telemetry::Histogram* size_bytes;
    std::map<int, telemetry::Counter*> requests;
  };
  RouteMetrics MakeRoute(const std::string& handler);

  telemetry::Registry& registry_;
  const std::string prefix_;

  Mutex mutex_;
  std::map<std::string, RouteMetrics, std::less<>> routes_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::http
