#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tsdb/head_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Labels Named(const std::string& name) { return Labels({{"__name__", name}}); }

void Append(Head& head, const std::string& name, int64_t timestamp_ms, double value = 1) {
  auto appender = head.MakeAppender();
  ASSERT_TRUE(appender->Append(0, Named(name), timestamp_ms, value).ok());
  ASSERT_TRUE(appender->Commit().ok());
}

std::vector<std::string> Names(storage::Queryable& head) {
  return head.MakeQuerier(INT64_MIN, INT64_MAX).value()->LabelValues("__name__", {}, 0).value();
}

TEST(RetentionTest, OldSamplesAreUnseenAndSeriesWithoutOthersGo) {
  MemoryHead memory;
  Append(memory.head, "gone", 1000);
  for (int64_t t = 0; t < 1000; ++t) Append(memory.head, "kept", t * 10);
  const uint64_t chunks = memory.head.Statistics(0).chunk_count;
  memory.head.Truncate(5000);
  EXPECT_THAT(Names(memory.head), ElementsAre("kept"));
  const auto samples = ReadAll(memory.head)["kept"];
  EXPECT_THAT(ReadAll(memory.head), testing::SizeIs(1));
  EXPECT_EQ(ReadAll(memory.head).begin()->second.front().first, 5000);
  EXPECT_LT(memory.head.Statistics(0).chunk_count, chunks);
  EXPECT_EQ(memory.head.min_time_ms(), 5000);
  auto appender = memory.head.MakeAppender();
  EXPECT_EQ(appender->Append(0, Named("kept2"), 4999, 1).error().message(), "out of bounds");
}

TEST(RetentionTest, ReaderKeepsWhatItSawAndAgainMaySeeIt) {
  MemoryHead memory;
  Append(memory.head, "gone", 1000);
  Append(memory.head, "kept", 9000);
  const auto reader = memory.head.MakeQuerier(INT64_MIN, INT64_MAX).value();
  const auto set = reader->Select({}, {}).value();
  const Contents before = ReadAll(*reader);
  memory.head.Truncate(5000);
  EXPECT_THAT(Names(memory.head), ElementsAre("gone", "kept")) << "freed only after the reader";
  EXPECT_EQ(Differences(ReadAll(*reader), before), "");
  EXPECT_EQ(set->LabelsOf(0), Named("gone"));
}

TEST(RetentionTest, IdsAreUsedAgainOnlyWhenNoReaderKnowsThem) {
  MemoryHead memory;
  Append(memory.head, "gone", 1000);
  Append(memory.head, "kept", 9000);
  memory.head.Truncate(2000);  // Removes "gone".
  auto early = memory.head.MakeQuerier(INT64_MIN, INT64_MAX).value();
  Append(memory.head, "next", 3000);
  const auto set = early->Select({}, {}).value();
  memory.head.Truncate(8000);  // Invisible to later readers only.
  for (int i = 0; i < 10; ++i) Append(memory.head, "new" + std::to_string(i), 9000);
  std::vector<std::string> names;
  for (size_t i = 0; i < set->size(); ++i) names.emplace_back(set->LabelsOf(i).Get("__name__"));
  EXPECT_THAT(names, ElementsAre("kept", "next"));
  early.reset();
  memory.head.Truncate(8000);
  memory.head.Truncate(8000);
  EXPECT_EQ(Names(memory.head).size(), 11u);
}

TEST(RetentionTest, ReferenceToARemovedSeriesIsVoid) {
  MemoryHead memory;
  auto appender = memory.head.MakeAppender();
  const auto ref = appender->Append(0, Named("gone"), 1000, 1).value();
  ASSERT_TRUE(appender->Commit().ok());
  Append(memory.head, "kept", 9000);
  memory.head.Truncate(5000);
  Append(memory.head, "other", 9000);
  EXPECT_FALSE(appender->Append(ref, Labels(), 9500, 1).ok());
  const auto again = appender->Append(ref, Named("gone"), 9500, 1);
  ASSERT_TRUE(again.ok());
  EXPECT_NE(*again, ref);
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_THAT(Names(memory.head), ElementsAre("gone", "kept", "other"));
}

TEST(RetentionTest, SeriesOfAnUncommittedBatchIsNotRemoved) {
  MemoryHead memory;
  Append(memory.head, "kept", 9000);
  auto appender = memory.head.MakeAppender();
  ASSERT_TRUE(appender->Append(0, Named("pinned"), 9000, 1).ok());
  memory.head.Truncate(5000);
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_EQ(ReadAll(memory.head).size(), 2u);
  appender->Append(0, Named("rolled_back"), 9000, 1).value();
  appender->Rollback();
  memory.head.Truncate(5000);
  EXPECT_THAT(Names(memory.head), ElementsAre("kept", "pinned"));
}

TEST(RetentionTest, SlotsOfForgottenSeriesAreFreedByTheirTarget) {
  MemoryHead memory;
  auto row = memory.head.MakeRowAppender();
  const auto gone = row->SlotOf(Named("gone")).value();
  const auto kept = row->SlotOf(Named("kept")).value();
  row->BeginRow(1000);
  row->Set(gone, 1);
  row->Set(kept, 1);
  ASSERT_TRUE(row->CommitRow().ok());
  for (int64_t t = 2; t < 30; ++t) {
    row->BeginRow(t * 1000);
    row->Set(kept, 1);
    ASSERT_TRUE(row->CommitRow().ok());
  }
  const uint64_t generation = row->layout_generation();
  memory.head.Truncate(20'000);
  row->BeginRow(30'000);
  EXPECT_NE(row->layout_generation(), generation);
  row->Set(row->SlotOf(Named("kept")).value(), 1);
  ASSERT_TRUE(row->CommitRow().ok());
  memory.head.Truncate(20'000);
  EXPECT_THAT(Names(memory.head), ElementsAre("kept"));
}

TEST(RetentionTest, ChurnGivesItsMemoryBack) {
  MemoryHead memory;
  uint64_t after_first = 0;
  for (int64_t round = 1; round <= 5; ++round) {
    {
      auto row = memory.head.MakeRowAppender();
      for (int64_t scrape = 0; scrape < 20; ++scrape) {
        row->BeginRow(round * 1'000'000 + scrape * 1000);
        for (int i = 0; i < 2000; ++i) {
          const Labels labels({{"__name__", "m"}, {"id", std::to_string(round * 10'000 + i)}});
          row->Set(row->SlotOf(labels).value(), i);
        }
        ASSERT_TRUE(row->CommitRow().ok());
      }
    }
    memory.head.Truncate(round * 1'000'000);
    EXPECT_EQ(memory.head.Statistics(0).series_count, 2000u);
    if (round == 2) after_first = memory.head.memory_bytes();
  }
  EXPECT_LE(memory.head.memory_bytes(), after_first + after_first / 10);
}

}  // namespace
}  // namespace tocsin::tsdb
