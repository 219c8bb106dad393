#pragma once

#include "base/clock.h"
#include "promql/engine.h"
#include "promql/parser.h"
#include "storage/exemplar_queryable.h"
#include "storage/queryable.h"
#include "web/api_routes.h"

namespace tocsin::web {

/// What the query endpoints stand on. All must outlive the routes.
struct QueryApiDependencies {
  promql::Engine& engine;
  storage::Queryable& queryable;
  const Clock& clock;
  storage::ExemplarQueryable* exemplars = nullptr;  ///< Null: there are none.
};

/// Answers /query, /query_range, /query_exemplars, /format_query and /parse_query as Prometheus
/// does. Thread-safe.
class QueryApi {
 public:
  explicit QueryApi(QueryApiDependencies dependencies);

  /// Registers the endpoints. The object must outlive the routes.
  void Register(ApiRoutes& routes) const;

  ApiResult Query(const http::Request& request) const;
  ApiResult QueryRange(const http::Request& request) const;
  ApiResult QueryExemplars(const http::Request& request) const;
  ApiResult FormatQuery(const http::Request& request) const;
  ApiResult ParseQuery(const http::Request& request) const;
  /// /status/queries: what runs or waits, oldest first. Beyond Prometheus.
  ApiResult RunningQueries(const http::Request& request) const;
  /// DELETE /status/queries/{id}: ends one.
  ApiResult CancelQuery(const http::Request& request) const;

 private:
  promql::ParserOptions parser_options() const;

  const QueryApiDependencies dependencies_;
};

}  // namespace tocsin::web
