#pragma once

#include "http/message.h"
#include "remote/read_server.h"
#include "remote/write_receiver.h"
#include "web/api_routes.h"

namespace tocsin::web {

/// What the remote endpoints stand on. Null: switched off.
struct RemoteApiDependencies {
  remote::WriteReceiver* writes = nullptr;
  remote::ReadServer* reads = nullptr;
};

/// Registers POST /write, /read and /otlp/v1/metrics. What the dependencies point to must outlive
/// the routes.
void AddRemoteRoutes(ApiRoutes& routes, RemoteApiDependencies dependencies);

}  // namespace tocsin::web
