// Deletion, clean-up, snapshots and every kind of retention.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tsdb/block_retention.h"
#include "tsdb/database_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kBlockMs = SmallWorld::kBlockMs;

Contents Without(Contents contents, const std::string& text, int64_t start_ms, int64_t end_ms) {
  for (auto& [labels, samples] : contents) {
    if (labels.find(text) == std::string::npos) continue;
    std::erase_if(samples, [&](const auto& sample) {
      return sample.first >= start_ms && sample.first <= end_ms;
    });
  }
  std::erase_if(contents, [](const auto& entry) { return entry.second.empty(); });
  return contents;
}

TEST(DatabaseDeletionTest, DeletedSamplesAreGoneAtOnceAndStayGone) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs);
  world.database->Maintain(5 * kBlockMs);
  const Matcher odd = SmallWorld::Parity("odd");
  const Contents expected =
      Without(ReadAll(*world.database), "odd", kBlockMs / 2, 5 * kBlockMs - 20'000);
  // From within a block until within the head.
  ASSERT_TRUE(
      world.database->DeleteSeries(kBlockMs / 2, 5 * kBlockMs - 20'000, std::span(&odd, 1)).ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), expected), "");
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), expected), "");
  world.Fill(5 * kBlockMs, 9 * kBlockMs);
  const Contents later = ReadAll(*world.database);
  world.database->Maintain(9 * kBlockMs);
  EXPECT_EQ(Differences(ReadAll(*world.database), later), "")
      << "written into a block without them";
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), later), "");
}

TEST(DatabaseDeletionTest, SamplesToComeAreNotDeleted) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, kBlockMs);
  const Matcher odd = SmallWorld::Parity("odd");
  ASSERT_TRUE(world.database->DeleteSeries(0, INT64_MAX, std::span(&odd, 1)).ok());
  EXPECT_THAT(ReadAll(*world.database), SizeIs(2));
  world.Fill(kBlockMs, kBlockMs + 10'000);
  EXPECT_THAT(ReadAll(*world.database), SizeIs(4));
  ASSERT_TRUE(world.Open().ok());
  EXPECT_THAT(ReadAll(*world.database), SizeIs(4));
}

TEST(DatabaseDeletionTest, CleanTombstonesGivesTheSpaceBack) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs, 40);
  world.database->Maintain(5 * kBlockMs);
  const Matcher odd = SmallWorld::Parity("odd");
  ASSERT_TRUE(world.database->DeleteSeries(0, 100 * kBlockMs, std::span(&odd, 1)).ok());
  const Contents expected = ReadAll(*world.database);
  const uint64_t bytes = world.database->blocks_bytes();
  ASSERT_TRUE(world.database->CleanTombstones().ok());
  EXPECT_LT(world.database->blocks_bytes(), bytes);
  EXPECT_EQ(Differences(ReadAll(*world.database), expected), "");
  for (const BlockStatus& block : world.database->Blocks()) {
    EXPECT_EQ(block.meta.stats.tombstone_count, 0u);
    EXPECT_EQ(block.meta.stats.series_count, 20u);
    EXPECT_THAT(block.meta.compaction.parents, SizeIs(1));
  }
  EXPECT_EQ(world.BlockDirectories(), world.database->Blocks().size());
}

TEST(DatabaseDeletionTest, BlockWithoutSamplesLeftIsRemoved) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs);
  world.database->Maintain(5 * kBlockMs);
  const Matcher all = AnySeries();
  const int64_t end_ms = world.database->Blocks()[0].meta.max_time_ms;
  ASSERT_TRUE(world.database->DeleteSeries(0, end_ms - 1, std::span(&all, 1)).ok());
  const size_t blocks = world.database->Blocks().size();
  ASSERT_TRUE(world.database->CleanTombstones().ok());
  EXPECT_LT(world.database->Blocks().size(), blocks);
  EXPECT_EQ(world.BlockDirectories(), world.database->Blocks().size());
}

