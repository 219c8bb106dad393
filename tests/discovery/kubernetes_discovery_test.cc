// kubernetes_sd_configs against an API server that a test plays: lists, watches, failures.
#include "discovery/kubernetes_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "config/prometheus_config.h"
#include "discovery/fake_environment.h"
#include "discovery/kubernetes_api.h"
#include "http/scripted_server.h"

namespace tocsin::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

config::ServerDiscoveryConfig Config(const std::string& entry) {
  const auto config = config::ParsePrometheusConfig(
      "scrape_configs:\n- job_name: j\n  kubernetes_sd_configs: [" + entry + "]", "prometheus.yml");
  EXPECT_TRUE(config) << config.error().message();
  return config->AllScrapeConfigs().at(0).discovery.servers.at(0);
}

std::string Service(const std::string& name, int version, int port = 80) {
  return fmt::format(R"({{"metadata": {{"name": "{}", "namespace": "d", "resourceVersion": "{}"}},)"
                     R"( "spec": {{"ports": [{{"port": {}}}]}}}})",
                     name, version, port);
}

std::string ListOf(const std::string& items, int version, const std::string& next = "") {
  return fmt::format(R"({{"metadata": {{"resourceVersion": "{}", "continue": "{}"}},)"
                     R"( "items": [{}]}})",
                     version, next, items);
}

std::string Event(const std::string& type, const std::string& object) {
  return fmt::format("{{\"type\": \"{}\", \"object\": {}}}\n", type, object);
}

