#include "tsdb/block/postings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "base/varint.h"

namespace tocsin::tsdb {
namespace {

std::set<PostingId> RandomSet(std::mt19937_64& random, size_t max_size, uint32_t range) {
  std::set<PostingId> ids;
  for (size_t count = random() % (max_size + 1); count > 0; --count) {
    ids.insert(static_cast<PostingId>(random() % range));
  }
  return ids;
}

std::string Encode(const std::set<PostingId>& ids) {
  std::string bytes;
  for (const PostingId id : ids) PutBE32(bytes, id);
  return bytes;
}

std::vector<PostingId> List(const std::set<PostingId>& ids) { return {ids.begin(), ids.end()}; }

TEST(PostingsTest, LowerBoundAgreesWithASet) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 100; ++round) {
    const auto ids = RandomSet(random, 200, 1000);
    const std::string bytes = Encode(ids);
    const PostingsView view(bytes);
    for (PostingId id = 0; id < 1001; ++id) {
      const auto expected = static_cast<size_t>(std::distance(ids.begin(), ids.lower_bound(id)));
      EXPECT_EQ(view.LowerBound(0, id), expected);
      const size_t begin = random() % (ids.size() + 1);
      EXPECT_EQ(view.LowerBound(begin, id), std::max(begin, expected));
    }
  }
}

TEST(PostingsTest, SetOperationsAgreeWithTheStandardLibrary) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 1000; ++round) {
    const uint32_t range = round % 2 ? 300 : UINT32_MAX;
    const auto a = RandomSet(random, 300, range);
    auto b = RandomSet(random, round % 3 ? 300 : 5, range);
    for (const PostingId id : a) {
      if (random() % 4 == 0) b.insert(id);
    }
    const std::string bytes = Encode(b);
    std::vector<PostingId> expected;
    std::ranges::set_intersection(a, b, std::back_inserter(expected));
    auto ids = List(a);
    IntersectPostings(ids, PostingsView(bytes));
    EXPECT_EQ(ids, expected);
    ids = List(a);
    IntersectIds(ids, List(b));
    EXPECT_EQ(ids, expected);
    expected.clear();
    std::ranges::set_difference(a, b, std::back_inserter(expected));
    ids = List(a);
    SubtractPostings(ids, PostingsView(bytes));
    EXPECT_EQ(ids, expected);
    ids = List(a);
    SubtractIds(ids, List(b));
    EXPECT_EQ(ids, expected);
  }
}

TEST(PostingsTest, UnionOfManyListsAgreesWithASet) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    const uint32_t range = round % 2 ? 5000 : UINT32_MAX;
    std::set<PostingId> expected;
    std::vector<std::string> encoded;
    for (size_t count = random() % 20; count > 0; --count) {
      const auto ids = RandomSet(random, 100, range);
      expected.insert(ids.begin(), ids.end());
      encoded.push_back(Encode(ids));
    }
    const std::vector<PostingsView> lists(encoded.begin(), encoded.end());
    EXPECT_EQ(UnitePostings(lists), List(expected));
  }
}

TEST(PostingsTest, ListsThatDoNotRiseAreHarmless) {
  std::string bytes;
  for (const PostingId id : {5u, 4000000000u, 1u, 7u}) PutBE32(bytes, id);
  const PostingsView view(bytes);
  const std::vector<PostingsView> lists = {view, view};
  std::vector<PostingId> ids = UnitePostings(lists);
  IntersectPostings(ids, view);
  SubtractPostings(ids, view);
  EXPECT_EQ(view.LowerBound(4, 1), 4u);
}

}  // namespace
}  // namespace tocsin::tsdb
