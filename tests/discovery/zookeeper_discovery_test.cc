// serverset_sd_configs and nerve_sd_configs against a server of the test's own over loopback.
#include "discovery/zookeeper_discovery.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <map>
#include <set>
#include <thread>

#include "config/prometheus_config.h"
#include "discovery/fake_environment.h"
#include "http/file_descriptor.h"
#include "http/listen_socket.h"

namespace tocsin::discovery {
namespace {

/// A tree of nodes behind ZooKeeper's protocol, with watches that fire once. One client at a time.
class FakeZooKeeper {
 public:
  FakeZooKeeper() {
    listener_.Reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_.get(), 8), 0);
    port_ = http::LocalAddress(listener_.get()).port;
    thread_ = std::jthread([this] { Run(); });
  }
  ~FakeZooKeeper() {
    shutdown(listener_.get(), SHUT_RDWR);
    Disconnect();
  }

  std::string server() const { return fmt::format("127.0.0.1:{}", port_); }
  void Set(const std::string& path, const std::string& data) {
    MutexLock lock(mutex_);
    const bool is_new = nodes_.count(path) == 0;
    nodes_[path] = data;
    Fire(path, is_new ? 1 : 3);
    if (is_new) Fire(Parent(path), 4);
  }
  void Delete(const std::string& path) {
    MutexLock lock(mutex_);
    nodes_.erase(path);
    Fire(path, 2);
    Fire(Parent(path), 4);
  }
  void Disconnect() {
    MutexLock lock(mutex_);
    if (client_ >= 0) shutdown(client_, SHUT_RDWR);
  }
  /// Waits until the client has pinged.
  void WaitForPing() {
    MutexLock lock(mutex_);
    while (ping_count_ == 0) pinged_.wait(mutex_);
  }

 private:
  static std::string Parent(const std::string& path) { return path.substr(0, path.rfind('/')); }
  static std::string Int(int32_t value) {
    const uint32_t big = htonl(static_cast<uint32_t>(value));
    return std::string(reinterpret_cast<const char*>(&big), 4);
  }
  static int32_t ToInt(const std::string& bytes, size_t at) {
    uint32_t big = 0;
    bytes.copy(reinterpret_cast<char*>(&big), 4, at);
    return static_cast<int32_t>(ntohl(big));
  }
  static std::string Text(const std::string& text) {
    return Int(static_cast<int32_t>(text.size())) + text;
  }
  static std::string Header(int32_t id, int32_t error) {
    return Int(id) + std::string(8, '\0') + Int(error);
  }

  void Run() {
    while (true) {
      http::FileDescriptor fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd.is_open()) return;
      {
        MutexLock lock(mutex_);
        client_ = fd.get();
        watches_.clear();
      }
      Serve(fd.get());
      MutexLock lock(mutex_);
      client_ = -1;
    }
  }
  void Serve(int fd) {
    std::string frame;
    if (!Receive(fd, frame)) return;
    {
      MutexLock lock(mutex_);
      Send(Int(0) + Int(ToInt(frame, 12)) + std::string(8, '\1') + Text(std::string(16, '\0')));
    }
    while (Receive(fd, frame)) Answer(frame);
  }
  static bool Receive(int fd, std::string& frame) {
    std::string size(4, '\0');
    if (recv(fd, size.data(), 4, MSG_WAITALL) != 4) return false;
    frame.resize(static_cast<size_t>(ToInt(size, 0)));
    const auto count = static_cast<ssize_t>(frame.size());
    return recv(fd, frame.data(), frame.size(), MSG_WAITALL) == count;
  }
  void Send(const std::string& payload) REQUIRES(mutex_) {
    const std::string frame = Text(payload);
    if (client_ >= 0) send(client_, frame.data(), frame.size(), MSG_NOSIGNAL);
  }
  void Answer(const std::string& request) {
    const int32_t id = ToInt(request, 0);
    const int32_t operation = ToInt(request, 4);
    MutexLock lock(mutex_);
    if (operation == 11) {
      ++ping_count_;
      pinged_.notify_all();
      return Send(Header(id, 0));
    }
    if (operation == -11) return;
    const std::string path = request.substr(12, static_cast<size_t>(ToInt(request, 8)));
    if (operation != 12) watches_.insert(path);  // Of data or existence.
    const auto node = nodes_.find(path);
    if (node == nodes_.end()) return Send(Header(id, -101));
    watches_.insert(path);
    if (operation == 4) return Send(Header(id, 0) + Text(node->second) + std::string(68, '\0'));
    if (operation == 3) return Send(Header(id, 0) + std::string(68, '\0'));
    std::string names;
    int32_t count = 0;
    for (const auto& [child, data] : nodes_) {
      if (Parent(child) != path) continue;
      names += Text(child.substr(path.size() + 1));
      ++count;
    }
    Send(Header(id, 0) + Int(count) + names + std::string(68, '\0'));
  }
  void Fire(const std::string& path, int32_t type) REQUIRES(mutex_) {
    // Watches of data and of children are one here: the other fires once more for nothing.
    if (watches_.count(path) != 0) Send(Header(-1, 0) + Int(type) + Int(3) + Text(path));
  }

  http::FileDescriptor listener_;
  int port_ = 0;
  Mutex mutex_;
  CondVar pinged_;
  int ping_count_ GUARDED_BY(mutex_) = 0;
  int client_ GUARDED_BY(mutex_) = -1;
  std::map<std::string, std::string> nodes_ GUARDED_BY(mutex_);
  std::set<std::string> watches_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

