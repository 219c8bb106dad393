#include "discovery/discovery_manager.h"

#include <gmock/gmock.h>

#include <optional>
#include <utility>

#include "discovery/fake_environment.h"

namespace tocsin::discovery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

config::DiscoveryConfigs Static(const std::vector<std::string>& addresses) {
  TargetGroup group;
  group.source = "0";
  for (const std::string& address : addresses) group.targets.push_back({{"__address__", address}});
  config::DiscoveryConfigs configs;
  configs.static_groups.push_back(group);
  return configs;
}

config::DiscoveryConfigs Files(const std::string& glob) {
  config::DiscoveryConfigs configs;
  configs.files.push_back({{glob}});
  return configs;
}

class DiscoveryManagerTest : public testing::Test {
 protected:
  using Deliveries = std::vector<std::pair<std::string, std::vector<std::string>>>;

  Deliveries TakeDeliveries() { return std::exchange(deliveries_, {}); }

  void ChangeFile(const std::string& address) {
    fake_.files.Put("/sd/a.json", {address});
    fake_.watcher.Change("/sd");
    fake_.RunDueTimers();
  }

  FakeEnvironment fake_;
  Deliveries deliveries_;
  std::optional<DiscoveryManager> manager_{
      std::in_place, "scrape", fake_.environment,
      [this](const std::string& job, const std::vector<TargetGroup>& groups) {
        deliveries_.emplace_back(job, Addresses(groups));
      }};
};

TEST_F(DiscoveryManagerTest, FirstGroupsOfAJobAreDeliveredAtOnce) {
  manager_->ApplyConfig({{"a", Static({"a:1", "a:2"})}, {"b", Static({"b:1"})}});
  fake_.RunDueTimers();
  EXPECT_THAT(TakeDeliveries(),
              ElementsAre(Pair("a", ElementsAre("a:1", "a:2")), Pair("b", ElementsAre("b:1"))));
  fake_.timers.AdvanceBy(600'000);
  EXPECT_THAT(TakeDeliveries(), IsEmpty());
  EXPECT_EQ(
      fake_.registry
          .AddGauge("prometheus_sd_discovered_targets", "", {{"config", "a"}, {"name", "scrape"}})
          .value(),
      2);
}

TEST_F(DiscoveryManagerTest, AJobWithoutTargetsIsDeliveredToo) {
  manager_->ApplyConfig({{"a", {}}});
  fake_.RunDueTimers();
  EXPECT_THAT(TakeDeliveries(), ElementsAre(Pair("a", IsEmpty())));
}

TEST_F(DiscoveryManagerTest, SeveralDiscoveriesOfAJobAreMerged) {
  fake_.files.Put("/sd/a.json", {"f:1"});
  config::DiscoveryConfigs configs = Static({"s:1"});
  configs.files = Files("/sd/*.json").files;
  manager_->ApplyConfig({{"a", configs}});
  fake_.RunDueTimers();
  EXPECT_THAT(TakeDeliveries(), ElementsAre(Pair("a", ElementsAre("s:1", "f:1"))));
}

TEST_F(DiscoveryManagerTest, LaterUpdatesAreCollected) {
  manager_->ApplyConfig({{"a", Files("/sd/*.json")}});
  fake_.RunDueTimers();
  TakeDeliveries();
  fake_.timers.AdvanceBy(1000);
  ChangeFile("a:1");
  fake_.timers.AdvanceBy(1000);
  ChangeFile("a:2");
  EXPECT_THAT(TakeDeliveries(), IsEmpty());
  fake_.timers.AdvanceBy(3000);
  EXPECT_THAT(TakeDeliveries(), ElementsAre(Pair("a", ElementsAre("a:2"))));
  // After a quiet time an update goes through at once.
  fake_.timers.AdvanceBy(60'000);
  ChangeFile("a:3");
  EXPECT_THAT(TakeDeliveries(), ElementsAre(Pair("a", ElementsAre("a:3"))));
}

TEST_F(DiscoveryManagerTest, AnUnchangedJobIsLeftAlone) {
  fake_.files.Put("/sd/a.json", {"f:1"});
  manager_->ApplyConfig({{"a", Files("/sd/*.json")}, {"b", Static({"b:1"})}});
  fake_.RunDueTimers();
  TakeDeliveries();
  const auto watches = fake_.watcher.watches.begin()->first;
  manager_->ApplyConfig({{"a", Files("/sd/*.json")}, {"b", Static({"b:2"})}});
  fake_.RunDueTimers();
  EXPECT_THAT(TakeDeliveries(), ElementsAre(Pair("b", ElementsAre("b:2"))));
  EXPECT_EQ(fake_.watcher.watches.begin()->first, watches);
}

TEST_F(DiscoveryManagerTest, ARemovedDiscoveryTakesItsTargetsAlong) {
  fake_.files.Put("/sd/a.json", {"f:1"});
  config::DiscoveryConfigs both = Static({"s:1"});
  both.files = Files("/sd/*.json").files;
  manager_->ApplyConfig({{"a", both}});
  fake_.RunDueTimers();
  TakeDeliveries();
  manager_->ApplyConfig({{"a", Static({"s:1"})}});
  fake_.RunDueTimers();
  EXPECT_THAT(TakeDeliveries(), ElementsAre(Pair("a", ElementsAre("s:1"))));
  EXPECT_TRUE(fake_.watcher.watches.empty());
}

TEST_F(DiscoveryManagerTest, ARemovedJobIsStoppedSilently) {
  manager_->ApplyConfig({{"a", Files("/sd/*.json")}});
  fake_.RunDueTimers();
  TakeDeliveries();
  manager_->ApplyConfig({});
  EXPECT_TRUE(fake_.watcher.watches.empty());
  fake_.timers.AdvanceBy(600'000);
  EXPECT_THAT(TakeDeliveries(), IsEmpty());
}

TEST_F(DiscoveryManagerTest, DestructionLeavesNothingBehind) {
  manager_->ApplyConfig({{"a", Files("/sd/*.json")}, {"b", Static({"b:1"})}});
  manager_.reset();
  EXPECT_EQ(fake_.timers.pending(), 0u);
  EXPECT_TRUE(fake_.watcher.watches.empty());
}

}  // namespace
}  // namespace tocsin::discovery
