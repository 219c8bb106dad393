#include "tsdb/posting_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

std::vector<uint32_t> IdsOf(const PostingSet& set) {
  std::vector<uint32_t> ids;
  set.AppendTo(ids);
  return ids;
}

TEST(PostingSetTest, FewIdsStandInTheObject) {
  PostingSet set;
  set.Add(7);
  set.Add(3);
  set.Add(70'000);
  set.Add(3);
  EXPECT_THAT(IdsOf(set), ElementsAre(3, 7, 70'000));
  EXPECT_EQ(set.heap_bytes(), 0u);
  set.Remove(7);
  EXPECT_THAT(IdsOf(set), ElementsAre(3, 70'000));
}

TEST(PostingSetTest, ConsecutiveIdsBecomeRuns) {
  PostingSet set;
  for (uint32_t id = 1000; id < 51'000; ++id) set.Add(id);
  EXPECT_EQ(set.size(), 50'000u);
  EXPECT_LT(set.heap_bytes(), 400u);
  EXPECT_TRUE(set.Contains(1000));
  EXPECT_TRUE(set.Contains(50'999));
  EXPECT_FALSE(set.Contains(999));
  EXPECT_FALSE(set.Contains(51'000));
}

TEST(PostingSetTest, StridedIdsTakeAboutTwoBytesEach) {
  PostingSet set;
  for (uint32_t id = 0; id < 4'000'000; id += 1000) set.Add(id);
  EXPECT_LT(set.heap_bytes(), 4000 * 2 * 3 / 2 + 62 * 64);
}

TEST(PostingSetTest, EmptyAfterAllWereRemoved) {
  PostingSet set;
  for (uint32_t id = 0; id < 100'000; id += 3) set.Add(id);
  for (uint32_t id = 0; id < 100'000; id += 3) set.Remove(id);
  EXPECT_TRUE(set.empty());
  EXPECT_THAT(IdsOf(set), IsEmpty());
  EXPECT_EQ(set.heap_bytes(), 0u);
}

// Adds and removes single ids and stretches, so that all kinds of containers and the ways between
// them come up.
TEST(PostingSetTest, RandomOperationsAgreeWithAStdSet) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    PostingSet set;
    std::set<uint32_t> model;
    for (int step = 0; step < 400; ++step) {
      const auto from = static_cast<uint32_t>(random() % 200'000);
      const auto length = static_cast<uint32_t>(random() % 3 == 0 ? random() % 8000 : 1);
      const auto stride = static_cast<uint32_t>(random() % 3 == 0 ? 1 : 1 + random() % 50);
      const bool is_removal = random() % 3 == 0;
      for (uint32_t i = 0; i < length; ++i) {
        const uint32_t id = from + i * stride;
        is_removal ? set.Remove(id) : set.Add(id);
        is_removal ? static_cast<void>(model.erase(id)) : static_cast<void>(model.insert(id));
      }
      ASSERT_EQ(set.size(), model.size());
    }
    ASSERT_THAT(IdsOf(set), ElementsAreArray(model.begin(), model.end()));

    std::vector<uint32_t> probe, kept, left;
    for (int i = 0; i < 20'000; ++i) probe.push_back(static_cast<uint32_t>(random() % 300'000));
    std::ranges::sort(probe);
    for (const uint32_t id : probe) {
      ASSERT_EQ(set.Contains(id), model.contains(id));
      (model.contains(id) ? kept : left).push_back(id);
    }
    std::vector<uint32_t> ids = probe;
    set.Intersect(ids);
    EXPECT_EQ(ids, kept);
    ids = probe;
    set.Subtract(ids);
    EXPECT_EQ(ids, left);
    IdBitmap bitmap;
    bitmap.Add(set);
    EXPECT_EQ(bitmap.ToIds(), IdsOf(set));
    PostingSet moved = std::move(set);
    EXPECT_EQ(moved.size(), model.size());
  }
}

}  // namespace
}  // namespace tocsin::tsdb
