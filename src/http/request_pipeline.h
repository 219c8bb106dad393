#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "http/message.h"
#include "http/request_metrics.h"
#include "http/router.h"
#include "http/web_security.h"

namespace tocsin::http {

/// What happens to every request before and after its handler: configured headers, authentication,
/// the route prefix, form parsing, routing, compression. Thread-safe.
class RequestPipeline {
 public:
  /// Keeps the references, which must outlive it. `metrics` may be null.
  RequestPipeline(std::string route_prefix, std::shared_ptr<const Router> router,
                  WebSecurity& security, const Clock& clock,
                  std::unique_ptr<RequestMetrics> metrics);

  void Answer(Request& request, Response& response);
  void SetRouter(std::shared_ptr<const Router> router) EXCLUDES(mutex_);

 private:
  void Route(Request& request, Response& response) EXCLUDES(mutex_);
  bool Authorize(const Request& request, Response& response);
  /// False when the path lies outside the prefix; then the response is there.
  bool StripPrefix(Request& request, Response& response) const;

  const std::string route_prefix_;
  WebSecurity& security_;
  const Clock& clock_;
  const std::unique_ptr<RequestMetrics> metrics_;

  Mutex mutex_;
  std::shared_ptr<const Router> router_ GUARDED_BY(mutex_);  ///< Also held by requests under way.
};

/// Fills `parameters` from body (a urlencoded form of POST, PUT or PATCH) and query, in this order.
void ParseParameters(Request& request);

}  // namespace tocsin::http
