#include "discovery/zookeeper_discovery.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "base/thread_pool.h"
#include "config/discovery_zookeeper.h"
#include "discovery/zookeeper_session.h"
#include "discovery/zookeeper_tree.h"

namespace tocsin::discovery {
namespace {

constexpr int kRetryMs = 1'000;

using ParseMember = Result<Labels> (*)(std::string_view data, const std::string& path);

/// Follows the nodes on a thread of its own, which waits for the server most of the time. When the
/// session ends, the targets stay until another, with the next server, has read everything anew.
/// Thread-safe.
class ZooKeeperDiscovery final : public Discoverer {
 public:
  ZooKeeperDiscovery(config::ZooKeeperDiscoveryConfig config, ParseMember parse,
                     std::string mechanism, std::string job,
                     const DiscoveryEnvironment& environment)
      : config_(std::move(config)),
        parse_(parse),
        logger_(environment.logger,
                {{"discovery", std::move(mechanism)}, {"config", std::move(job)}}),
        failures_(environment.registry.AddCounter("prometheus_treecache_zookeeper_failures_total",
                                                  "The total number of ZooKeeper failures.")),
        stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  ~ZooKeeperDiscovery() override {
    thread_.request_stop();
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_fd_.get(), &one, sizeof one);
  }

  void Start(Publish publish) override {
    publish_ = std::move(publish);
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }

 private:
  void Run(const std::stop_token& stop) {
    SetThreadName("zookeeper");
    for (size_t turn = 0; !stop.stop_requested(); ++turn) {
      const std::string& server = config_.servers[turn % config_.servers.size()];
      const Status status = Follow(server);
      if (stop.stop_requested()) return;
      failures_.Increment();
      logger_.Error("ZooKeeper session failed",
                    {{"server", server}, {"err", status.error().message()}});
      pollfd wait{stop_fd_.get(), POLLIN, 0};
      poll(&wait, 1, kRetryMs);
    }
  }

  // Returns only with an error.
  Status Follow(const std::string& server) {
    TOCSIN_ASSIGN_OR_RETURN(
        const auto session,
        zookeeper::Session::Connect(server, static_cast<int32_t>(config_.timeout.count()),
                                    stop_fd_.get()));
    zookeeper::Tree tree(*session, config_.paths);
    TOCSIN_RETURN_IF_ERROR(tree.Load());
    while (true) {
      if (!session->has_event()) PublishTargets(tree);
      TOCSIN_ASSIGN_OR_RETURN(const zookeeper::WatchEvent event, session->WaitForEvent());
      TOCSIN_RETURN_IF_ERROR(tree.Apply(event));
    }
  }

  void PublishTargets(const zookeeper::Tree& tree) {
    std::vector<TargetGroup> groups;
    tree.ForEach([&](const std::string& path, const std::string& data) {
      // Directories and what is no member are no targets, as upstream has it, without a word.
      if (auto labels = parse_(data, path)) groups.push_back({{std::move(*labels)}, {}, path});
    });
    publish_(std::move(groups));
  }

  // Constant after Start.
  const config::ZooKeeperDiscoveryConfig config_;
  const ParseMember parse_;
  ContextLogger logger_;
  telemetry::Counter& failures_;
  const http::FileDescriptor stop_fd_;
  Publish publish_;

  std::jthread thread_;  // Last: it uses all of the above.
};

ServerDiscovery Make(const config::ZooKeeperDiscoveryConfig& config, ParseMember parse,
                     const std::string& mechanism, const DiscoveryEnvironment& environment) {
  ServerDiscovery discovery;
  discovery.mechanism = mechanism;
  discovery.make_discoverer = [=](const std::string& job) {
    return std::make_unique<ZooKeeperDiscovery>(config, parse, mechanism, job, environment);
  };
  return discovery;
}

}  // namespace

Result<ServerDiscovery> MakeServersetDiscovery(const config::ServerDiscoveryConfig& config,
                                               const DiscoveryEnvironment& environment) {
  return Make(config.As<config::ServersetDiscoveryConfig>(), &ParseServersetMember, "serverset",
              environment);
}

Result<ServerDiscovery> MakeNerveDiscovery(const config::ServerDiscoveryConfig& config,
                                           const DiscoveryEnvironment& environment) {
  return Make(config.As<config::NerveDiscoveryConfig>(), &ParseNerveMember, "nerve", environment);
}

}  // namespace tocsin::discovery
