// The head becomes blocks, blocks become larger blocks, and nobody who reads can tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tsdb/database_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kBlockMs = SmallWorld::kBlockMs;

TEST(DatabaseBlocksTest, OldPartOfTheHeadBecomesBlocks) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs);
  const Contents before = ReadAll(*world.database);
  const uint64_t memory_bytes = world.database->memory_bytes();
  world.database->Maintain(5 * kBlockMs);
  ASSERT_THAT(world.database->Blocks(), SizeIs(testing::Ge(2u)));
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
  EXPECT_EQ(world.database->min_time_ms(), 0);
  EXPECT_LE(world.database->memory_bytes(), memory_bytes);
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
}

TEST(DatabaseBlocksTest, HeadOfOneAndAHalfRangesStays) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, kBlockMs + kBlockMs / 2);
  world.database->Maintain(2 * kBlockMs);
  EXPECT_THAT(world.database->Blocks(), IsEmpty());
  world.Fill(kBlockMs + kBlockMs / 2, kBlockMs + kBlockMs / 2 + 2 * SmallWorld::kScrapeMs);
  world.database->Maintain(2 * kBlockMs);
  const auto blocks = world.database->Blocks();
  ASSERT_THAT(blocks, SizeIs(1));
  EXPECT_EQ(blocks[0].meta.min_time_ms, 0);
  EXPECT_EQ(blocks[0].meta.max_time_ms, kBlockMs);
  EXPECT_EQ(blocks[0].meta.compaction.level, 1);
  EXPECT_EQ(blocks[0].meta.stats.sample_count, 4u * kBlockMs / SmallWorld::kScrapeMs);
}

TEST(DatabaseBlocksTest, ReaderThatWasThereBeforeSeesTheSame) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 3 * kBlockMs);
  world.database->Maintain(3 * kBlockMs);
  auto reader = world.database->MakeQuerier(INT64_MIN, INT64_MAX).value();
  const Contents before = ReadAll(*reader);
  world.Fill(3 * kBlockMs, 40 * kBlockMs);
  world.database->Maintain(40 * kBlockMs);
  EXPECT_EQ(Differences(ReadAll(*reader), before), "");
  EXPECT_GT(world.HiddenBlocks(), 0u) << "what is read stays on disk";
  EXPECT_EQ(world.BlockDirectories(), world.database->Blocks().size());
  reader.reset();
  world.database->Maintain(40 * kBlockMs);
  EXPECT_EQ(world.HiddenBlocks(), 0u);
}

// A reader keeps a block's files while its child is compacted away in turn; then nobody knows any
// more that it was a parent, and it must not come back with what was deleted since.
TEST(DatabaseBlocksTest, GrandparentThatIsStillReadDoesNotComeBack) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 3 * kBlockMs);
  world.database->Maintain(3 * kBlockMs);
  auto reader = world.database->MakeQuerier(INT64_MIN, INT64_MAX).value();
  const Matcher all = AnySeries();
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(
        world.database->DeleteSeries(round * 10'000, round * 10'000, std::span(&all, 1)).ok());
    ASSERT_TRUE(world.database->CleanTombstones().ok());
  }
  const Contents expected = ReadAll(*world.database);
  // As a crash would leave the disk: the reader does not get to let go.
  SmallWorld next(world.fs->AfterCrash(FaultyFs::Survival::kWritten));
  ASSERT_TRUE(next.Open().ok());
  EXPECT_EQ(Differences(ReadAll(*next.database), expected), "");
}

TEST(DatabaseBlocksTest, BlocksGrowByLevels) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  for (int64_t minute = 0; minute < 40; ++minute) {
    world.Fill(minute * kBlockMs, (minute + 1) * kBlockMs, 2);
    world.database->Maintain((minute + 1) * kBlockMs);
  }
  const auto blocks = world.database->Blocks();
  EXPECT_LT(blocks.size(), 12u);
  EXPECT_EQ(blocks[0].meta.compaction.level, 3);
  EXPECT_EQ(blocks[0].meta.max_time_ms - blocks[0].meta.min_time_ms, 9 * kBlockMs);
  EXPECT_THAT(blocks[0].meta.compaction.sources, SizeIs(9));
  EXPECT_THAT(blocks[0].meta.compaction.parents, SizeIs(3));
  const Contents contents = ReadAll(*world.database);
  ASSERT_THAT(contents, SizeIs(2));
  EXPECT_THAT(contents.begin()->second, SizeIs(40 * kBlockMs / SmallWorld::kScrapeMs));
}

TEST(DatabaseBlocksTest, SamplesBeforeTheLastBlockAreOutOfBounds) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 3 * kBlockMs);
  world.database->Maintain(3 * kBlockMs);
  const Contents before = ReadAll(*world.database);
  for (int round = 0; round < 2; ++round) {
    auto appender = world.database->MakeAppender();
    const auto refused = appender->Append(0, Labels({{"__name__", "late"}}), 1000, 1);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message(), "out of bounds");
    appender.reset();
    ASSERT_TRUE(world.Open().ok());
  }
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
}

