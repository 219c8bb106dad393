// Past a limit new series are refused; those that are there go on.
#include "tsdb/series_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tsdb/head_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::HasSubstr;

Labels OfJob(const std::string& job, int number) {
  return Labels({{"__name__", "m"}, {"job", job}, {"number", std::to_string(number)}});
}

Status Append(Head& head, const Labels& labels, int64_t timestamp_ms) {
  const auto appender = head.MakeAppender();
  if (auto ref = appender->Append(0, labels, timestamp_ms, 1); !ref) return ref.error();
  return appender->Commit();
}

TEST(SeriesLimitsTest, SeriesThatAreThereGoOn) {
  MemoryHead memory({.max_series = 2});
  ASSERT_TRUE(Append(memory.head, OfJob("a", 1), 1000).ok());
  ASSERT_TRUE(Append(memory.head, OfJob("a", 2), 1000).ok());
  const Status refused = Append(memory.head, OfJob("a", 3), 1000);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(refused.error().message(),
            "limit of 2 series reached, new series refused: "
            "{__name__=\"m\", job=\"a\", number=\"3\"}");
  EXPECT_TRUE(Append(memory.head, OfJob("a", 2), 2000).ok());
  const SeriesLimitStatus status = memory.head.limit_status();
  EXPECT_EQ(status.refused(), 1u);
  EXPECT_EQ(status.refused_by_count, 1u);
  EXPECT_EQ(status.last_refusal, refused.error().message());
  EXPECT_THAT(memory.registry.Expose(), HasSubstr("tocsin_tsdb_series_refused_total 1\n"));
}

TEST(SeriesLimitsTest, OneJobDoesNotTakeTheRoomOfOthers) {
  MemoryHead memory({.max_series_per_job = 2});
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Append(memory.head, OfJob("greedy", i), 1000).ok());
  const Status refused = Append(memory.head, OfJob("greedy", 2), 1000);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("limit of 2 series of job \"greedy\" reached"));
  EXPECT_TRUE(Append(memory.head, OfJob("modest", 0), 1000).ok());
  EXPECT_TRUE(Append(memory.head, Labels({{"__name__", "without job"}}), 1000).ok());
  EXPECT_EQ(memory.head.limit_status().refused_by_job, 1u);
}

TEST(SeriesLimitsTest, RoomOfSeriesThatAreGoneIsGivenAgain) {
  MemoryHead memory({.max_series = 3, .max_series_per_job = 2});
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Append(memory.head, OfJob("a", i), 1000).ok());
  ASSERT_TRUE(Append(memory.head, OfJob("b", 0), 90'000).ok());
  EXPECT_FALSE(Append(memory.head, OfJob("a", 2), 90'000).ok());
  memory.head.Truncate(50'000);
  EXPECT_TRUE(Append(memory.head, OfJob("a", 2), 90'000).ok());
}

TEST(SeriesLimitsTest, MemoryLimitStopsABurstOfNewSeries) {
  constexpr uint64_t kLimitBytes = 24 << 20;
  MemoryHead memory({.max_memory_bytes = kLimitBytes});
  auto row = memory.head.MakeRowAppender();
  row->BeginRow(1000);
  int made = 0;
  Status refused;
  for (; refused && made < 1'000'000; ++made) {
    const auto slot = row->SlotOf(OfJob("burst", made));
    if (slot) {
      row->Set(*slot, 1);
    } else {
      refused = slot.error();
    }
  }
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("memory limit of 25165824 bytes reached"));
  ASSERT_TRUE(row->CommitRow().ok());
  EXPECT_GT(made, 20'000);
  // Scrapes of the series that are there go on; what they take was counted before.
  for (int64_t scrape = 2; scrape < 20; ++scrape) {
    row->BeginRow(scrape * 1000);
    for (int i = 0; i + 1 < made; ++i) row->Set(static_cast<uint32_t>(i), i);
    ASSERT_TRUE(row->CommitRow().ok());
  }
  EXPECT_LT(memory.head.memory_bytes(), kLimitBytes * 5 / 4);
  memory.head.Truncate(INT64_MIN);
  EXPECT_FALSE(row->SlotOf(OfJob("late", 1)).ok());
}

}  // namespace
}  // namespace tocsin::tsdb
