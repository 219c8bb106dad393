#pragma once

#include "storage/queryable.h"
#include "web/api_routes.h"

namespace tocsin::web {

/// Answers /series, /labels and /label/NAME/values as Prometheus does. Thread-safe.
class SeriesApi {
 public:
  /// Keeps the reference; it must outlive the routes.
  explicit SeriesApi(storage::Queryable& queryable) : queryable_(queryable) {}

  /// Registers the endpoints. The object must outlive the routes.
  void Register(ApiRoutes& routes) const;

  ApiResult Series(const http::Request& request) const;
  ApiResult LabelNames(const http::Request& request) const;
  ApiResult LabelValues(const http::Request& request) const;

 private:
  storage::Queryable& queryable_;
};

}  // namespace tocsin::web
