#include "storage/merge_querier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

#include "support/memory_storage.h"

namespace tocsin::storage {
namespace {

using support::MemoryStorage;
using testing::ElementsAre;

constexpr int64_t kStartMs = 0;
constexpr int64_t kEndMs = 100'000;

// Passes on to another querier and counts what it is asked.
class CountingQuerier final : public Querier {
 public:
  CountingQuerier(std::unique_ptr<Querier> inner, size_t& selects)
      : inner_(std::move(inner)), selects_(selects) {}
  Result<std::unique_ptr<SeriesSet>> Select(std::span<const Matcher> matchers,
                                            const SelectHints& hints) override {
    ++selects_;
    return inner_->Select(matchers, hints);
  }
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers,
                                              size_t limit) override {
    return inner_->LabelNames(matchers, limit);
  }
  Result<std::vector<std::string>> LabelValues(const std::string& name,
                                               std::span<const Matcher> matchers,
                                               size_t limit) override {
    return inner_->LabelValues(name, matchers, limit);
  }

 private:
  const std::unique_ptr<Querier> inner_;
  size_t& selects_;
};

// One series whose samples are chunks given by hand, one sample a chunk edge; the bytes name the
// part.
class ChunkSet final : public SeriesSet {
 public:
  explicit ChunkSet(std::vector<EncodedChunk> chunks) : chunks_(std::move(chunks)) {}
  size_t size() const override { return 1; }
  Labels LabelsOf(size_t) const override { return Labels{{"a", "b"}}; }
  Status Read(size_t, int64_t start_ms, int64_t end_ms, SampleBuffer& out) const override {
    out.Clear();
    for (const EncodedChunk& chunk : chunks_) {
      for (const int64_t time_ms : {chunk.min_time_ms, chunk.max_time_ms}) {
        if (time_ms < start_ms || time_ms > end_ms) continue;
        out.timestamps_ms.push_back(time_ms);
        out.values.push_back(chunk.bytes[0]);
      }
    }
    return {};
  }
  Status ReadChunks(size_t, int64_t start_ms, int64_t end_ms,
                    std::vector<EncodedChunk>& out) const override {
    for (const EncodedChunk& chunk : chunks_) {
      if (chunk.min_time_ms <= end_ms && chunk.max_time_ms >= start_ms) out.push_back(chunk);
    }
    return {};
  }

 private:
  const std::vector<EncodedChunk> chunks_;
};

class ChunkQuerier final : public Querier {
 public:
  explicit ChunkQuerier(std::vector<EncodedChunk> chunks) : chunks_(std::move(chunks)) {}
  Result<std::unique_ptr<SeriesSet>> Select(std::span<const Matcher>, const SelectHints&) override {
    return std::make_unique<ChunkSet>(chunks_);
  }
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher>, size_t) override {
    return std::vector<std::string>();
  }
  Result<std::vector<std::string>> LabelValues(const std::string&, std::span<const Matcher>,
                                               size_t) override {
    return std::vector<std::string>();
  }

 private:
  const std::vector<EncodedChunk> chunks_;
};

Labels SeriesLabels(uint64_t number) {
  return Labels{
      {"__name__", "m"}, {"group", std::to_string(number % 5)}, {"n", std::to_string(number)}};
}

std::vector<Matcher> All() { return {Matcher::Equal("__name__", "m")}; }

