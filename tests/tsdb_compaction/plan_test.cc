// Which blocks are compacted next; the cases are those that upstream's planner is tested with.
#include "tsdb/compaction/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Ulid Numbered(uint8_t number) {
  std::array<uint8_t, 16> bytes{};
  bytes[15] = number;
  return Ulid(bytes);
}

BlockMeta Block(uint8_t number, int64_t min_ms, int64_t max_ms) {
  BlockMeta meta;
  meta.ulid = Numbered(number);
  meta.min_time_ms = min_ms;
  meta.max_time_ms = max_ms;
  meta.compaction.level = 1;
  meta.compaction.sources = {meta.ulid};
  return meta;
}

BlockMeta WithTombstones(BlockMeta meta, uint64_t series, uint64_t tombstones) {
  meta.stats.series_count = series;
  meta.stats.tombstone_count = tombstones;
  return meta;
}

struct PlanCase {
  const char* what;
  std::vector<BlockMeta> blocks;
  std::vector<int> expected;  // Numbers of the blocks.
};

std::vector<int> Plan(const std::vector<BlockMeta>& blocks) {
  const std::vector<int64_t> ranges = {20, 60, 180, 540, 1620};
  std::vector<int> numbers;
  for (const size_t at : PlanCompaction(blocks, ranges)) {
    numbers.push_back(blocks[at].ulid.bytes()[15]);
  }
  return numbers;
}

TEST(PlanTest, LevelsFillUpOneAfterTheOther) {
  const std::vector<PlanCase> cases = {
      {"nothing", {}, {}},
      {"one block", {Block(1, 0, 20)}, {}},
      {"two blocks: the range is not full", {Block(1, 0, 20), Block(2, 20, 40)}, {}},
      {"three blocks: the newest is left alone",
       {Block(1, 0, 20), Block(2, 20, 40), Block(3, 40, 60)},
       {}},
      {"a newer one came",
       {Block(1, 0, 20), Block(2, 20, 40), Block(3, 40, 60), Block(4, 60, 80)},
       {1, 2, 3}},
      {"given in another order",
       {Block(4, 60, 80), Block(2, 20, 40), Block(3, 40, 60), Block(1, 0, 20)},
       {1, 2, 3}},
      {"a gap, and only the newest is beyond the range",
       {Block(1, 0, 20), Block(2, 20, 40), Block(4, 60, 80)},
       {}},
      {"a gap that nothing can fill any more",
       {Block(1, 0, 20), Block(2, 20, 40), Block(4, 60, 80), Block(5, 80, 100)},
       {1, 2}},
      {"two levels at once: the lower first",
       {Block(1, 0, 20), Block(2, 20, 40), Block(3, 40, 60), Block(4, 60, 120), Block(5, 120, 180)},
       {1, 2, 3}},
      {"different lengths in one range",
       {Block(2, 20, 40), Block(4, 60, 120), Block(5, 960, 980), Block(6, 120, 180),
        Block(7, 720, 960)},
       {2, 4, 6}},
      {"before 1970",
       {Block(1, -60, -40), Block(2, -40, -20), Block(3, -20, 0), Block(4, 0, 20)},
       {1, 2, 3}},
  };
  for (const PlanCase& plan_case : cases) {
    EXPECT_EQ(Plan(plan_case.blocks), plan_case.expected) << plan_case.what;
  }
}

TEST(PlanTest, BlocksWithManyTombstonesAreRewritten) {
  const std::vector<PlanCase> cases = {
      {"large, but the newest", {WithTombstones(Block(1, 0, 540), 10, 3)}, {}},
      {"large", {WithTombstones(Block(1, 0, 540), 10, 3), Block(2, 540, 560)}, {1}},
      {"large, few tombstones", {WithTombstones(Block(1, 0, 540), 100, 5), Block(2, 540, 560)}, {}},
      {"small", {WithTombstones(Block(1, 0, 60), 10, 3), Block(2, 60, 80)}, {}},
      {"small, all series", {WithTombstones(Block(1, 0, 60), 10, 10), Block(2, 60, 80)}, {1}},
      {"empty: not again and again",
       {WithTombstones(Block(1, 0, 540), 0, 0), Block(2, 540, 560)},
       {}},
  };
  for (const PlanCase& plan_case : cases) {
    EXPECT_EQ(Plan(plan_case.blocks), plan_case.expected) << plan_case.what;
  }
}

