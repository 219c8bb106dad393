#include "http/server.h"

#include <algorithm>
#include <atomic>

#include "base/mutex.h"
#include "http/event_loop.h"
#include "http/exchange.h"
#include "http/request_pipeline.h"
#include "http/web_security.h"
#include "http/worker_pool.h"

namespace tocsin::http {
namespace {

// How often Stop() looks whether the last request has ended.
constexpr std::chrono::milliseconds kStopPollInterval{5};

/// Everything that serves, from Start() to Stop(). Members go in reverse order.
struct Running {
  std::unique_ptr<WebSecurity> security;
  std::unique_ptr<RequestPipeline> pipeline;
  std::unique_ptr<Exchange> exchange;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<EventLoop> loop;
  std::vector<uint16_t> ports;
};

class ParkingServer final : public Server {
 public:
  ParkingServer(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}
  ~ParkingServer() override { Stop(0); }

  Status Start(const ServerOptions& options, std::shared_ptr<const Router> router) override {
    auto running = std::make_unique<Running>();
    std::vector<ListenSocket> sockets;
    for (const std::string& address : options.listen_addresses) {
      TOCSIN_ASSIGN_OR_RETURN(ListenSocket socket, OpenListenSocket(address));
      running->ports.push_back(socket.port);
      sockets.push_back(std::move(socket));
    }
    TOCSIN_ASSIGN_OR_RETURN(running->security,
                            WebSecurity::Make(options.load_web_config, clock_, logger_));
    MakeParts(options, std::move(router), std::move(sockets), *running);
    LogStart(options, *running);
    MutexLock lock(mutex_);
    running_ = std::move(running);
    return {};
  }

  void SetRouter(std::shared_ptr<const Router> router) override {
    MutexLock lock(mutex_);
    if (running_) running_->pipeline->SetRouter(std::move(router));
  }

  void Stop(int64_t grace_ms) override {
    std::unique_ptr<Running> running;
    {
      MutexLock lock(mutex_);
      running = std::move(running_);
    }
    if (!running) return;
    running->exchange->StopKeepingAlive();
    running->loop->Drain();
    WaitForRequests(*running, grace_ms);
    running->exchange->Abort();
    running->loop->CancelAll();
    running->loop->Stop();
    running->workers.reset();
  }

  std::vector<uint16_t> ports() const override {
    MutexLock lock(mutex_);
    return running_ ? running_->ports : std::vector<uint16_t>();
  }

 private:
  void MakeParts(const ServerOptions& options, std::shared_ptr<const Router> router,
                 std::vector<ListenSocket> sockets, Running& running) const {
    auto metrics = options.registry == nullptr
                       ? nullptr
                       : std::make_unique<RequestMetrics>(*options.registry, options.metric_prefix);
    running.pipeline = std::make_unique<RequestPipeline>(
        options.route_prefix, std::move(router), *running.security, clock_, std::move(metrics));
    const ExchangeOptions exchange_options{.max_body_bytes = options.max_body_bytes,
                                           .body_timeout_ms = options.body_timeout_ms,
                                           .write_timeout_ms = options.write_timeout_ms};
    running.exchange = MakeHttplibExchange(
        exchange_options, clock_,
        [pipeline = running.pipeline.get()](Request& request, Response& response) {
          pipeline->Answer(request, response);
        });
    running.workers =
        std::make_unique<WorkerPool>(clock_, "http", options.worker_count,
                                     std::max(options.worker_count, options.max_connections));
    const EventLoopOptions loop_options{.max_connections = options.max_connections,
                                        .idle_timeout_ms = options.read_timeout_ms,
                                        .header_timeout_ms = options.header_timeout_ms};
    running.loop =
        std::make_unique<EventLoop>(loop_options, std::move(sockets), *running.security,
                                    *running.exchange, *running.workers, clock_, logger_);
  }

  void LogStart(const ServerOptions& options, const Running& running) const {
    const bool has_tls = running.security->Current()->tls != nullptr;
    for (size_t i = 0; i < options.listen_addresses.size(); ++i) {
      logger_.Info("Listening on", {{"server", options.server_name},
                                    {"address", options.listen_addresses[i]},
                                    {"port", std::to_string(running.ports[i])},
                                    {"tls", has_tls ? "true" : "false"}});
    }
  }

  void WaitForRequests(const Running& running, int64_t grace_ms) {
    const int64_t deadline_ns = clock_.MonotonicNs() + grace_ms * 1'000'000;
    MutexLock lock(mutex_);
    while (running.loop->connection_count() > 0 && clock_.MonotonicNs() < deadline_ns) {
      stopping_.wait_for(mutex_, kStopPollInterval);
    }
  }

  const Clock& clock_;
  Logger& logger_;
  mutable Mutex mutex_;
  CondVar stopping_;
  std::unique_ptr<Running> running_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Server> MakeServer(const Clock& clock, Logger& logger) {
  return std::make_unique<ParkingServer>(clock, logger);
}

}  // namespace tocsin::http
