#include "tsdb/block/tombstones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>

#include "base/faulty_fs.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;

constexpr int64_t kMin = INT64_MIN;
constexpr int64_t kMax = INT64_MAX;

std::vector<Tombstone> All(const Tombstones& tombstones) {
  return {tombstones.all().begin(), tombstones.all().end()};
}

TEST(TombstonesTest, OverlappingAndTouchingIntervalsAreJoined) {
  Tombstones tombstones;
  tombstones.Add({1, 10, 20});
  tombstones.Add({1, 40, 50});
  tombstones.Add({1, 21, 30});
  EXPECT_THAT(All(tombstones), ElementsAre(Tombstone{1, 10, 30}, Tombstone{1, 40, 50}));
  tombstones.Add({1, 15, 45});
  EXPECT_THAT(All(tombstones), ElementsAre(Tombstone{1, 10, 50}));
  tombstones.Add({1, kMin, 5});
  tombstones.Add({1, 60, kMax});
  tombstones.Add({1, kMax, kMax});
  EXPECT_THAT(All(tombstones),
              ElementsAre(Tombstone{1, kMin, 5}, Tombstone{1, 10, 50}, Tombstone{1, 60, kMax}));
}

TEST(TombstonesTest, SeriesAreApart) {
  Tombstones tombstones;
  tombstones.Add({7, 1, 2});
  tombstones.Add({3, 1, 2});
  tombstones.Add({7, 3, 4});
  EXPECT_THAT(All(tombstones), ElementsAre(Tombstone{3, 1, 2}, Tombstone{7, 1, 4}));
  EXPECT_EQ(tombstones.Of(7).size(), 1u);
  EXPECT_TRUE(tombstones.Of(5).empty());
}

TEST(TombstonesTest, BackwardsIntervalsAreDropped) {
  Tombstones tombstones;
  tombstones.Add({1, 5, 4});
  EXPECT_TRUE(tombstones.empty());
  EXPECT_TRUE(Tombstones::FromUnsorted({{1, 5, 4}}).empty());
}

TEST(TombstonesTest, AnyWayOfAddingAgreesWithASetOfTimes) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    std::map<uint64_t, std::set<int64_t>> model;
    Tombstones one_by_one;
    Tombstones merged;
    std::vector<Tombstone> list;
    for (int i = 0; i < 30; ++i) {
      const auto start_ms = static_cast<int64_t>(random() % 100);
      const Tombstone next{random() % 3, start_ms, start_ms + static_cast<int64_t>(random() % 10)};
      for (int64_t t = next.start_ms; t <= next.end_ms; ++t) model[next.series_ref].insert(t);
      one_by_one.Add(next);
      merged.Merge(Tombstones::FromUnsorted({next}));
      list.push_back(next);
    }
    EXPECT_EQ(All(one_by_one), All(merged));
    EXPECT_EQ(All(one_by_one), All(Tombstones::FromUnsorted(list)));
    const Tombstones within = one_by_one.Within(20, 60);
    for (uint64_t ref = 0; ref < 3; ++ref) {
      for (int64_t t = -1; t < 112; ++t) {
        const bool is_deleted = model[ref].contains(t);
        EXPECT_EQ(IsDeletedAt(one_by_one.Of(ref), t), is_deleted);
        EXPECT_EQ(IsDeletedAt(within.Of(ref), t), is_deleted && t >= 20 && t <= 60);
        size_t deleted_of_three = 0;
        for (int64_t k = t; k < t + 3; ++k) deleted_of_three += model[ref].contains(k);
        EXPECT_EQ(AnyDeleted(one_by_one.Of(ref), t, t + 2), deleted_of_three > 0);
        EXPECT_EQ(AllDeleted(one_by_one.Of(ref), t, t + 2), deleted_of_three == 3);
      }
    }
  }
}

TEST(TombstonesTest, DeletedSamplesOfAllKindsAreErased) {
  storage::SampleBuffer samples;
  samples.timestamps_ms = {1, 2, 3, 4};
  samples.values = {1, 2, 3, 4};
  samples.start_timestamps_ms = {0, 1, 1, 3};
  for (const int64_t t : {5, 6, 7}) samples.histograms.emplace_back().timestamp_ms = t;
  const auto tombstones = Tombstones::FromUnsorted({{1, 2, 3}, {1, 6, 6}});
  EraseDeleted(tombstones.Of(1), samples);
  EXPECT_THAT(samples.timestamps_ms, ElementsAre(1, 4));
  EXPECT_THAT(samples.values, ElementsAre(1, 4));
  EXPECT_THAT(samples.start_timestamps_ms, ElementsAre(0, 3));
  ASSERT_EQ(samples.histograms.size(), 2u);
  EXPECT_EQ(samples.histograms[1].timestamp_ms, 7);
}

TEST(TombstonesTest, TruncateBeforeForgetsWhatEndsBefore) {
  auto tombstones = Tombstones::FromUnsorted({{1, 0, 9}, {1, 20, 30}, {2, 5, 10}});
  tombstones.TruncateBefore(10);
  EXPECT_THAT(All(tombstones), ElementsAre(Tombstone{1, 20, 30}, Tombstone{2, 5, 10}));
}

TEST(TombstonesTest, FileRoundTripsAndEveryDamageIsCorruption) {
  const auto tombstones =
      Tombstones::FromUnsorted({{1, kMin, -5}, {1, 0, 9}, {300, 20, kMax}, {UINT64_MAX, 5, 10}});
  const std::string bytes = EncodeTombstones(tombstones);
  EXPECT_EQ(All(*DecodeTombstones(bytes)), All(tombstones));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeTombstones(bytes.substr(0, size)).ok()) << size;
  }
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto decoded = DecodeTombstones(flipped);
    ASSERT_FALSE(decoded.ok()) << bit;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption);
  }
}

TEST(TombstonesTest, AnEmptyFileIsWhatPrometheusWrites) {
  std::ifstream file(TOCSIN_UPSTREAM_DIR "/prometheus/tsdb/testdata/index_format_v1/tombstones",
                     std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.empty()) GTEST_SKIP() << "skipped: no upstream test data in " TOCSIN_UPSTREAM_DIR;
  EXPECT_EQ(EncodeTombstones(Tombstones()), bytes);
}

TEST(TombstonesTest, AMissingFileIsNone) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/b"));
  const auto read = ReadTombstones(fs, "/b");
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->empty());
}

}  // namespace
}  // namespace tocsin::tsdb