http::ClientResponse Answer(int status, std::string body) {
  http::ClientResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// Requests wait until the test answers them.
class PlayedServer final : public http::Client {
 public:
  RequestId Start(http::ClientRequest request, Callback done) override {
    requests[++last_id_] = {std::move(request), std::move(done)};
    return last_id_;
  }
  void Cancel(RequestId id) override {
    if (requests.count(id) != 0) Finish(id, Error(ErrorCode::kCanceled, "context canceled"));
  }
  /// The id of the only request; its URL must hold `part`.
  RequestId Only(const std::string& part) {
    EXPECT_EQ(requests.size(), 1u);
    if (requests.empty()) return 0;
    EXPECT_THAT(requests.begin()->second.first.url, HasSubstr(part));
    return requests.begin()->first;
  }
  void Finish(RequestId id, Result<http::ClientResponse> result) {
    auto done = std::move(requests.at(id).second);
    requests.erase(id);
    done(std::move(result));
  }
  bool Feed(RequestId id, const std::string& bytes) { return requests.at(id).first.on_body(bytes); }

  std::map<RequestId, std::pair<http::ClientRequest, Callback>> requests;

 private:
  RequestId last_id_ = 0;
};

class KubernetesDiscoveryTest : public ::testing::Test {
 protected:
  void Start(const std::string& entry) {
    auto discovery = MakeServerDiscovery(Config(entry), "j", environment_);
    ASSERT_TRUE(discovery) << discovery.error().message();
    discovery_ = std::move(*discovery);
    discovery_->Start([this](std::vector<TargetGroup> groups) {
      groups_ = std::move(groups);
      ++publications_;
    });
  }
  void StartServices() { Start("{role: service, api_server: 'https://k:6443/'}"); }
  /// Answers the list that is asked for, up to the watch that follows it.
  http::Client::RequestId List(const std::string& items, int version) {
    server_.Finish(server_.Only("/api/v1/services?limit=500"), Answer(200, ListOf(items, version)));
    fake_.timers.AdvanceBy(1'000);
    return server_.Only(fmt::format("resourceVersion={}&", version));
  }

  FakeEnvironment fake_;
  PlayedServer server_;
  DiscoveryEnvironment environment_{
      fake_.clock,
      fake_.timers,
      fake_.files,
      fake_.watcher,
      fake_.logger,
      fake_.registry,
      [this](Fs&, const std::string& path) { return fake_.files.Load(path); },
      server_,
      fake_.resolver,
      [](const std::function<void()>& task) { task(); }};
  std::vector<TargetGroup> groups_;
  int publications_ = 0;
  std::unique_ptr<Discoverer> discovery_;
};

TEST_F(KubernetesDiscoveryTest, ListsThenFollowsChanges) {
  StartServices();
  const auto watch = List(Service("a", 1), 10);
  EXPECT_THAT(Addresses(groups_), ElementsAre("a.d.svc:80"));
  const std::string url = server_.requests.at(watch).first.url;
  EXPECT_THAT(url, HasSubstr("https://k:6443/api/v1/services?watch=1&allowWatchBookmarks=true"));
  // Two events in one piece, and one in two.
  server_.Feed(watch, Event("ADDED", Service("b", 11)) + Event("MODIFIED", Service("a", 12, 81)));
  const std::string last = Event("DELETED", Service("b", 13));
  server_.Feed(watch, last.substr(0, 20));
  fake_.timers.AdvanceBy(1'000);
  EXPECT_THAT(Addresses(groups_), ElementsAre("a.d.svc:81", "b.d.svc:80"));
  server_.Feed(watch, last.substr(20));
  fake_.timers.AdvanceBy(1'000);
  EXPECT_THAT(Addresses(groups_), ElementsAre("a.d.svc:81"));
  EXPECT_EQ(publications_, 3);
}

TEST_F(KubernetesDiscoveryTest, ChangesAreCollected) {
  StartServices();
  const auto watch = List("", 10);
  EXPECT_EQ(publications_, 1);
  EXPECT_THAT(groups_, IsEmpty());
  for (int i = 0; i < 100; ++i) {
    server_.Feed(watch, Event("ADDED", Service("s" + std::to_string(i), 11 + i)));
  }
  EXPECT_EQ(publications_, 1);
  fake_.timers.AdvanceBy(1'000);
  EXPECT_EQ(publications_, 2);
  EXPECT_EQ(groups_.size(), 100u);
  server_.Feed(watch, Event("MODIFIED", Service("s1", 200)));  // Only its version is new.
  fake_.timers.AdvanceBy(10'000);
  EXPECT_EQ(publications_, 2);
}

TEST_F(KubernetesDiscoveryTest, AWatchThatEndsGoesOnWhereItWas) {
  StartServices();
  auto watch = List(Service("a", 1), 10);
  server_.Feed(watch, Event("BOOKMARK", R"({"metadata": {"resourceVersion": "42"}})"));
  server_.Finish(watch, Answer(200, ""));
  EXPECT_THAT(server_.requests, IsEmpty());
  fake_.timers.AdvanceBy(1'000);
  watch = server_.Only("resourceVersion=42&");
  server_.Finish(watch, Error(ErrorCode::kUnavailable, "connection reset by peer"));
  fake_.timers.AdvanceBy(2'000);
  server_.Only("resourceVersion=42&");
  EXPECT_THAT(Addresses(groups_), ElementsAre("a.d.svc:80"));
}

TEST_F(KubernetesDiscoveryTest, AForgottenPlaceBringsANewList) {
  StartServices();
  auto watch = List(Service("a", 1) + "," + Service("b", 2), 10);
  server_.Feed(watch, Event("ERROR", R"({"kind": "Status", "code": 410, "reason": "Expired"})"));
  fake_.timers.AdvanceBy(1'000);
  watch = List(Service("b", 2) + "," + Service("c", 3), 20);
  EXPECT_THAT(Addresses(groups_), ElementsAre("b.d.svc:80", "c.d.svc:80"));
  server_.Finish(watch, Answer(410, R"({"kind": "Status", "code": 410})"));
  fake_.timers.AdvanceBy(2'000);
  List(Service("c", 3), 30);
  EXPECT_THAT(Addresses(groups_), ElementsAre("c.d.svc:80"));
}

TEST_F(KubernetesDiscoveryTest, NonsenseInAWatchBringsANewList) {
  for (const char* nonsense : {"{\n", "{}\n", "{\"type\": \"ADDED\", \"object\": {}}\n", "[1]\n"}) {
    StartServices();
    server_.Feed(List(Service("a", 1), 10), nonsense);
    fake_.timers.AdvanceBy(1'000);
    List(Service("b", 1), 11);
    EXPECT_THAT(Addresses(groups_), ElementsAre("b.d.svc:80")) << nonsense;
    discovery_.reset();
  }
}

TEST_F(KubernetesDiscoveryTest, AnOutageKeepsTheTargetsAndWaitsLonger) {
  StartServices();
  auto request = List(Service("a", 1), 10);
  server_.Finish(request, Answer(500, R"({"message": "etcd is away"})"));
  for (const int wait_ms : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
    fake_.timers.AdvanceBy(wait_ms - 1);
    EXPECT_THAT(server_.requests, IsEmpty()) << wait_ms;
    fake_.timers.AdvanceBy(1);
    server_.Finish(server_.Only("limit=500"), Error(ErrorCode::kUnavailable, "refused"));
  }
  EXPECT_THAT(Addresses(groups_), ElementsAre("a.d.svc:80"));
  EXPECT_EQ(publications_, 1);
}

TEST_F(KubernetesDiscoveryTest, ReadsListsPageByPage) {
  StartServices();
  server_.Finish(server_.Only("limit=500"), Answer(200, ListOf(Service("a", 1), 10, "p/2")));
  EXPECT_EQ(publications_, 0);
  server_.Finish(server_.Only("limit=500&continue=p%2F2"),
                 Answer(200, ListOf(Service("b", 2), 10)));
  fake_.RunDueTimers();
  EXPECT_THAT(Addresses(groups_), ElementsAre("a.d.svc:80", "b.d.svc:80"));
}

TEST_F(KubernetesDiscoveryTest, SelectorsAndNamespacesGoIntoRequests) {
  Start(
      "{role: service, api_server: 'https://k', namespaces: {names: [x, y]}, "
      "selectors: [{role: service, label: 'a in (b)', field: 'metadata.name=n'}]}");
  std::vector<std::string> urls;
  for (const auto& [id, request] : server_.requests) urls.push_back(request.first.url);
  const std::string query =
      "/services?limit=500&labelSelector=a+in+%28b%29&fieldSelector=metadata.name%3Dn";
  EXPECT_THAT(urls, ElementsAre("https://k/api/v1/namespaces/x" + query,
                                "https://k/api/v1/namespaces/y" + query));
}

TEST_F(KubernetesDiscoveryTest, PublishesOnceEverythingIsListed) {
  Start("{role: endpointslice, api_server: 'https://k', attach_metadata: {node: true}}");
  std::vector<std::string> urls;
  for (const auto& [id, request] : server_.requests) urls.push_back(request.first.url);
  EXPECT_THAT(urls,
              ElementsAre("https://k/apis/discovery.k8s.io/v1/endpointslices?limit=500",
                          "https://k/api/v1/services?limit=500", "https://k/api/v1/pods?limit=500",
                          "https://k/api/v1/nodes?limit=500"));
  for (int id = 1; id <= 4; ++id) {
    fake_.timers.AdvanceBy(5'000);
    EXPECT_EQ(publications_, 0);
    server_.Finish(static_cast<uint64_t>(id), Answer(200, ListOf("", 1)));
  }
  fake_.timers.AdvanceBy(5'000);
  EXPECT_EQ(publications_, 1);
}

TEST_F(KubernetesDiscoveryTest, StoppingEndsRequestsAndPublications) {
  StartServices();
  const auto watch = List(Service("a", 1), 10);
  server_.Feed(watch, Event("ADDED", Service("b", 11)));
  discovery_.reset();
  EXPECT_THAT(server_.requests, IsEmpty());
  fake_.timers.AdvanceBy(60'000);
  EXPECT_EQ(publications_, 1);
}

TEST_F(KubernetesDiscoveryTest, OutsideOfAClusterThereIsNoServer) {
  const auto discovery = MakeServerDiscovery(Config("{role: pod}"), "j", environment_);
  ASSERT_FALSE(discovery);
  EXPECT_THAT(discovery.error().message(), HasSubstr("unable to load in-cluster configuration"));
}

TEST(KubernetesApiTest, ReadsAKubeconfig) {
  const auto server = kubernetes::ParseKubeconfig(R"(
current-context: dev
contexts:
- {name: other, context: {cluster: x, user: x}}
- {name: dev, context: {cluster: c, user: u}}
clusters:
- {name: c, cluster: {server: "https://k:6443/", certificate-authority-data: "cGVt", tls-server-name: n}}
users:
- {name: u, user: {token: t, client-certificate: crt.pem, client-key: /abs/key.pem}}
)",
                                                  "/home/me/.kube/config");
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_EQ(server->url, "https://k:6443");
  EXPECT_EQ(server->options->tls.ca, "pem");
  EXPECT_EQ(server->options->tls.server_name, "n");
  EXPECT_EQ(server->options->authorization_credentials, "t");
  EXPECT_EQ(server->options->tls.cert_file, "/home/me/.kube/crt.pem");
  EXPECT_EQ(server->options->tls.key_file, "/abs/key.pem");
}

TEST(KubernetesApiTest, RefusesKubeconfigsThatItCannotUse) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "context \"\" does not exist"},
      {"{current-context: a, contexts: [{name: a, context: {cluster: c}}]}",
       "no server for cluster \"c\""},
      {"{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}], clusters: "
       "[{name: c, cluster: {server: s}}], users: [{name: u, user: {exec: {command: aws}}}]}",
       "users with \"exec\" are not supported"},
      {"{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}], clusters: "
       "[{name: c, cluster: {server: s, certificate-authority-data: '%'}}]}",
       "invalid base64"},
  };
  for (const auto& [text, message] : cases) {
    const auto server = kubernetes::ParseKubeconfig(text, "f");
    ASSERT_FALSE(server) << text;
    EXPECT_THAT(server.error().message(), HasSubstr(message));
  }
}

/// What the discovery published last, for a test's thread to wait on.
class Published {
 public:
  void Set(const std::vector<TargetGroup>& groups) {
    MutexLock lock(mutex_);
    addresses_ = Addresses(groups);
    changed_.notify_all();
  }
  void WaitFor(const std::vector<std::string>& addresses) {
    MutexLock lock(mutex_);
    while (addresses_ != addresses) changed_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> addresses_;
};

// The real client and real time over loopback: a list, a watch whose connection breaks, the watch
// that goes on.
TEST(KubernetesWatchLoopbackTest, ListsWatchesAndReconnects) {
  std::promise<void> was_listed;
  std::promise<void> was_added;
  std::atomic<int> watch_count = 0;
  const http::ScriptedServer server([&](http::Peer& peer) {
    for (std::string request; !(request = peer.ReadRequest()).empty();) {
      if (request.find("watch=1") == std::string::npos) {
        peer.Send(http::OkResponse(ListOf(Service("a", 1), 10)));
        continue;
      }
      const auto send_event = [&peer](const std::string& event) {
        peer.Send(fmt::format("{:x}\r\n{}\r\n", event.size(), event));
      };
      peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      if (++watch_count == 1) {
        was_listed.get_future().wait();
        send_event(Event("ADDED", Service("b", 11)));
        was_added.get_future().wait();
        return peer.Reset();
      }
      EXPECT_THAT(request, HasSubstr("resourceVersion=11&"));
      send_event(Event("DELETED", Service("a", 12)));
      return peer.WaitForClose();
    }
  });
  FakeEnvironment fake;
  SystemClock clock;
  ThreadTimers timers(clock, 1);
  const std::unique_ptr<http::Client> client = http::MakeCurlClient("Tocsin/test");
  const DiscoveryEnvironment environment{
      clock,
      timers,
      fake.files,
      fake.watcher,
      fake.logger,
      fake.registry,
      [&](Fs&, const std::string& path) { return fake.files.Load(path); },
      *client,
      fake.resolver,
      [&](std::function<void()> task) { timers.RunAt(0, std::move(task)); }};
  Published published;
  auto discovery = MakeServerDiscovery(
      Config("{role: service, api_server: '" + server.Url("") + "'}"), "j", environment);
  ASSERT_TRUE(discovery) << discovery.error().message();
  (*discovery)->Start([&](const std::vector<TargetGroup>& groups) { published.Set(groups); });
  published.WaitFor({"a.d.svc:80"});
  was_listed.set_value();
  published.WaitFor({"a.d.svc:80", "b.d.svc:80"});
  was_added.set_value();
  published.WaitFor({"b.d.svc:80"});
  discovery->reset();
}

}  // namespace
}  // namespace tocsin::discovery