std::string Member(int port) {
  return fmt::format(R"({{"host": "10.0.0.1", "port": {}, "name": "n"}})", port);
}

class ZooKeeperDiscoveryTest : public ::testing::Test {
 protected:
  void Start(const std::string& more = "") {
    const auto config = config::ParsePrometheusConfig(
        "scrape_configs:\n- job_name: j\n  nerve_sd_configs: [{servers: ['" + zookeeper_.server() +
            "'], paths: [/svc]" + more + "}]",
        "prometheus.yml");
    ASSERT_TRUE(config) << config.error().message();
    auto discovery = MakeServerDiscovery(config->AllScrapeConfigs().at(0).discovery.servers.at(0),
                                         "j", fake_.environment);
    ASSERT_TRUE(discovery) << discovery.error().message();
    discovery_ = std::move(*discovery);
    discovery_->Start([this](const std::vector<TargetGroup>& groups) {
      MutexLock lock(mutex_);
      groups_ = groups;
      ++publications_;
      changed_.notify_all();
    });
  }
  void WaitFor(const std::vector<std::string>& addresses) {
    MutexLock lock(mutex_);
    while (publications_ == 0 || Addresses(groups_) != addresses) changed_.wait(mutex_);
  }

  FakeZooKeeper zookeeper_;
  FakeEnvironment fake_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<TargetGroup> groups_;
  int publications_ = 0;
  std::unique_ptr<Discoverer> discovery_;
};

TEST_F(ZooKeeperDiscoveryTest, FollowsMembersThatComeChangeAndGo) {
  zookeeper_.Set("/svc", "");
  zookeeper_.Set("/svc/a", Member(1));
  zookeeper_.Set("/svc/deep", "");
  zookeeper_.Set("/svc/deep/b", Member(2));
  Start();
  WaitFor({"10.0.0.1:1", "10.0.0.1:2"});
  {
    MutexLock lock(mutex_);
    EXPECT_EQ(groups_[1].source, "/svc/deep/b");
    EXPECT_EQ(groups_[1].targets[0].Get("__meta_nerve_path"), "/svc/deep/b");
  }
  zookeeper_.Set("/svc/c", Member(3));
  WaitFor({"10.0.0.1:1", "10.0.0.1:3", "10.0.0.1:2"});
  zookeeper_.Set("/svc/a", Member(4));
  WaitFor({"10.0.0.1:4", "10.0.0.1:3", "10.0.0.1:2"});
  zookeeper_.Delete("/svc/deep/b");
  WaitFor({"10.0.0.1:4", "10.0.0.1:3"});
  zookeeper_.Set("/svc/c", "no member any more");
  WaitFor({"10.0.0.1:4"});
}

TEST_F(ZooKeeperDiscoveryTest, APathThatIsMadeLaterIsSeen) {
  Start();
  WaitFor({});
  zookeeper_.Set("/svc", "");
  zookeeper_.Set("/svc/a", Member(1));
  WaitFor({"10.0.0.1:1"});
  zookeeper_.Delete("/svc/a");
  zookeeper_.Delete("/svc");
  WaitFor({});
  zookeeper_.Set("/svc", Member(5));
  WaitFor({"10.0.0.1:5"});
}

TEST_F(ZooKeeperDiscoveryTest, ALostSessionKeepsTheTargetsAndIsMadeAnew) {
  zookeeper_.Set("/svc", Member(1));
  Start();
  WaitFor({"10.0.0.1:1"});
  zookeeper_.Disconnect();
  zookeeper_.Set("/svc", Member(2));
  WaitFor({"10.0.0.1:2"});
}

TEST_F(ZooKeeperDiscoveryTest, PingsKeepTheSession) {
  zookeeper_.Set("/svc", Member(1));
  Start(", timeout: 300ms");
  zookeeper_.WaitForPing();
  zookeeper_.Set("/svc", Member(2));
  WaitFor({"10.0.0.1:2"});
}

TEST_F(ZooKeeperDiscoveryTest, StopsAtOnce) {
  Start();
  discovery_.reset();  // Whatever it is doing.
  Start();
  WaitFor({});
  discovery_.reset();
}

}  // namespace
}  // namespace tocsin::discovery