TEST(PlanTest, OverlappingBlocksComeFirst) {
  const std::vector<PlanCase> cases = {
      {"two", {Block(1, 0, 20), Block(2, 19, 40), Block(3, 40, 60)}, {1, 2}},
      {"the newest two", {Block(1, 0, 20), Block(2, 20, 40), Block(3, 30, 50)}, {2, 3}},
      {"a chain", {Block(1, 0, 20), Block(2, 10, 40), Block(3, 30, 50)}, {1, 2, 3}},
      {"one within another",
       {Block(5, 0, 360), Block(6, 340, 560), Block(7, 360, 420), Block(8, 420, 540)},
       {5, 6, 7, 8}},
      {"two separate runs: the older first",
       {Block(1, 0, 10), Block(2, 9, 20), Block(3, 30, 40), Block(4, 39, 50)},
       {1, 2}},
      {"the same range", {Block(1, 0, 20), Block(2, 0, 20)}, {1, 2}},
      {"they only touch", {Block(1, 0, 20), Block(2, 20, 40)}, {}},
  };
  for (const PlanCase& plan_case : cases) {
    EXPECT_EQ(Plan(plan_case.blocks), plan_case.expected) << plan_case.what;
  }
}

TEST(PlanTest, RangeWithAFailedBlockIsLeftAlone) {
  std::vector<BlockMeta> blocks = {Block(1, 0, 20), Block(2, 20, 40), Block(3, 40, 60),
                                   Block(4, 60, 80)};
  blocks[1].compaction.has_failed = true;
  EXPECT_THAT(Plan(blocks), IsEmpty());
}

TEST(PlanTest, RangesGrowByThreeUpToTheLongest) {
  EXPECT_THAT(BlockRanges(2, 60), ElementsAre(2, 6, 18, 54));
  EXPECT_THAT(BlockRanges(2, 54), ElementsAre(2, 6, 18, 54));
  EXPECT_THAT(BlockRanges(2, 2), ElementsAre(2));
  EXPECT_THAT(BlockRanges(2, 1), ElementsAre(2));
}

TEST(PlanTest, BlocksGrowToATenthOfTheRetentionAtMost) {
  constexpr int64_t kHourMs = 3'600'000;
  EXPECT_EQ(MaxBlockRange(2 * kHourMs, 15 * 24 * kHourMs), 36 * kHourMs);
  EXPECT_EQ(MaxBlockRange(2 * kHourMs, 0), 31 * 24 * kHourMs);
  EXPECT_EQ(MaxBlockRange(2 * kHourMs, 4000 * 24 * kHourMs), 31 * 24 * kHourMs);
  EXPECT_EQ(MaxBlockRange(2 * kHourMs, kHourMs), 2 * kHourMs);
}

TEST(PlanTest, RangesEndAtMultiples) {
  EXPECT_EQ(RangeEnd(0, 20), 20);
  EXPECT_EQ(RangeEnd(19, 20), 20);
  EXPECT_EQ(RangeEnd(20, 20), 40);
  EXPECT_EQ(RangeEnd(-1, 20), 0);
  EXPECT_EQ(RangeEnd(-20, 20), 0);
  EXPECT_EQ(RangeEnd(-21, 20), -20);
}

TEST(PlanTest, CompactedBlockKnowsItsParentsAndSources) {
  BlockMeta first = Block(1, 10, 20);
  first.compaction.level = 3;
  first.compaction.sources = {Numbered(8), Numbered(9)};
  BlockMeta second = Block(2, 5, 15);
  second.compaction.sources = {Numbered(2), Numbered(9)};
  const BlockMeta meta = CompactedMeta(Numbered(20), std::vector<BlockMeta>{first, second});
  EXPECT_EQ(meta.ulid, Numbered(20));
  EXPECT_EQ(meta.min_time_ms, 5);
  EXPECT_EQ(meta.max_time_ms, 20);
  EXPECT_EQ(meta.compaction.level, 4);
  EXPECT_THAT(meta.compaction.sources, ElementsAre(Numbered(2), Numbered(8), Numbered(9)));
  EXPECT_THAT(meta.compaction.parents, ElementsAre(first.Describe(), second.Describe()));
}

}  // namespace
}  // namespace tocsin::tsdb
