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

TEST(RetentionTest, LabelNamesAreForgottenWithTheirLastSeries) {
  MemoryHead memory;
  const auto append = [&](const std::string& name, int64_t timestamp_ms) {
    auto appender = memory.head.MakeAppender();
    const Labels labels({{"__name__", "m"}, {name, "x"}});
    ASSERT_TRUE(appender->Append(0, labels, timestamp_ms, 1).ok());
    ASSERT_TRUE(appender->Commit().ok());
  };
  const auto names = [&] {
    return memory.head.MakeQuerier(INT64_MIN, INT64_MAX).value()->LabelNames({}, 0).value();
  };
  append("kept", 100'000'000);
  for (int64_t i = 1; i <= 1000; ++i) {
    append("dynamic_" + std::to_string(i), i * 1000);
    memory.head.Truncate(i * 1000);
  }
  EXPECT_THAT(names(), ElementsAre("__name__", "dynamic_1000", "kept"));
  const uint64_t before = memory.head.memory_bytes();
  for (int64_t i = 1001; i <= 3000; ++i) {
    append("dynamic_" + std::to_string(i), i * 1000);
    memory.head.Truncate(i * 1000);
  }
  EXPECT_THAT(names(), ElementsAre("__name__", "dynamic_3000", "kept"));
  EXPECT_EQ(memory.head.memory_bytes(), before) << "each takes the place of the one before";
}

// Three hours in virtual time; every minute some targets go and others come, a tenth in an hour.
TEST(RetentionTest, HoursOfChurnEndWhereTheyBegan) {
  constexpr int64_t kMinuteMs = 60'000;
  constexpr int kTargets = 60;
  constexpr int kSeriesPerTarget = 20;
  MemoryHead memory;
  std::vector<std::unique_ptr<storage::RowAppender>> rows(kTargets);
  std::vector<int> incarnations(kTargets);
  const auto scrape = [&](int target, int64_t now_ms) {
    auto& row = rows[static_cast<size_t>(target)];
    if (!row) row = memory.head.MakeRowAppender();
    const std::string pod =
        std::to_string(target) + "-" + std::to_string(incarnations[static_cast<size_t>(target)]);
    row->BeginRow(now_ms);
    for (int i = 0; i < kSeriesPerTarget; ++i) {
      const Labels labels({{"__name__", "m" + std::to_string(i)}, {"pod", pod}, {"job", "j"}});
      row->Set(row->SlotOf(labels).value(), static_cast<double>(now_ms));
    }
    ASSERT_TRUE(row->CommitRow().ok());
  };
  const auto run_hour = [&](int64_t hour, bool has_churn) {
    for (int64_t minute = hour * 60; minute < (hour + 1) * 60; ++minute) {
      // Six of sixty in an hour.
      if (has_churn && minute % 10 == 0) {
        const auto target = static_cast<size_t>(minute / 10 % kTargets);
        rows[target].reset();
        ++incarnations[target];
      }
      for (int target = 0; target < kTargets; ++target) scrape(target, minute * kMinuteMs);
      memory.head.Truncate((minute - 60) * kMinuteMs);
    }
  };
  run_hour(1, false);
  run_hour(2, false);
  // The first churn spreads chunks over all sizes of slabs, which is what so few series notice.
  uint64_t before = 0;
  for (const int64_t begin : {3, 8}) {
    for (int64_t hour = begin; hour < begin + 3; ++hour) run_hour(hour, true);
    EXPECT_GT(memory.head.Statistics(0).series_count, uint64_t{kTargets * kSeriesPerTarget});
    run_hour(begin + 3, false);
    run_hour(begin + 4, false);
    EXPECT_EQ(memory.head.Statistics(0).series_count, uint64_t{kTargets * kSeriesPerTarget});
    if (before != 0) {
      EXPECT_LE(memory.head.memory_bytes(), before + before / 20);
    }
    before = memory.head.memory_bytes();
  }
}

}  // namespace
}  // namespace tocsin::tsdb
