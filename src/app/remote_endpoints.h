#pragma once

#include <functional>
#include <optional>

#include "app/prometheus_options.h"
#include "app/runtime.h"
#include "base/log.h"
#include "model/labels.h"
#include "remote/read_server.h"
#include "remote/write_receiver.h"
#include "tsdb/database.h"
#include "web/api_routes.h"

namespace tocsin::app {

/// Remote write and remote read of other servers, on the main address. Must outlive the routes.
class RemoteEndpoints {
 public:
  /// `external_labels` gives those of the configuration in force. References must outlive it.
  RemoteEndpoints(Runtime& runtime, const PrometheusOptions& options, tsdb::Database& database,
                  std::function<Labels()> external_labels);

  void AddRoutes(web::ApiRoutes& routes);

 private:
  ContextLogger logger_;
  std::optional<remote::WriteReceiver> writes_;  // Where switched on.
  remote::ReadServer reads_;
};

}  // namespace tocsin::app
