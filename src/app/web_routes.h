#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/monitoring.h"
#include "app/prometheus_options.h"
#include "app/remote_endpoints.h"
#include "app/runtime.h"
#include "base/result.h"
#include "http/router.h"
#include "tsdb/replay_status.h"
#include "web/federation.h"
#include "web/management.h"
#include "web/metadata_api.h"
#include "web/query_api.h"
#include "web/series_api.h"
#include "web/targets_api.h"

namespace tocsin::app {

/// What the process offers its operators by HTTP.
struct ProcessControl {
  std::function<Status()> reload;
  std::function<bool()> quit;
};

/// The routes of the main address and the endpoints behind them. `monitoring` may be null while
/// storage is being opened: then only the management endpoints and status/walreplay answer. All
/// references must outlive the object, and it the router.
class WebRoutes {
 public:
  WebRoutes(Runtime& runtime, const PrometheusOptions& options,
            const std::map<std::string, std::string>& flags, const web::Readiness& readiness,
            const tsdb::ReplayStatus& replay, ProcessControl control, Monitoring* monitoring);

  std::shared_ptr<const http::Router> router() const { return router_; }

 private:
  void AddApi(const std::map<std::string, std::string>& flags, const tsdb::ReplayStatus& replay);
  void AddStorageAdministration(web::ApiRoutes& routes);
  void AddPages();
  web::RuntimeInformation RuntimeInformation() const;

  Runtime& runtime_;
  const PrometheusOptions& options_;
  const web::Readiness& readiness_;
  const ProcessControl control_;
  Monitoring* const monitoring_;
  const int64_t start_time_ns_;
  std::shared_ptr<http::Router> router_;
  std::unique_ptr<web::QueryApi> query_api_;
  std::unique_ptr<web::SeriesApi> series_api_;
  std::unique_ptr<web::ScrapedMetadata> metadata_source_;
  std::unique_ptr<web::MetadataApi> metadata_api_;
  std::unique_ptr<web::Federation> federation_;
  std::unique_ptr<RemoteEndpoints> remote_endpoints_;
};

}  // namespace tocsin::app
