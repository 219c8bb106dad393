#include "http/request_pipeline.h"

#include "http/response_encoding.h"
#include "http/url.h"

namespace tocsin::http {
namespace {

std::string NormalizedPrefix(std::string prefix) {
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty() && prefix[0] != '/') prefix.insert(0, "/");
  return prefix;
}

bool HasFormBody(const Request& request) {
  if (request.method != "POST" && request.method != "PUT" && request.method != "PATCH")
    return false;
  std::string_view type = request.Header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type == "application/x-www-form-urlencoded";
}

}  // namespace

void ParseParameters(Request& request) {
  const auto add = [&](std::string_view text) {
    const Status status = DecodeForm(text, request.parameters);
    if (!status && request.parameter_error.empty()) {
      request.parameter_error = status.error().message();
    }
  };
  if (HasFormBody(request)) add(request.body);
  add(request.raw_query);
}

RequestPipeline::RequestPipeline(std::string route_prefix, std::shared_ptr<const Router> router,
                                 WebSecurity& security, const Clock& clock,
                                 std::unique_ptr<RequestMetrics> metrics)
    : route_prefix_(NormalizedPrefix(std::move(route_prefix))),
      security_(security),
      clock_(clock),
      metrics_(std::move(metrics)),
      router_(std::move(router)) {}

void RequestPipeline::SetRouter(std::shared_ptr<const Router> router) {
  MutexLock lock(mutex_);
  router_ = std::move(router);
}

void RequestPipeline::Answer(Request& request, Response& response) {
  const int64_t start_ns = clock_.MonotonicNs();
  if (Authorize(request, response) && StripPrefix(request, response)) Route(request, response);
  EncodeResponse(request, response);
  if (!metrics_) return;
  const double seconds = static_cast<double>(clock_.MonotonicNs() - start_ns) / 1e9;
  const auto size_bytes = response.stream ? -1 : static_cast<int64_t>(response.body.size());
  metrics_->Observe(request.route, response.status, seconds, size_bytes);
}

void RequestPipeline::Route(Request& request, Response& response) {
  ParseParameters(request);
  std::shared_ptr<const Router> router;
  {
    MutexLock lock(mutex_);
    router = router_;
  }
  router->Dispatch(request, response);
}

bool RequestPipeline::Authorize(const Request& request, Response& response) {
  const auto snapshot = security_.Current();
  for (const auto& [name, value] : snapshot->config.response_headers) {
    response.SetHeader(name, value);
  }
  if (security_.authenticator().IsAccepted(snapshot->config, request.Header("Authorization"))) {
    return true;
  }
  response.SetHeader("WWW-Authenticate", "Basic");
  response.SetHeader("X-Content-Type-Options", "nosniff");
  response.SetText(401, "Unauthorized\n");
  return false;
}

bool RequestPipeline::StripPrefix(Request& request, Response& response) const {
  if (route_prefix_.empty()) return true;
  const bool is_inside =
      request.path.starts_with(route_prefix_) &&
      (request.path.size() == route_prefix_.size() || request.path[route_prefix_.size()] == '/');
  if (is_inside) {
    request.path.erase(0, route_prefix_.size());
    if (request.path.empty()) request.path = "/";
    return true;
  }
  if (request.path == "/") {
    response.status = 302;
    response.SetHeader("Location", route_prefix_);
    return false;
  }
  response.SetText(404, "404 page not found\n");
  return false;
}

}  // namespace tocsin::http
