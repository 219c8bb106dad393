#include "remote/series_ref_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace tocsin::remote {
namespace {

SeriesKey KeyOf(uint64_t i) { return MakeSeriesKey("series " + std::to_string(i), 42); }

TEST(SeriesRefCacheTest, FindsWhatWasInserted) {
  SeriesRefCache cache(1000);
  EXPECT_EQ(cache.MakeView().Find(KeyOf(1)), 0u);
  cache.Insert(KeyOf(1), 7);
  EXPECT_EQ(cache.MakeView().Find(KeyOf(1)), 7u);
  EXPECT_EQ(cache.MakeView().Find(KeyOf(2)), 0u);
  cache.Insert(KeyOf(1), 8);
  EXPECT_EQ(cache.MakeView().Find(KeyOf(1)), 8u);
}

TEST(SeriesRefCacheTest, KeysDependOnBytesAndSecret) {
  EXPECT_NE(MakeSeriesKey("a", 1).high, MakeSeriesKey("b", 1).high);
  EXPECT_NE(MakeSeriesKey("a", 1).high, MakeSeriesKey("a", 2).high);
}

TEST(SeriesRefCacheTest, GrowsAndThenHoldsNearlyAll) {
  constexpr uint64_t kSeries = 100'000;
  SeriesRefCache cache(kSeries);
  for (int round = 0; round < 4; ++round) {  // Growing forgets; coming back restores.
    for (uint64_t i = 0; i < kSeries; ++i) {
      if (cache.MakeView().Find(KeyOf(i)) == 0) cache.Insert(KeyOf(i), i + 1);
    }
  }
  uint64_t found = 0;
  for (uint64_t i = 0; i < kSeries; ++i) {
    const storage::SeriesRef ref = cache.MakeView().Find(KeyOf(i));
    ASSERT_TRUE(ref == 0 || ref == i + 1) << i;
    found += ref != 0;
  }
  EXPECT_GT(found, kSeries * 999 / 1000);
}

TEST(SeriesRefCacheTest, BeyondTheBoundNewestEntriesAreFound) {
  SeriesRefCache cache(100);
  for (uint64_t i = 0; i < 10'000; ++i) {
    cache.Insert(KeyOf(i), i + 1);
    ASSERT_EQ(cache.MakeView().Find(KeyOf(i)), i + 1);
  }
}

TEST(SeriesRefCacheTest, ReadersNeverSeeTheRefOfAnother) {
  SeriesRefCache cache(64);  // Small: writers overwrite each other's slots all the time.
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&cache] {
      for (uint64_t i = 0; i < 20'000; ++i) cache.Insert(KeyOf(i % 300), i % 300 + 1);
    });
    threads.emplace_back([&cache] {
      for (uint64_t i = 0; i < 20'000; ++i) {
        const storage::SeriesRef ref = cache.MakeView().Find(KeyOf(i % 300));
        ASSERT_TRUE(ref == 0 || ref == i % 300 + 1);
      }
    });
  }
}

}  // namespace
}  // namespace tocsin::remote
