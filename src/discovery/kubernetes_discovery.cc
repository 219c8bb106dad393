#include "discovery/kubernetes_discovery.h"

#include <algorithm>
#include <set>

#include "config/discovery_kubernetes.h"
#include "discovery/kubernetes_api.h"
#include "discovery/kubernetes_targets.h"
#include "discovery/kubernetes_watch.h"
#include "discovery/task_strand.h"

namespace tocsin::discovery {
namespace kubernetes {
namespace {

// A rollout changes hundreds of objects in a moment; whoever gets the groups takes some seconds
// anyway.
constexpr int64_t kPublishIntervalMs = 1'000;

// The role whose selector and event counters are the resource's; "" for those without.
std::string RoleOf(Resource resource) {
  for (const char* role : {"node", "pod", "service", "endpoints", "endpointslice", "ingress"}) {
    if (MainResource(role) == resource) return role;
  }
  return "";
}

bool IsClusterWide(Resource resource) {
  return resource == Resource::kNodes || resource == Resource::kNamespaces;
}

/// prometheus_sd_kubernetes_*.
class Metrics {
 public:
  explicit Metrics(telemetry::Registry& registry)
      : registry_(registry),
        failures_(registry.AddCounter("prometheus_sd_kubernetes_failures_total",
                                      "The number of failed WATCH/LIST requests.")) {
    for (const char* role : {"endpointslice", "endpoints", "node", "pod", "service", "ingress"}) {
      for (const char* event : {"add", "delete", "update"}) Count(role, event, 0);
    }
  }
  void CountFailure() { failures_.Increment(); }
  void Count(const std::string& role, const std::string& event, int count = 1) {
    if (role.empty()) return;
    telemetry::Counter& counter = registry_.AddCounter("prometheus_sd_kubernetes_events_total",
                                                       "The number of Kubernetes events handled.",
                                                       {{"role", role}, {"event", event}});
    if (count > 0) counter.Increment();
  }

 private:
  telemetry::Registry& registry_;
  telemetry::Counter& failures_;
};

/// Keeps the objects that watches report and makes groups of them. What a namespace holds is
/// published once all its watches have listed. Thread-safe.
class KubernetesDiscovery final : public Discoverer {
 public:
  KubernetesDiscovery(config::KubernetesDiscoveryConfig config, ApiServer server, std::string job,
                      const DiscoveryEnvironment& environment);
  ~KubernetesDiscovery() override;
  void Start(Publish publish) override;

 private:
  class Listener;
  struct Source {
    std::string namespace_name;  ///< "" for all, and for resources of the cluster.
    bool is_cluster_wide = false;
    bool is_listed = false;
    std::shared_ptr<ObjectWatch> watch;
  };

  std::vector<Resource> Resources() const;
  std::vector<std::string> Namespaces() const;
  void AddSource(Resource resource, const std::string& namespace_name);
  bool IsListed(const std::string& namespace_name) const;
  void SchedulePublish();
  void PublishGroups();

  // Constant after construction.
  const config::KubernetesDiscoveryConfig config_;
  const ApiServer server_;
  const DiscoveryEnvironment environment_;
  ContextLogger logger_;
  const std::shared_ptr<TaskStrand> strand_;

  // The strand's, but for Start and the destructor.
  Metrics metrics_;
  ObjectStore store_;
  std::vector<std::string> namespaces_;
  std::vector<Source> sources_;
  Publish publish_;
  bool is_publish_due_ = false;
  int64_t last_publish_ms_ = 0;
  Timers::TimerId timer_ = 0;
};

/// What one watch reports, on its way into the store.
class KubernetesDiscovery::Listener final : public WatchListener {
 public:
  Listener(KubernetesDiscovery& owner, Resource resource, size_t source)
      : owner_(owner), resource_(resource), role_(RoleOf(resource)), source_(source) {}

  void OnList(std::vector<Object> objects) override {
    Source& source = owner_.sources_[source_];
    std::set<std::string> gone = KnownKeys(source.namespace_name);
    for (Object& object : objects) {
      gone.erase(MetaOf(object).Key());
      Set(std::move(object));
    }
    for (const std::string& key : gone) OnDelete(key);
    source.is_listed = true;
    owner_.SchedulePublish();
  }
  void OnChange(Object object) override { Set(std::move(object)); }
  void OnDelete(const std::string& key) override {
    if (!owner_.store_.Remove(resource_, key)) return;
    owner_.metrics_.Count(role_, "delete");
    owner_.SchedulePublish();
  }
  void OnFailure(const std::string& what) override {
    owner_.metrics_.CountFailure();
    owner_.logger_.Error("Kubernetes API request failed", {{"err", what}});
  }

 private:
  void Set(Object object) {
    const ObjectStore::Change change = owner_.store_.Set(resource_, std::move(object));
    owner_.metrics_.Count(role_, change == ObjectStore::Change::kAdded ? "add" : "update");
    // Heartbeats and the like change nothing that we keep.
    if (change != ObjectStore::Change::kNone) owner_.SchedulePublish();
  }
  std::set<std::string> KnownKeys(const std::string& namespace_name) const {
    std::set<std::string> keys;
    for (const auto& [key, object] : owner_.store_.All(resource_)) {
      const bool is_of_source =
          namespace_name.empty() || MetaOf(object).namespace_name == namespace_name;
      if (is_of_source) keys.insert(key);
    }
    return keys;
  }

