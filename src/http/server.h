#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "http/router.h"
#include "http/web_config.h"
#include "telemetry/registry.h"

namespace tocsin::http {

struct ServerOptions {
  std::vector<std::string> listen_addresses;  ///< "host:port" or ":port"; port 0 picks a free one.
  std::string route_prefix;                   ///< "" or "/prefix"; stripped before routing.
  size_t worker_count = 8;                    ///< More come while all are held up (worker_pool.h).
  size_t max_connections = 512;  ///< Further ones wait in the backlog; long idle ones make room.
  uint64_t max_body_bytes = uint64_t{64} << 20;
  int64_t read_timeout_ms = 300'000;   ///< For a connection between requests (--web.read-timeout).
  int64_t header_timeout_ms = 10'000;  ///< For a request's headers once its first byte is there.
  int64_t body_timeout_ms = 60'000;
  int64_t write_timeout_ms = 60'000;  ///< For a client that takes no byte of its answer.
  /// Where requests are counted; null: nowhere. Must outlive the server.
  telemetry::Registry* registry = nullptr;
  std::string metric_prefix = "prometheus";  ///< Of PREFIX_http_requests_total and the like.
  /// Reads the web configuration file (TLS, headers, basic auth); empty is none.
  WebConfigLoader load_web_config;
  std::string server_name;  ///< For logs.
};

/// An HTTP/1.1 server on cpp-httplib whose idle connections wait in one epoll set and hold no
/// thread (docs/ARCHITECTURE.md, "HTTP server"). Handlers run on the workers, several at a time.
/// Thread-safe.
class Server {
 public:
  virtual ~Server() = default;  ///< Stops.
  /// Binds and starts serving. Fails with the address and the system's reason.
  virtual Status Start(const ServerOptions& options, std::shared_ptr<const Router> router) = 0;
  /// Swaps the routes, for a reload. Requests under way keep the old ones.
  virtual void SetRouter(std::shared_ptr<const Router> router) = 0;
  /// Stops accepting, cancels requests under way after `grace_ms`, and joins.
  virtual void Stop(int64_t grace_ms) = 0;
  /// The port of each listen address, in order.
  virtual std::vector<uint16_t> ports() const = 0;
};

std::unique_ptr<Server> MakeServer(const Clock& clock, Logger& logger);

}  // namespace tocsin::http