class MergeQuerierTest : public testing::Test {
 protected:
  // Part i holds random samples of [i * 20000, i * 20000 + 30000): neighbours overlap by a third.
  void FillParts(size_t part_count) {
    parts_.resize(part_count);
    for (size_t i = 0; i < part_count; ++i) {
      for (int k = 0; k < 400; ++k) {
        const Labels labels = SeriesLabels(random_() % 40);
        const auto time_ms = static_cast<int64_t>(i * 20'000 + random_() % 100 * 300);
        const auto value = static_cast<double>(i * 1'000'000 + random_() % 1000);
        parts_[i].Put(labels, time_ms, value);
        // The first part in the list wins.
        expected_[labels][time_ms];
      }
    }
    for (auto& [labels, samples] : expected_) {
      for (auto& [time_ms, value] : samples) {
        for (size_t i = part_count; i-- > 0;) {
          const auto of_part = parts_[i].SamplesOf(labels);
          if (const auto at = of_part.find(time_ms); at != of_part.end()) value = at->second.value;
        }
      }
    }
  }
  MergeQuerier Make(bool with_bounds = true) {
    std::vector<MergePart> parts;
    for (size_t i = 0; i < parts_.size(); ++i) {
      MergePart part;
      part.querier =
          std::make_unique<CountingQuerier>(*parts_[i].MakeQuerier(kStartMs, kEndMs), selects_);
      if (with_bounds) {
        part.min_time_ms = static_cast<int64_t>(i * 20'000);
        part.max_time_ms = part.min_time_ms + 29'999;
      }
      parts.push_back(std::move(part));
    }
    return MergeQuerier(std::move(parts));
  }

  std::mt19937_64 random_{17};
  std::deque<MemoryStorage> parts_;
  std::map<Labels, std::map<int64_t, double>> expected_;
  size_t selects_ = 0;
};

TEST_F(MergeQuerierTest, SeriesAreMergedInOrderAndTheFirstPartWins) {
  FillParts(4);
  for (const bool with_bounds : {true, false}) {
    MergeQuerier querier = Make(with_bounds);
    const auto set = *querier.Select(All(), {kStartMs, kEndMs, 0, 0});
    ASSERT_EQ(set->size(), expected_.size());
    size_t i = 0;
    for (const auto& [labels, samples] : expected_) {
      EXPECT_EQ(set->LabelsOf(i), labels);
      SampleBuffer read;
      ASSERT_TRUE(set->Read(i++, kStartMs, kEndMs, read));
      std::map<int64_t, double> found;
      for (size_t k = 0; k < read.values.size(); ++k) found[read.timestamps_ms[k]] = read.values[k];
      EXPECT_EQ(read.values.size(), found.size());
      EXPECT_EQ(found, samples);
    }
  }
}

TEST_F(MergeQuerierTest, ReadLatestIsTheLastOfRead) {
  FillParts(4);
  MergeQuerier querier = Make();
  const auto set = *querier.Select(All(), {kStartMs, kEndMs, 0, 0});
  for (int round = 0; round < 50; ++round) {
    const auto start_ms = static_cast<int64_t>(random_() % 90'000);
    const auto end_ms = start_ms + static_cast<int64_t>(random_() % 40'000);
    const size_t first = random_() % 5;
    std::vector<SeriesSet::Latest> latest(set->size() - first - random_() % 5);
    ASSERT_TRUE(set->ReadLatest(first, start_ms, end_ms, latest));
    for (size_t i = 0; i < latest.size(); ++i) {
      SampleBuffer read;
      ASSERT_TRUE(set->Read(first + i, start_ms, end_ms, read));
      if (read.values.empty()) {
        EXPECT_EQ(latest[i].timestamp_ms, SeriesSet::kNoSample);
      } else {
        EXPECT_EQ(latest[i].timestamp_ms, read.timestamps_ms.back());
        EXPECT_EQ(latest[i].value, read.values.back());
      }
    }
  }
}

TEST_F(MergeQuerierTest, GroupByAgreesWithTheDefault) {
  FillParts(3);
  MergeQuerier querier = Make();
  const auto set = *querier.Select(All(), {kStartMs, kEndMs, 0, 0});
  for (const std::vector<std::string>& names :
       std::vector<std::vector<std::string>>{{}, {"group"}, {"n"}, {"nosuch"}}) {
    for (const bool without : {false, true}) {
      const SeriesGrouping grouping = set->GroupBy(names, without);
      const SeriesGrouping expected = set->SeriesSet::GroupBy(names, without);
      EXPECT_EQ(grouping.group_of_series, expected.group_of_series);
      EXPECT_EQ(grouping.group_labels, expected.group_labels);
    }
  }
}

TEST_F(MergeQuerierTest, PartsOutsideOfTheRangeAreNotAsked) {
  FillParts(4);
  MergeQuerier querier = Make();
  ASSERT_TRUE(querier.Select(All(), {0, 10'000, 0, 0}).ok());
  EXPECT_EQ(selects_, 1u);
  ASSERT_TRUE(querier.Select(All(), {25'000, 35'000, 0, 0}).ok());
  EXPECT_EQ(selects_, 3u);
}

TEST_F(MergeQuerierTest, NothingFoundIsAnEmptySet) {
  FillParts(2);
  MergeQuerier querier = Make();
  EXPECT_EQ((*querier.Select(std::vector{Matcher::Equal("a", "b")}, {}))->size(), 0u);
  MergeQuerier of_none({});
  EXPECT_EQ((*of_none.Select(All(), {}))->size(), 0u);
}

TEST_F(MergeQuerierTest, NamesAndValuesAreUnitedAndCut) {
  parts_.resize(3);
  parts_[0].Put(Labels{{"__name__", "m"}, {"a", "3"}}, 1, 1);
  parts_[1].Put(Labels{{"__name__", "m"}, {"a", "1"}, {"b", "x"}}, 1, 1);
  parts_[2].Put(Labels{{"__name__", "m"}, {"a", "2"}, {"c", "x"}}, 1, 1);
  parts_[2].Put(Labels{{"__name__", "m"}, {"a", "3"}}, 1, 1);
  MergeQuerier querier = Make();
  EXPECT_THAT(*querier.LabelNames({}, 0), ElementsAre("__name__", "a", "b", "c"));
  EXPECT_THAT(*querier.LabelNames({}, 3), ElementsAre("__name__", "a", "b"));
  EXPECT_THAT(*querier.LabelValues("a", {}, 0), ElementsAre("1", "2", "3"));
  EXPECT_THAT(*querier.LabelValues("a", All(), 2), ElementsAre("1", "2"));
}

std::vector<std::string> ChunkBytes(const std::vector<EncodedChunk>& chunks) {
  std::vector<std::string> bytes;
  for (const EncodedChunk& chunk : chunks) bytes.push_back(chunk.bytes);
  return bytes;
}

MergeQuerier OfChunks(ChunkEncoder encode) {
  std::vector<MergePart> parts(2);
  parts[0].querier =
      std::make_unique<ChunkQuerier>(std::vector<EncodedChunk>{{50, 60, 1, "a"}, {70, 80, 1, "b"}});
  parts[1].querier = std::make_unique<ChunkQuerier>(
      std::vector<EncodedChunk>{{10, 20, 1, "c"}, {75, 90, 1, "d"}, {95, 99, 1, "e"}});
  return MergeQuerier(std::move(parts), std::move(encode));
}

TEST(MergeChunksTest, ChunksThatDoNotOverlapComeAsTheyAre) {
  MergeQuerier querier = OfChunks(nullptr);
  const auto set = *querier.Select({}, {});
  std::vector<EncodedChunk> chunks;
  ASSERT_TRUE(set->ReadChunks(0, 0, 65, chunks));
  EXPECT_THAT(ChunkBytes(chunks), ElementsAre("c", "a"));
}

TEST(MergeChunksTest, ChunksThatOverlapAreEncodedAgain) {
  MergeQuerier querier =
      OfChunks([](const SampleBuffer& samples, std::vector<EncodedChunk>& out) -> Status {
        EXPECT_THAT(samples.timestamps_ms, ElementsAre(70, 75, 80, 90));
        EXPECT_THAT(samples.values, ElementsAre('b', 'd', 'b', 'd'));
        out.push_back({70, 90, 1, "merged"});
        return {};
      });
  const auto set = *querier.Select({}, {});
  std::vector<EncodedChunk> chunks;
  ASSERT_TRUE(set->ReadChunks(0, 0, 100, chunks));
  EXPECT_THAT(ChunkBytes(chunks), ElementsAre("c", "a", "merged", "e"));
}

TEST(MergeChunksTest, WithoutAnEncoderOverlapIsAnError) {
  MergeQuerier querier = OfChunks(nullptr);
  const auto set = *querier.Select({}, {});
  std::vector<EncodedChunk> chunks;
  const Status read = set->ReadChunks(0, 0, 100, chunks);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kUnimplemented);
}

}  // namespace
}  // namespace tocsin::storage
