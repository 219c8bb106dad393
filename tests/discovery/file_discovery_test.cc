#include "discovery/file_discovery.h"

#include <gmock/gmock.h>

#include <chrono>
#include <optional>

#include "discovery/fake_environment.h"

namespace tocsin::discovery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FileDiscoveryTest : public testing::Test {
 protected:
  void Start(std::vector<std::string> globs) {
    config::FileDiscoveryConfig config;
    config.files = std::move(globs);
    config.refresh_interval = std::chrono::minutes(5);
    discovery_.emplace(config, fake_.environment);
    discovery_->Start([this](std::vector<TargetGroup> groups) {
      addresses_ = Addresses(groups);
      ++publications_;
    });
  }

  FakeEnvironment fake_;
  std::vector<std::string> addresses_;
  int publications_ = 0;
  std::optional<FileDiscovery> discovery_;
};

TEST_F(FileDiscoveryTest, PublishesMatchingFilesAtStart) {
  fake_.files.Put("/sd/b.json", {"b:1"});
  fake_.files.Put("/sd/a.json", {"a:1", "a:2"});
  fake_.files.Put("/sd/c.yml", {"c:1"});
  fake_.files.Put("/sd/single.yaml", {"s:1"});
  Start({"/sd/*.json", "/sd/single.yaml", "/sd/a.json"});
  EXPECT_THAT(addresses_, ElementsAre("a:1", "a:2", "b:1", "s:1"));
  EXPECT_EQ(publications_, 1);
}

TEST_F(FileDiscoveryTest, ChangesInTheDirectoryAreReadSoon) {
  Start({"/sd/*.json"});
  EXPECT_THAT(addresses_, IsEmpty());
  fake_.files.Put("/sd/a.json", {"a:1"});
  fake_.watcher.Change("/sd");
  fake_.watcher.Change("/sd");
  fake_.RunDueTimers();
  EXPECT_THAT(addresses_, ElementsAre("a:1"));
  EXPECT_EQ(publications_, 2);
  fake_.files.Delete("/sd/a.json");
  fake_.watcher.Change("/sd");
  fake_.RunDueTimers();
  EXPECT_THAT(addresses_, IsEmpty());
}

TEST_F(FileDiscoveryTest, ChangesThatWentUnnoticedAreFoundAtTheRefreshInterval) {
  Start({"/sd/*.json"});
  fake_.files.Put("/sd/a.json", {"a:1"});
  fake_.timers.AdvanceBy(299'999);
  EXPECT_THAT(addresses_, IsEmpty());
  fake_.timers.AdvanceBy(1);
  EXPECT_THAT(addresses_, ElementsAre("a:1"));
  fake_.files.Put("/sd/a.json", {"a:2"});
  fake_.timers.AdvanceBy(300'000);
  EXPECT_THAT(addresses_, ElementsAre("a:2"));
}

TEST_F(FileDiscoveryTest, ABadFileKeepsItsLastGroupsAndIsCounted) {
  fake_.files.Put("/sd/a.json", {"a:1"});
  fake_.files.Put("/sd/b.json", {"b:1"});
  Start({"/sd/*.json"});
  fake_.files.Break("/sd/a.json");
  fake_.files.Put("/sd/b.json", {"b:2"});
  fake_.watcher.Change("/sd");
  fake_.RunDueTimers();
  EXPECT_THAT(addresses_, ElementsAre("a:1", "b:2"));
  EXPECT_EQ(fake_.registry.AddCounter("prometheus_sd_file_read_errors_total", "").value(), 1);
  fake_.files.Put("/sd/a.json", {"a:2"});
  fake_.timers.AdvanceBy(300'000);
  EXPECT_THAT(addresses_, ElementsAre("a:2", "b:2"));
}

TEST_F(FileDiscoveryTest, ADirectoryThatComesLaterIsWatchedFromTheNextRefresh) {
  fake_.watcher.refused["/sd"] = true;
  Start({"/sd/*.json"});
  EXPECT_TRUE(fake_.watcher.watches.empty());
  fake_.watcher.refused.clear();
  fake_.timers.AdvanceBy(300'000);
  EXPECT_EQ(fake_.watcher.watches.size(), 1u);
}

TEST_F(FileDiscoveryTest, DestructionStopsTimersAndWatches) {
  fake_.files.Put("/sd/a.json", {"a:1"});
  Start({"/sd/*.json"});
  fake_.watcher.Change("/sd");
  discovery_.reset();
  EXPECT_TRUE(fake_.watcher.watches.empty());
  EXPECT_EQ(fake_.timers.pending(), 0u);
}

}  // namespace
}  // namespace tocsin::discovery
