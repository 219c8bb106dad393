#include "web/api_routes.h"

#include <string>

namespace tocsin::web {
namespace {

void SetCorsHeaders(const http::Request& request, const Regex& origins, http::Response& response) {
  const std::string_view origin = request.Header("Origin");
  if (origin.empty()) return;
  response.SetHeader("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin");
  response.SetHeader("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response.SetHeader("Access-Control-Expose-Headers", "Date");
  response.SetHeader("Vary", "Origin");
  if (origins.Matches(origin)) response.SetHeader("Access-Control-Allow-Origin", origin);
}

void Refuse(const ApiRoutesOptions& options, http::Response& response) {
  if (options.is_stopping && options.is_stopping()) {
    response.SetHeader("X-Prometheus-Stopping", "true");
  }
  response.SetText(503, "Service Unavailable");
}

}  // namespace

ApiRoutes::ApiRoutes(http::Router& router, ApiRoutesOptions options)
    : router_(router), options_(std::move(options)) {
  HandleAlways("OPTIONS", "/{path...}", [](http::Request&) { return ApiResult(); });
}

void ApiRoutes::Handle(std::string_view methods, std::string_view path, Handler handler) {
  Register(methods, path, std::move(handler), true);
}

void ApiRoutes::HandleAlways(std::string_view methods, std::string_view path, Handler handler) {
  Register(methods, path, std::move(handler), false);
}

void ApiRoutes::HandleRaw(std::string_view methods, std::string_view path, http::Handler handler) {
  router_.Handle(methods, "/api/v1" + std::string(path),
                 [options = options_, handler = std::move(handler)](http::Request& request,
                                                                    http::Response& response) {
                   if (options.is_ready && !options.is_ready()) return Refuse(options, response);
                   handler(request, response);
                 });
}

void ApiRoutes::Register(std::string_view methods, std::string_view path, Handler handler,
                         bool is_gated) {
  const std::string pattern = "/api/v1" + std::string(path);
  router_.Handle(methods, pattern,
                 [options = options_, handler = std::move(handler), is_gated](
                     http::Request& request, http::Response& response) {
                   if (is_gated && options.is_ready && !options.is_ready()) {
                     return Refuse(options, response);
                   }
                   SetCorsHeaders(request, options.cors_origin, response);
                   WriteApiResult(handler(request), response);
                 });
}

}  // namespace tocsin::web
