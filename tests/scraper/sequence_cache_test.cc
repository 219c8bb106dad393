#include "scraper/sequence_cache.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "scraper/series_text_hash.h"

namespace tocsin::scraper {
namespace {

/// Reads a page of numbers as a scrape would and returns how many lines were hits.
size_t ReadPage(SequenceCache& cache, const std::vector<uint32_t>& lines) {
  size_t hits = 0;
  cache.BeginPage();
  for (const uint32_t line : lines) {
    const uint64_t hash = line * 0x9E3779B97F4A7C15u;
    if (cache.predicted_size() != 0 && cache.predicted_hash() == hash) {
      EXPECT_EQ(cache.predicted_action().slot(), line);
      cache.Hit();
      ++hits;
      continue;
    }
    const auto known = cache.Find(hash);
    if (known) {
      EXPECT_EQ(known->slot(), line);
    }
    cache.Record(hash, 10, LineAction::Sample(line));
  }
  cache.EndPage();
  return hits;
}

TEST(SequenceCacheTest, TheSamePageIsAllHits) {
  SequenceCache cache;
  EXPECT_EQ(ReadPage(cache, {1, 2, 3, 4}), 0u);
  EXPECT_EQ(ReadPage(cache, {1, 2, 3, 4}), 4u);
  EXPECT_EQ(cache.miss_count(), 0u);
  EXPECT_EQ(cache.line_count(), 4u);
}

TEST(SequenceCacheTest, ResynchronisesAfterInsertionRemovalAndChange) {
  SequenceCache cache;
  ReadPage(cache, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(ReadPage(cache, {1, 2, 9, 3, 4, 5, 6}), 6u);
  EXPECT_EQ(ReadPage(cache, {1, 2, 9, 3, 4, 5, 6}), 7u);
  EXPECT_EQ(ReadPage(cache, {1, 2, 3, 4, 5, 6}), 5u);  // 3 is found, then in step again.
  EXPECT_EQ(ReadPage(cache, {1, 2, 8, 4, 5, 6}), 4u);  // 8 for 3: 4 is found.
  EXPECT_EQ(ReadPage(cache, {1, 2}), 2u);
  EXPECT_EQ(cache.line_count(), 2u);
  EXPECT_EQ(ReadPage(cache, {1, 2, 3}), 2u);
}

TEST(SequenceCacheTest, AnAbortedPageIsForgotten) {
  SequenceCache cache;
  ReadPage(cache, {1, 2, 3});
  cache.BeginPage();
  cache.Record(77, 5, LineAction::Dropped());
  cache.AbortPage();
  EXPECT_EQ(ReadPage(cache, {1, 2, 3}), 3u);
}

TEST(SequenceCacheTest, AnyOrderIsFound) {
  const uint64_t seed = 4711;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  SequenceCache cache;
  std::vector<uint32_t> lines(500);
  for (uint32_t i = 0; i < lines.size(); ++i) lines[i] = i + 1;
  ReadPage(cache, lines);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(lines.begin(), lines.end(), random);
    ReadPage(cache, lines);
    EXPECT_EQ(cache.line_count(), lines.size());
    EXPECT_EQ(ReadPage(cache, lines), lines.size());
  }
}

TEST(SequenceCacheTest, VoidedSlotsAreKnownButNotUsable) {
  SequenceCache cache;
  cache.BeginPage();
  cache.Record(1, 3, LineAction::Sample(7));
  cache.Record(2, 3, LineAction::Dropped());
  cache.EndPage();
  cache.VoidSlots();
  cache.BeginPage();
  EXPECT_TRUE(cache.predicted_action().is_void());
  EXPECT_TRUE(cache.predicted_action().is_sample());
  cache.Hit();
  EXPECT_EQ(cache.predicted_action().kind(), LineAction::Kind::kDropped);
  EXPECT_FALSE(cache.predicted_action().is_void());
}

TEST(SequenceCacheTest, TextsTooLongToBePredictedAreStillFound) {
  SequenceCache cache;
  cache.BeginPage();
  cache.Record(1, 70'000, LineAction::Sample(3));
  cache.EndPage();
  cache.BeginPage();
  EXPECT_EQ(cache.predicted_size(), 0u);
  ASSERT_TRUE(cache.Find(1).has_value());
}

TEST(SequenceCacheTest, ALineCostsFourteenBytes) {
  SequenceCache cache;
  std::vector<uint32_t> lines(10'000);
  for (uint32_t i = 0; i < lines.size(); ++i) lines[i] = i + 1;
  ReadPage(cache, lines);
  EXPECT_LE(cache.memory_bytes(), lines.size() * 14 * 9 / 8);
  ReadPage(cache, lines);
  EXPECT_LE(cache.memory_bytes(), lines.size() * 14 * 9 / 8);
}

TEST(LineActionTest, KeepsWhatItWasMadeOf) {
  EXPECT_EQ(LineAction::Sample(LineAction::kMaxSlot).slot(), LineAction::kMaxSlot);
  EXPECT_FALSE(LineAction::Sample(LineAction::kMaxSlot).is_void());
  const LineAction type = LineAction::Type(LineAction::kMaxMetadataIndex, MetricType::kStateset);
  EXPECT_EQ(type.kind(), LineAction::Kind::kMetadata);
  EXPECT_EQ(type.metadata_index(), LineAction::kMaxMetadataIndex);
  EXPECT_EQ(type.type(), MetricType::kStateset);
  EXPECT_EQ(LineAction::Type(0, MetricType::kUnknown).type(), MetricType::kUnknown);
  EXPECT_EQ(LineAction::Help(5).type(), std::nullopt);
  EXPECT_EQ(LineAction::Help(5).metadata_index(), 5u);
  EXPECT_EQ(LineAction::Comment().kind(), LineAction::Kind::kComment);
}

TEST(SeriesTextHashTest, DiffersInEveryByteAndLength) {
  // An array of exact size, so that a sanitizer sees a read behind the end.
  std::set<uint64_t> hashes;
  for (size_t size = 0; size <= 200; ++size) {
    std::vector<char> text(size, 'x');
    EXPECT_TRUE(hashes.insert(HashSeriesText(text.data(), size)).second) << size;
    for (size_t i = 0; i < size; ++i) {
      text[i] = 'y';
      EXPECT_TRUE(hashes.insert(HashSeriesText(text.data(), size)).second) << size << " " << i;
      text[i] = 'x';
    }
  }
}

// Both words of a lane went through the same key once.
TEST(SeriesTextHashTest, DiffersWhenWordsChangePlaces) {
  for (size_t size = 16; size <= 200; ++size) {
    std::string text(size, 'x');
    text.replace(0, 8, "abcdefgh");
    std::set<uint64_t> hashes = {HashSeriesText(text.data(), size)};
    for (size_t at = 8; at + 8 <= size; ++at) {
      std::string swapped(size, 'x');
      swapped.replace(at, 8, "abcdefgh");
      EXPECT_TRUE(hashes.insert(HashSeriesText(swapped.data(), size)).second) << size << " " << at;
    }
  }
}

TEST(SeriesTextHashTest, NoCollisionsAmongAMillionSeries) {
  std::vector<uint64_t> hashes;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::string text = "http_requests_total{code=\"" + std::to_string(i % 1000) +
                             "\",path=\"/api/v1/" + std::to_string(i / 1000) + "\"}";
    hashes.push_back(HashSeriesText(text.data(), text.size()));
  }
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::adjacent_find(hashes.begin(), hashes.end()), hashes.end());
}

}  // namespace
}  // namespace tocsin::scraper