TEST(DatabaseSnapshotTest, SnapshotIsADatabaseWithEverything) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs);
  world.database->Maintain(5 * kBlockMs);
  const Contents before = ReadAll(*world.database);
  const int64_t head_ms = world.database->Blocks().back().meta.max_time_ms;
  ASSERT_TRUE(world.database->Snapshot("/data/snapshots/all", true).ok());
  ASSERT_TRUE(world.database->Snapshot("/data/snapshots/blocks", false).ok());
  // What happens later does not reach it.
  const Matcher all = AnySeries();
  ASSERT_TRUE(world.database->DeleteSeries(0, INT64_MAX, std::span(&all, 1)).ok());
  ASSERT_TRUE(world.database->CleanTombstones().ok());
  EXPECT_THAT(ReadAll(*world.database), IsEmpty());
  world.options.directory = "/data/snapshots/all";
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
  world.options.directory = "/data/snapshots/blocks";
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), Without(before, "", head_ms, INT64_MAX)), "");
}

TEST(DatabaseSnapshotTest, WrongDirectoriesAreRefused) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(world.database->Snapshot("/data", true).error().message(),
            "cannot snapshot into base directory");
  EXPECT_EQ(world.database->Snapshot("01ARZ3NDEKTSV4RRFFQ69G5FAV", true).error().message(),
            "dir must not be a valid ULID");
}

TEST(DatabaseRetentionTest, OldBlocksGo) {
  SmallWorld world;
  world.options.retention_ms = 6 * kBlockMs;
  ASSERT_TRUE(world.Open().ok());
  for (int64_t minute = 0; minute < 30; ++minute) {
    world.Fill(minute * kBlockMs, (minute + 1) * kBlockMs);
    world.database->Maintain((minute + 1) * kBlockMs);
  }
  EXPECT_GE(world.database->min_time_ms(), 19 * kBlockMs);
  EXPECT_LE(world.database->min_time_ms(), 24 * kBlockMs);
  EXPECT_THAT(world.registry->Expose(),
              testing::Not(HasSubstr("prometheus_tsdb_time_retentions_total 0\n")));
}

TEST(DatabaseRetentionTest, SizeIsAHardCap) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 30 * kBlockMs, 40);
  world.database->Maintain(30 * kBlockMs);
  RetentionOptions retention;
  retention.size_bytes = 60'000;
  world.database->SetRetention(retention);
  const auto bytes = [&](auto&& self, const std::string& path) -> uint64_t {
    uint64_t total = 0;
    const auto entries = world.fs->List(path).value();
    for (const DirectoryEntry& entry : entries) {
      total += entry.is_directory ? self(self, path + "/" + entry.name) : entry.size_bytes;
    }
    return total;
  };
  ASSERT_GT(bytes(bytes, "/data"), retention.size_bytes);
  for (int64_t minute = 30; minute < 40; ++minute) {
    world.Fill(minute * kBlockMs, (minute + 1) * kBlockMs, 40);
    world.database->Maintain((minute + 1) * kBlockMs);
  }
  EXPECT_LE(bytes(bytes, "/data"), retention.size_bytes);
  const Contents after = ReadAll(*world.database);
  ASSERT_THAT(after, SizeIs(40));
  EXPECT_EQ(after.begin()->second.back().first, 40 * kBlockMs - SmallWorld::kScrapeMs);
}

TEST(DatabaseRetentionTest, HeadIsTrimmedWhenItAloneIsTooLarge) {
  SmallWorld world;
  world.options.min_block_ms = 1000 * kBlockMs;  // No block is ever made.
  world.options.wal.compression = WalCompression::kNone;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 100 * kBlockMs, 40);
  RetentionOptions retention;
  retention.size_bytes = 300'000;
  world.database->SetRetention(retention);
  world.database->Maintain(100 * kBlockMs);
  EXPECT_GT(world.database->min_time_ms(), 20 * kBlockMs);
  EXPECT_EQ(world.database->max_time_ms(), 100 * kBlockMs - SmallWorld::kScrapeMs);
}

