#include "app/remote_endpoints.h"

#include "web/remote_api.h"

namespace tocsin::app {

RemoteEndpoints::RemoteEndpoints(Runtime& runtime, const PrometheusOptions& options,
                                 tsdb::Database& database, std::function<Labels()> external_labels)
    : logger_(*runtime.logger, {{"component", "web"}}),
      reads_(database, std::move(external_labels), runtime.registry, options.remote_read) {
  if (options.has_remote_write_receiver) {
    writes_.emplace(database, runtime.clock, logger_, runtime.registry, options.remote_write);
  }
}

void RemoteEndpoints::AddRoutes(web::ApiRoutes& routes) {
  web::AddRemoteRoutes(routes, {writes_ ? &*writes_ : nullptr, &reads_});
}

}  // namespace tocsin::app
