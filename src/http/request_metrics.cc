#include "http/request_metrics.h"

namespace tocsin::http {
namespace {

// "{name}" as ":name" and "{rest...}" as "*rest": how upstream's router spells them in its metrics.
std::string HandlerName(std::string_view route) {
  std::string name;
  for (size_t i = 0; i < route.size(); ++i) {
    const size_t end = route[i] == '{' ? route.find('}', i) : std::string_view::npos;
    if (end == std::string_view::npos) {
      name.push_back(route[i]);
      continue;
    }
    std::string_view parameter = route.substr(i + 1, end - i - 1);
    const bool takes_rest = parameter.ends_with("...");
    if (takes_rest) parameter.remove_suffix(3);
    name.append(takes_rest ? "*" : ":").append(parameter);
    i = end;
  }
  return name;
}

}  // namespace

RequestMetrics::RouteMetrics RequestMetrics::MakeRoute(const std::string& handler) {
  const telemetry::LabelPairs labels = {{"handler", handler}};
  return {
      .seconds = &registry_.AddHistogram(prefix_ + "_http_request_duration_seconds",
                                         "Histogram of latencies for HTTP requests.",
                                         {.1, .2, .4, 1, 3, 8, 20, 60, 120}, labels),
      .size_bytes = &registry_.AddHistogram(
          prefix_ + "_http_response_size_bytes", "Histogram of response size for HTTP requests.",
          {100, 1000, 10'000, 100'000, 1'000'000, 1e7, 1e8, 1e9}, labels),
      .requests = {}};
}

void RequestMetrics::Observe(std::string_view route, int status, double seconds,
                             int64_t size_bytes) {
  if (route.empty()) return;
  MutexLock lock(mutex_);
  auto known = routes_.find(route);
  if (known == routes_.end()) {
    known = routes_.emplace(std::string(route), MakeRoute(HandlerName(route))).first;
  }
  telemetry::Counter*& requests = known->second.requests[status];
  if (requests == nullptr) {
    requests =
        &registry_.AddCounter(prefix_ + "_http_requests_total", "Counter of HTTP requests.",
                              {{"handler", HandlerName(route)}, {"code", std::to_string(status)}});
  }
  requests->Increment();
  known->second.seconds->Observe(seconds);
  if (size_bytes >= 0) known->second.size_bytes->Observe(static_cast<double>(size_bytes));
}

}  // namespace tocsin::http