TEST(DatabaseRetentionTest, PercentageIsOfTheDisk) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 30 * kBlockMs);
  RetentionOptions retention;
  retention.percentage = 10;
  retention.size_bytes = uint64_t{1} << 40;
  world.fs->SetCapacityBytes(400'000);
  world.database->SetRetention(retention);
  world.database->Maintain(30 * kBlockMs);
  EXPECT_GT(world.database->min_time_ms(), 0);
  EXPECT_THAT(world.registry->Expose(), HasSubstr("prometheus_tsdb_retention_limit_bytes 40000\n"));
}

TEST(DatabaseRetentionTest, RulesKeepSomeSeriesShorter) {
  SmallWorld world;
  world.options.retention_rules = {{{SmallWorld::Parity("odd")}, 5 * kBlockMs}};
  ASSERT_TRUE(world.Open().ok());
  for (int64_t minute = 0; minute < 30; ++minute) {
    world.Fill(minute * kBlockMs, (minute + 1) * kBlockMs);
    world.database->Maintain((minute + 1) * kBlockMs);
  }
  for (const auto& [labels, samples] : ReadAll(*world.database)) {
    if (labels.find("odd") == std::string::npos) {
      EXPECT_EQ(samples.front().first, 0) << labels;
    } else {
      // Blocks are written anew when all of them is too old: the longest has nine ranges.
      EXPECT_GE(samples.front().first, (30 - 5 - 9) * kBlockMs) << labels;
      EXPECT_LE(samples.front().first, 25 * kBlockMs) << labels;
    }
    EXPECT_EQ(samples.back().first, 30 * kBlockMs - SmallWorld::kScrapeMs);
  }
  EXPECT_THAT(world.registry->Expose(),
              testing::Not(HasSubstr("tocsin_tsdb_rule_retentions_total 0\n")));
}

BlockExtent Extent(uint8_t number, int64_t max_ms, uint64_t size_bytes) {
  std::array<uint8_t, 16> bytes{};
  bytes[15] = number;
  return {Ulid(bytes), 0, max_ms, size_bytes};
}

TEST(BlockRetentionTest, TimeIsCountedFromTheNewestBlock) {
  const std::vector<BlockExtent> blocks = {Extent(1, 100, 1), Extent(3, 300, 1), Extent(2, 200, 1)};
  EXPECT_THAT(BeyondTimeRetention(blocks, 201), IsEmpty());
  EXPECT_THAT(BeyondTimeRetention(blocks, 200), ElementsAre(blocks[0].ulid));
  EXPECT_THAT(BeyondTimeRetention(blocks, 100), ElementsAre(blocks[2].ulid, blocks[0].ulid));
  EXPECT_THAT(BeyondTimeRetention(blocks, 0), IsEmpty());
  EXPECT_THAT(BeyondTimeRetention({}, 1), IsEmpty());
}

TEST(BlockRetentionTest, SizeCountsTheHeadFirst) {
  const std::vector<BlockExtent> blocks = {Extent(1, 100, 10), Extent(2, 200, 20),
                                           Extent(3, 300, 30)};
  EXPECT_THAT(BeyondSizeRetention(blocks, 5, 65), IsEmpty());
  EXPECT_THAT(BeyondSizeRetention(blocks, 6, 65), ElementsAre(blocks[0].ulid));
  EXPECT_THAT(BeyondSizeRetention(blocks, 35, 65), ElementsAre(blocks[1].ulid, blocks[0].ulid));
  EXPECT_THAT(BeyondSizeRetention(blocks, 66, 65), SizeIs(3));
  EXPECT_THAT(BeyondSizeRetention(blocks, 1000, 0), IsEmpty());
}

}  // namespace
}  // namespace tocsin::tsdb
