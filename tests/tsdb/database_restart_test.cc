// A database starts from the checkpoint of its head, or without one, with the same contents; and
// serves while the rest of its log is being replayed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tsdb/database_fixture.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kBlockMs = SmallWorld::kBlockMs;

std::string Path(const SmallWorld& world, const char* name) {
  return world.options.directory + "/" + name;
}

TEST(DatabaseRestartTest, CleanStopLeavesNothingToReplay) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs);
  world.database->Maintain(5 * kBlockMs);
  const Matcher odd = SmallWorld::Parity("odd");
  ASSERT_TRUE(
      world.database->DeleteSeries(kBlockMs, 5 * kBlockMs - 20'000, std::span(&odd, 1)).ok());
  const Contents before = ReadAll(*world.database);
  ASSERT_TRUE(world.database->Close().ok());
  ASSERT_TRUE(world.fs->Exists(Path(world, "head_checkpoint")));
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(world.database->replay_report().samples, 0u);
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "") << "deletions included";
  ASSERT_TRUE(world.database->Close().ok());
  ASSERT_TRUE(world.fs->Remove(Path(world, "head_checkpoint")).ok());
  ASSERT_TRUE(world.Open().ok());
  EXPECT_GT(world.database->replay_report().samples, 0u);
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
}

TEST(DatabaseRestartTest, CheckpointIsWrittenEveryFewMinutes) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, kBlockMs);
  world.database->Maintain(kBlockMs);
  EXPECT_FALSE(world.fs->Exists(Path(world, "head_checkpoint"))) << "not yet";
  world.clock.AdvanceMs(world.options.checkpoint_interval_ms);
  world.database->Maintain(kBlockMs);
  EXPECT_TRUE(world.fs->Exists(Path(world, "head_checkpoint")));
  world.Fill(kBlockMs, kBlockMs + 30'000);
  const Contents before = ReadAll(*world.database);
  ASSERT_TRUE(world.Open().ok());  // Without a clean stop.
  EXPECT_GT(world.database->replay_report().samples, 0u);
  EXPECT_LE(world.database->replay_report().samples, 24u);
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
}

TEST(DatabaseRestartTest, DamagedCheckpointIsRemovedAndTheLogIsEnough) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 2 * kBlockMs);
  const Contents before = ReadAll(*world.database);
  ASSERT_TRUE(world.database->Close().ok());
  const std::string path = Path(world, "head_checkpoint");
  std::string bytes = world.fs->ReadFile(path).value();
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(world.fs->WriteFileAtomically(path, bytes).ok());
  ASSERT_TRUE(world.Open().ok());
  EXPECT_FALSE(world.fs->Exists(path));
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
}

TEST(DatabaseRestartTest, ServesWhileSamplesAreReplayed) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 2 * kBlockMs);
  const Contents old = ReadAll(*world.database);
  const Matcher odd = SmallWorld::Parity("odd");
  ASSERT_TRUE(world.database->DeleteSeries(0, 10'000, std::span(&odd, 1)).ok());
  const Contents before = ReadAll(*world.database);
  world.options.replays_in_background = true;
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(world.database->Statistics(0).series_count, old.size()) << "all are known at once";
  world.Fill(2 * kBlockMs, 2 * kBlockMs + 60'000);
  world.database->Maintain(2 * kBlockMs);
  (void)ReadAll(*world.database);
  ASSERT_TRUE(world.database->WaitForReplay().ok());
  const Contents after = ReadAll(*world.database);
  for (const auto& [labels, samples] : before) {
    ASSERT_TRUE(after.contains(labels));
    EXPECT_TRUE(std::ranges::includes(after.at(labels), samples)) << labels;
    EXPECT_EQ(after.at(labels).size(), samples.size() + 12) << labels;
  }
  ASSERT_TRUE(world.database->Close().ok());
  ASSERT_TRUE(world.Open().ok());
  ASSERT_TRUE(world.database->WaitForReplay().ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), after), "");
}

}  // namespace
}  // namespace tocsin::tsdb
