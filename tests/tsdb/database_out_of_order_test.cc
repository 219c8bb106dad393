// Samples out of order: their own log, their own blocks, one answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tsdb/database_fixture.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kBlockMs = SmallWorld::kBlockMs;

void AppendLate(Database& database, int64_t t) {
  auto appender = database.MakeAppender();
  ASSERT_TRUE(appender->Append(0, SmallWorld::LabelsOf(1), t, static_cast<double>(t)).ok()) << t;
  ASSERT_TRUE(appender->Commit().ok());
}

TEST(DatabaseOutOfOrderTest, LateSamplesSurviveRestartsAndBecomeBlocks) {
  SmallWorld world;
  world.options.out_of_order_window_ms = 10 * kBlockMs;
  ASSERT_TRUE(world.Open().ok());
  world.Fill(0, 5 * kBlockMs);
  world.database->Maintain(5 * kBlockMs);
  for (int64_t t = 1; t < 5 * kBlockMs; t += 7'000) AppendLate(*world.database, t);
  const Contents before = ReadAll(*world.database);
  ASSERT_EQ(before.at(SmallWorld::LabelsOf(1).ToString()).size(), 60u + 43u);
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), before), "");

  world.Fill(5 * kBlockMs, 8 * kBlockMs);
  const Contents later = ReadAll(*world.database);
  world.database->Maintain(8 * kBlockMs);
  EXPECT_EQ(Differences(ReadAll(*world.database), later), "");
  const auto blocks = world.database->Blocks();
  for (size_t i = 1; i < blocks.size(); ++i) {
    EXPECT_GE(blocks[i].meta.min_time_ms, blocks[i - 1].meta.max_time_ms) << "overlap is gone";
  }
  ASSERT_TRUE(world.Open().ok());
  EXPECT_EQ(Differences(ReadAll(*world.database), later), "");
}

}  // namespace
}  // namespace tocsin::tsdb
