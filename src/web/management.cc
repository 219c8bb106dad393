#include "web/management.h"

namespace tocsin::web {
namespace {

using http::Request;
using http::Response;

http::Handler Text(int status, std::string text) {
  return [status, text = std::move(text)](Request&, Response& response) {
    response.SetText(status, text);
  };
}

http::Handler Reload(std::function<Status()> reload) {
  return [reload = std::move(reload)](Request&, Response& response) {
    const Status status = reload();
    if (status) return response.SetText(200, "");
    response.SetHeader("X-Content-Type-Options", "nosniff");
    response.SetText(500, "failed to reload config: " + status.error().message() + "\n");
  };
}

http::Handler Quit(std::function<bool()> quit) {
  return [quit = std::move(quit)](Request&, Response& response) {
    response.SetText(
        200, quit() ? "Requesting termination... Goodbye!" : "Termination already in progress.");
  };
}

void AddLifecycleRoutes(http::Router& router, ManagementDependencies& dependencies) {
  const http::Handler forbidden = Text(403, "Lifecycle API is not enabled.");
  const http::Handler wrong_method = Text(405, "Only POST or PUT requests allowed");
  const bool is_enabled = dependencies.has_lifecycle;
  router.Handle("POST,PUT", "/-/reload",
                is_enabled ? Reload(std::move(dependencies.reload)) : forbidden);
  router.Handle("POST,PUT", "/-/quit", is_enabled ? Quit(std::move(dependencies.quit)) : forbidden);
  router.Handle("GET", "/-/reload", wrong_method);
  router.Handle("GET", "/-/quit", wrong_method);
}

}  // namespace

http::Handler Readiness::Guard(http::Handler handler) const {
  return [this, handler = std::move(handler)](Request& request, Response& response) {
    const State now = state();
    if (now == State::kReady) return handler(request, response);
    if (now == State::kStopping) response.SetHeader("X-Prometheus-Stopping", "true");
    response.SetText(503, "Service Unavailable");
  };
}

void AddManagementRoutes(http::Router& router, ManagementDependencies dependencies) {
  router.Handle("GET", "/-/healthy", Text(200, dependencies.app_name + " is Healthy.\n"));
  router.Handle("GET", "/-/ready",
                dependencies.readiness.Guard(Text(200, dependencies.app_name + " is Ready.\n")));
  router.Handle("GET", "/version", Text(200, BuildInformationJson(dependencies.build) + "\n"));
  router.Handle("GET", "/metrics",
                [&registry = dependencies.registry](Request&, Response& response) {
                  response.SetText(200, registry.Expose());
                  response.SetHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
                });
  AddLifecycleRoutes(router, dependencies);
}

}  // namespace tocsin::web