TEST(DatabaseBlocksTest, GapOfYearsIsPassedInOneCall) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.options.retention_ms = 0;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, kBlockMs);
  const int64_t late_ms = int64_t{20} * 365 * 24 * 3600 * 1000;
  world.Fill(late_ms, late_ms + 3 * kBlockMs);
  const Contents before = ReadAll(*world.database);
  world.database->Maintain(late_ms + 3 * kBlockMs);
  EXPECT_LT(world.database->Blocks().size(), 6u);
  EXPECT_GE(world.database->Blocks().size(), 2u);
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
}

TEST(DatabaseBlocksTest, BlockThatComesIntoTheDirectoryIsRead) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 3 * kBlockMs);
  world.database->Maintain(3 * kBlockMs);
  const Contents before = ReadAll(*world.database);
  const std::string name = world.database->Blocks()[0].meta.ulid.ToString();
  ASSERT_TRUE(world.fs->Rename("/data/" + name, "/elsewhere").ok());
  world.database->Maintain(3 * kBlockMs);
  EXPECT_NE(Differences(ReadAll(*world.database), before), "");
  ASSERT_TRUE(world.fs->Rename("/elsewhere", "/data/" + name).ok());
  world.database->Maintain(3 * kBlockMs);
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
}

TEST(DatabaseBlocksTest, FullDiskIsTriedAgain) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs);
  const Contents before = ReadAll(*world.database);
  world.fs->FailAt(3, FaultyFs::Fault::kNoSpace, 1000);
  world.database->Maintain(5 * kBlockMs);
  EXPECT_THAT(world.database->Blocks(), IsEmpty());
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
  EXPECT_THAT(world.registry->Expose(), HasSubstr("prometheus_tsdb_compactions_failed_total 1\n"));
  world.fs->Heal();
  world.database->Maintain(5 * kBlockMs);
  EXPECT_THAT(world.database->Blocks(), testing::Not(IsEmpty()));
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");
}

TEST(DatabaseBlocksTest, CorruptBlockIsSetAside) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs);
  world.database->Maintain(5 * kBlockMs);
  const auto blocks = world.database->Blocks();
  ASSERT_THAT(blocks, SizeIs(testing::Ge(2u)));
  const std::string name = blocks[0].meta.ulid.ToString();
  const Contents others = ReadAll(*world.database, blocks[0].meta.max_time_ms);
  ASSERT_TRUE(world.fs->WriteFileAtomically("/data/" + name + "/index", "rubbish").ok());
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(world.Open().ok());
    const auto quarantined = world.database->Quarantined();
    ASSERT_THAT(quarantined, SizeIs(1));
    EXPECT_EQ(quarantined[0].path, "/data/quarantine/" + name);
    EXPECT_THAT(quarantined[0].reason, HasSubstr("index"));
    EXPECT_EQ(Differences(ReadAll(*world.database, blocks[0].meta.max_time_ms), others), "");
    EXPECT_THAT(world.registry->Expose(), HasSubstr("tocsin_tsdb_quarantined_blocks 1\n"));
  }
}

TEST(DatabaseBlocksTest, HalfMadeDirectoriesAreRemoved) {
  SmallWorld world;
  const std::string name = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  for (const char* suffix : {".tmp-for-creation", ".tmp-for-deletion"}) {
    ASSERT_TRUE(world.fs->CreateDirectories("/data/" + name + suffix + "/chunks").ok());
  }
  ASSERT_TRUE(world.fs->CreateDirectories("/data/mine.tmp-for-deletion").ok());
  ASSERT_TRUE(world.Open().ok());
  EXPECT_FALSE(world.fs->Exists("/data/" + name + ".tmp-for-creation"));
  EXPECT_FALSE(world.fs->Exists("/data/" + name + ".tmp-for-deletion"));
  EXPECT_TRUE(world.fs->Exists("/data/mine.tmp-for-deletion"));
}

TEST(DatabaseBlocksTest, MetricsCarryPrometheusNames) {
  SmallWorld world;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(kBlockMs, 4 * kBlockMs);
  world.database->Maintain(4 * kBlockMs);
  const std::string page = world.registry->Expose();
  for (const char* line :
       {"prometheus_tsdb_blocks_loaded 2\n", "prometheus_tsdb_compactions_total 2\n",
        "prometheus_tsdb_compactions_failed_total 0\n", "prometheus_tsdb_lowest_timestamp 60000\n",
        "prometheus_tsdb_compaction_duration_seconds_count 2\n",
        "prometheus_tsdb_reloads_total 1\n", "tocsin_tsdb_quarantined_blocks 0\n"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

}  // namespace
}  // namespace tocsin::tsdb