  KubernetesDiscovery& owner_;
  const Resource resource_;
  const std::string role_;
  const size_t source_;
};

KubernetesDiscovery::KubernetesDiscovery(config::KubernetesDiscoveryConfig config, ApiServer server,
                                         std::string job, const DiscoveryEnvironment& environment)
    : config_(std::move(config)),
      server_(std::move(server)),
      environment_(environment),
      logger_(environment.logger, {{"discovery", "kubernetes"}, {"config", std::move(job)}}),
      strand_(std::make_shared<TaskStrand>(environment.run_on_worker)),
      metrics_(environment.registry),
      namespaces_(Namespaces()) {
  for (const Resource resource : Resources()) {
    if (IsClusterWide(resource)) {
      AddSource(resource, "");
    } else {
      for (const std::string& name : namespaces_) AddSource(resource, name);
    }
  }
}

KubernetesDiscovery::~KubernetesDiscovery() {
  strand_->Stop();
  for (const Source& source : sources_) source.watch->Stop();
  environment_.timers.Cancel(timer_);
}

std::vector<Resource> KubernetesDiscovery::Resources() const {
  const config::KubernetesMetadata& attach = config_.attach_metadata;
  const Resource main = MainResource(config_.role);
  std::vector<Resource> resources = {main};
  const bool is_endpoints = main == Resource::kEndpoints || main == Resource::kEndpointSlices;
  const bool is_pods = main == Resource::kPods;
  if (is_endpoints) {
    resources.insert(resources.end(), {Resource::kServices, Resource::kPods});
  }
  if (attach.node && (is_endpoints || is_pods)) resources.push_back(Resource::kNodes);
  if (attach.namespace_ && main != Resource::kNodes) resources.push_back(Resource::kNamespaces);
  if (attach.deployment && is_pods) resources.push_back(Resource::kReplicaSets);
  if (attach.cron_job && is_pods) resources.push_back(Resource::kJobs);
  return resources;
}

std::vector<std::string> KubernetesDiscovery::Namespaces() const {
  std::set<std::string> names(config_.namespaces.names.begin(), config_.namespaces.names.end());
  if (!server_.own_namespace.empty()) names.insert(server_.own_namespace);
  if (names.empty() || config_.role == "node") return {""};
  return {names.begin(), names.end()};
}

void KubernetesDiscovery::AddSource(Resource resource, const std::string& namespace_name) {
  WatchTarget target{resource, ResourcePath(resource, namespace_name), "", ""};
  for (const config::KubernetesSelector& selector : config_.selectors) {
    if (selector.role != RoleOf(resource)) continue;
    target.label_selector = selector.label;
    target.field_selector = selector.field;
  }
  auto listener = std::make_unique<Listener>(*this, resource, sources_.size());
  sources_.push_back({namespace_name, IsClusterWide(resource), false,
                      std::make_shared<ObjectWatch>(std::move(target), server_, environment_,
                                                    strand_, std::move(listener))});
}

void KubernetesDiscovery::Start(Publish publish) {
  publish_ = std::move(publish);
  strand_->Post([this] {
    for (const Source& source : sources_) source.watch->Start();
  });
}

bool KubernetesDiscovery::IsListed(const std::string& namespace_name) const {
  return std::all_of(sources_.begin(), sources_.end(), [&](const Source& source) {
    const bool counts = source.is_cluster_wide || source.namespace_name == namespace_name;
    return source.is_listed || !counts;
  });
}

void KubernetesDiscovery::SchedulePublish() {
  if (is_publish_due_) return;
  is_publish_due_ = true;
  timer_ = environment_.timers.RunAt(last_publish_ms_ + kPublishIntervalMs,
                                     [this] { strand_->Post([this] { PublishGroups(); }); });
}

void KubernetesDiscovery::PublishGroups() {
  is_publish_due_ = false;
  std::set<std::string> listed;
  for (const std::string& name : namespaces_) {
    if (IsListed(name)) listed.insert(name);
  }
  if (listed.empty()) return;
  last_publish_ms_ = environment_.clock.NowMs();
  const bool has_all = listed.count("") != 0;
  std::vector<TargetGroup> groups;
  for (const auto& [key, object] : store_.All(MainResource(config_.role))) {
    if (!has_all && listed.count(MetaOf(object).namespace_name) == 0) continue;
    groups.push_back(MakeGroup(object, store_, config_.attach_metadata));
  }
  publish_(std::move(groups));
}

}  // namespace
}  // namespace kubernetes

Result<ServerDiscovery> MakeKubernetesDiscovery(const config::ServerDiscoveryConfig& config,
                                                const DiscoveryEnvironment& environment) {
  const auto& kubernetes = config.As<config::KubernetesDiscoveryConfig>();
  TOCSIN_ASSIGN_OR_RETURN(const kubernetes::ApiServer server,
                          kubernetes::FindApiServer(kubernetes, environment));
  ServerDiscovery discovery;
  discovery.mechanism = "kubernetes";
  discovery.make_discoverer = [kubernetes, server, environment](const std::string& job) {
    return std::make_unique<kubernetes::KubernetesDiscovery>(kubernetes, server, job, environment);
  };
  return discovery;
}

}  // namespace tocsin::discovery
