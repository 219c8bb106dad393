// Blocks against plain maps.
#include "tsdb/block/block_querier.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <set>

#include "base/faulty_fs.h"
#include "tsdb/block/block_verify.h"
#include "tsdb/block/block_writer.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/chunks/chunk_writer.h"
#include "tsdb_block/block_fixture.h"

namespace tocsin::tsdb {
namespace {

using enum MatchType;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kEndMs = kBlockEndMs - 1;

class BlockQuerierTest : public testing::Test {
 protected:
  std::shared_ptr<BlockReader> MakeBlock(const Model& model) {
    EXPECT_TRUE(fs_.CreateDirectories("/data"));
    const auto meta = WriteModelBlock(fs_, "/data", MakeTestUlid(1), model);
    EXPECT_TRUE(meta.ok()) << meta.error().message();
    auto block = BlockReader::Open(fs_, "/data/" + MakeTestUlid(1).ToString());
    EXPECT_TRUE(block.ok()) << block.error().message();
    return *block;
  }
  FaultyFs fs_;
  std::mt19937_64 random_{21};
};

TEST_F(BlockQuerierTest, AllThatWasWrittenIsRead) {
  const Model model = RandomModel(random_, 300, 500);
  const auto block = MakeBlock(model);
  const auto read = ReadModel(block);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_TRUE(*read == model);
}

TEST_F(BlockQuerierTest, StatsAndSizesAreThoseOfTheContent) {
  const Model model = RandomModel(random_, 50, 300);
  const auto block = MakeBlock(model);
  const BlockMeta meta = *block->meta();
  uint64_t sample_count = 0;
  for (const auto& [labels, samples] : model) sample_count += samples.size();
  EXPECT_EQ(meta.stats.series_count, 50u);
  EXPECT_EQ(meta.stats.sample_count, sample_count);
  EXPECT_EQ(meta.stats.float_sample_count, sample_count);
  EXPECT_EQ(meta.stats.histogram_sample_count, 0u);
  EXPECT_THAT(meta.compaction.sources, ElementsAre(MakeTestUlid(1)));
  uint64_t size_bytes = 0;
  for (const char* name : {"meta.json", "index", "tombstones", "chunks/000001"}) {
    size_bytes += fs_.ReadFile(block->directory() + "/" + name)->size();
  }
  EXPECT_EQ(block->size_bytes(), size_bytes);
}

TEST_F(BlockQuerierTest, RandomRangesAndMatchersAgreeWithTheModel) {
  const Model model = RandomModel(random_, 200, 400);
  const auto block = MakeBlock(model);
  const std::vector<std::vector<Matcher>> selections = {
      AnySeries(),
      {Match(kEqual, "job", "node")},
      {Match(kRegex, "__name__", "metric_1.*"), Match(kNotEqual, "zone", "a")},
      {Match(kNotRegex, "instance", ".*[13579]:9100")},
  };
  for (int round = 0; round < 60; ++round) {
    const auto start_ms = kBlockStartMs - 1000 + static_cast<int64_t>(random_() % 7'300'000);
    const auto end_ms =
        start_ms + static_cast<int64_t>(random_() % (round % 2 ? 60'000 : 4'000'000));
    const auto& matchers = selections[random_() % selections.size()];
    BlockQuerier querier(block, start_ms, end_ms);
    const auto read = ReadModel(querier, matchers, start_ms, end_ms);
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_TRUE(*read == Restrict(model, matchers, start_ms, end_ms));
  }
}

TEST_F(BlockQuerierTest, ReadLatestIsTheLastOfRead) {
  const Model model = RandomModel(random_, 100, 400);
  const auto block = MakeBlock(model);
  ASSERT_TRUE(block
                  ->Delete(std::vector{Match(kEqual, "job", "node")}, kBlockStartMs + 1'000'000,
                           kBlockStartMs + 3'000'000)
                  .ok());
  BlockQuerier querier(block, kBlockStartMs, kEndMs);
  const auto set = querier.Select(AnySeries(), {kBlockStartMs, kEndMs, 0, 0});
  ASSERT_TRUE(set.ok());
  for (int round = 0; round < 20; ++round) {
    const auto start_ms = kBlockStartMs + static_cast<int64_t>(random_() % 7'200'000);
    const auto end_ms = start_ms + static_cast<int64_t>(random_() % 600'000);
    const size_t first = random_() % 10;
    std::vector<storage::SeriesSet::Latest> latest((*set)->size() - first);
    ASSERT_TRUE((*set)->ReadLatest(first, start_ms, end_ms, latest));
    for (size_t i = 0; i < latest.size(); ++i) {
      storage::SampleBuffer samples;
      ASSERT_TRUE((*set)->Read(first + i, start_ms, end_ms, samples));
      if (samples.values.empty()) {
        EXPECT_EQ(latest[i].timestamp_ms, storage::SeriesSet::kNoSample);
      } else {
        EXPECT_EQ(latest[i].timestamp_ms, samples.timestamps_ms.back());
        EXPECT_EQ(std::bit_cast<uint64_t>(latest[i].value),
                  std::bit_cast<uint64_t>(samples.values.back()));
      }
    }
  }
}

TEST_F(BlockQuerierTest, GroupByAgreesWithTheDefault) {
  const Model model = RandomModel(random_, 300, 3);
  const auto block = MakeBlock(model);
  BlockQuerier querier(block, kBlockStartMs, kEndMs);
  const auto set = *querier.Select(AnySeries(), {kBlockStartMs, kEndMs, 0, 0});
  const std::vector<std::vector<std::string>> name_lists = {
      {}, {"job"}, {"zone", "job"}, {"nosuch", "le"}, {"__name__"}, {"instance", "path", "le"}};
  for (const auto& names : name_lists) {
    for (const bool without : {false, true}) {
      const auto grouping = set->GroupBy(names, without);
      const auto expected = set->storage::SeriesSet::GroupBy(names, without);
      EXPECT_EQ(grouping.group_of_series, expected.group_of_series);
      EXPECT_EQ(grouping.group_labels, expected.group_labels);
    }
  }
}

TEST_F(BlockQuerierTest, LabelNamesAndValuesAgreeWithTheModel) {
  const Model model = RandomModel(random_, 400, 2);
  const auto block = MakeBlock(model);
  BlockQuerier querier(block, kBlockStartMs, kEndMs);
  const std::vector<std::vector<Matcher>> selections = {{},
                                                        {Match(kEqual, "job", "node")},
                                                        {Match(kRegex, "instance", ".*7:9100")},
                                                        {Match(kEqual, "job", "nosuch")}};
  for (const auto& matchers : selections) {
    std::set<std::string> names;
    std::map<std::string, std::set<std::string>> values;
    for (const auto& [labels, samples] : model) {
      if (!std::ranges::all_of(matchers, [&](const Matcher& m) { return m.Matches(labels); })) {
        continue;
      }
      for (const LabelView label : labels) {
        names.emplace(label.name);
        values[std::string(label.name)].emplace(label.value);
      }
    }
    EXPECT_EQ(*querier.LabelNames(matchers, 0), std::vector(names.begin(), names.end()));
    EXPECT_EQ(querier.LabelNames(matchers, 2)->size(), std::min<size_t>(2, names.size()));
    for (const std::string name : {"instance", "job", "__name__", "le", "nosuch", ""}) {
      const auto& expected = values[name];
      const std::vector<std::string> list(expected.begin(), expected.end());
      EXPECT_EQ(*querier.LabelValues(name, matchers, 0), list) << name;
      EXPECT_EQ(querier.LabelValues(name, matchers, 3)->size(), std::min<size_t>(3, list.size()));
    }
  }
}

TEST_F(BlockQuerierTest, OutsideOfTheBlockThereIsNothing) {
  const auto block = MakeBlock(RandomModel(random_, 20, 20));
  BlockQuerier querier(block, kBlockEndMs, kBlockEndMs + 1000);
  EXPECT_EQ((*querier.Select(AnySeries(), {}))->size(), 0u);
  EXPECT_THAT(*querier.LabelNames({}, 0), IsEmpty());
  EXPECT_THAT(*querier.LabelValues("job", {}, 0), IsEmpty());
  EXPECT_FALSE(block->Overlaps(kBlockEndMs, kBlockEndMs + 1));
  EXPECT_TRUE(block->Overlaps(kEndMs, kEndMs));
  EXPECT_FALSE(block->Overlaps(kBlockStartMs - 5, kBlockStartMs - 1));
}

TEST_F(BlockQuerierTest, DeletedSamplesAreGoneForNewQueriersAndAfterReopening) {
  Model model = RandomModel(random_, 100, 400);
  const auto block = MakeBlock(model);
  BlockQuerier before(block, kBlockStartMs, kEndMs);
  for (int round = 0; round < 8; ++round) {
    const auto start_ms = kBlockStartMs + static_cast<int64_t>(random_() % 7'200'000);
    const auto end_ms =
        round == 0 ? INT64_MAX : start_ms + static_cast<int64_t>(random_() % 900'000);
    const std::vector matchers = {Match(kEqual, "__name__", fmt::format("metric_{}", round))};
    const auto count = block->Delete(matchers, start_ms, end_ms);
    ASSERT_TRUE(count.ok());
    for (auto& [labels, samples] : model) {
      if (!matchers.front().Matches(labels)) continue;
      samples.erase(samples.lower_bound(start_ms), samples.upper_bound(end_ms));
    }
  }
  std::erase_if(model, [](const auto& entry) { return entry.second.empty(); });
  EXPECT_TRUE(*ReadModel(block) == model);
  EXPECT_FALSE(*ReadModel(before, AnySeries(), kBlockStartMs, kEndMs) == model);
  const auto again = BlockReader::Open(fs_, block->directory());
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(*ReadModel(*again) == model);
  EXPECT_EQ((*again)->meta()->stats.tombstone_count, block->tombstones()->size());
  EXPECT_GT(block->tombstones()->size(), 0u);
}

TEST_F(BlockQuerierTest, ReadChunksGivesTheStoredBytesUnlessSomethingIsDeleted) {
  Model model = RandomModel(random_, 20, 400);
  const auto block = MakeBlock(model);
  const std::vector matchers = {Match(kEqual, "job", "node")};
  const int64_t from_ms = kBlockStartMs + 200'000;
  const int64_t to_ms = kBlockStartMs + 900'000;
  ASSERT_TRUE(block->Delete(matchers, from_ms, to_ms).ok());
  BlockQuerier querier(block, kBlockStartMs, kEndMs);
  const auto set = *querier.Select(AnySeries(), {kBlockStartMs, kEndMs, 0, 0});
  for (size_t i = 0; i < set->size(); ++i) {
    Samples expected = model[set->LabelsOf(i)];
    const bool is_touched = matchers.front().Matches(set->LabelsOf(i));
    std::vector<storage::EncodedChunk> chunks;
    ASSERT_TRUE(set->ReadChunks(i, kBlockStartMs, kEndMs, chunks));
    if (is_touched) {
      expected.erase(expected.lower_bound(from_ms), expected.upper_bound(to_ms));
    } else {
      const auto written = EncodeSamples(expected);
      ASSERT_EQ(chunks.size(), written.size());
      for (size_t k = 0; k < chunks.size(); ++k) EXPECT_EQ(chunks[k].bytes, written[k].bytes);
    }
    storage::SampleBuffer samples;
    for (const storage::EncodedChunk& chunk : chunks) {
      ASSERT_TRUE(DecodeChunk(chunk.encoding, chunk.bytes, INT64_MIN, INT64_MAX, samples));
    }
    Samples read;
    for (size_t k = 0; k < samples.values.size(); ++k) {
      read[samples.timestamps_ms[k]] = std::bit_cast<uint64_t>(samples.values[k]);
    }
    EXPECT_EQ(read, expected);
  }
}

TEST_F(BlockQuerierTest, HistogramsAreCountedReadAndRewritten) {
  ASSERT_TRUE(fs_.CreateDirectories("/data"));
  const auto writer = *BlockWriter::Create(fs_, "/data", MakeTestUlid(2));
  const std::vector<std::string_view> symbols = {"__name__", "h"};
  ASSERT_TRUE(writer->AddSymbols(symbols));
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriter encoder(chunks);
  Histogram histogram;
  histogram.positive_spans = {{0, 2}};
  for (int i = 0; i < 50; ++i) {
    histogram.count = static_cast<uint64_t>(2 * i + 3);
    histogram.sum = i;
    histogram.positive_deltas = {i + 1, 1};
    encoder.Append(kBlockStartMs + i * 1000, histogram);
  }
  encoder.Append(kBlockStartMs + 60'000, 7.0);
  encoder.Finish();
  ASSERT_TRUE(writer->AddSeries(Labels{{"__name__", "h"}}, chunks));
  BlockMeta meta;
  meta.min_time_ms = kBlockStartMs;
  meta.max_time_ms = kBlockEndMs;
  ASSERT_TRUE(writer->Finish(meta).ok());
  const auto block = *BlockReader::Open(fs_, "/data/" + MakeTestUlid(2).ToString());
  EXPECT_EQ(block->meta()->stats.histogram_sample_count, 50u);
  EXPECT_EQ(block->meta()->stats.float_sample_count, 1u);
  EXPECT_TRUE(VerifyBlock(fs_, block->directory())->ok());
  ASSERT_TRUE(block->Delete(AnySeries(), kBlockStartMs + 10'000, kBlockStartMs + 19'000).ok());
  BlockQuerier querier(block, kBlockStartMs, kEndMs);
  const auto set = *querier.Select(AnySeries(), {});
  storage::SampleBuffer samples;
  ASSERT_TRUE(set->Read(0, kBlockStartMs, kEndMs, samples));
  ASSERT_EQ(samples.histograms.size(), 40u);
  EXPECT_EQ(samples.histograms[10].histogram->sum, 20);
  std::vector<storage::SeriesSet::Latest> latest(1);
  ASSERT_TRUE(set->ReadLatest(0, kBlockStartMs, kBlockStartMs + 15'500, latest));
  EXPECT_EQ(latest[0].timestamp_ms, kBlockStartMs + 9'000);
  EXPECT_EQ(latest[0].histogram->sum, 9);
  ASSERT_TRUE(set->ReadLatest(0, kBlockStartMs, kEndMs, latest));
  EXPECT_EQ(latest[0].value, 7.0);
  EXPECT_EQ(latest[0].histogram, nullptr);
  std::vector<storage::EncodedChunk> rewritten;
  ASSERT_TRUE(set->ReadChunks(0, kBlockStartMs, kEndMs, rewritten));
  std::vector<IntegerHistogramSample> integers;
  for (const storage::EncodedChunk& chunk : rewritten) {
    if (!IsIntegerHistogramEncoding(chunk.encoding)) continue;
    ASSERT_TRUE(
        DecodeIntegerHistograms(chunk.encoding, chunk.bytes, INT64_MIN, INT64_MAX, integers));
  }
  ASSERT_EQ(integers.size(), 40u);
  EXPECT_EQ(integers[10].histogram.count, 43u);
}

TEST_F(BlockQuerierTest, ChunksGoOnInTheNextFileWhenOneIsFull) {
  ASSERT_TRUE(fs_.CreateDirectories("/data"));
  const Model model = RandomModel(random_, 40, 300);
  const auto writer = *BlockWriter::Create(fs_, "/data", MakeTestUlid(3), {4096});
  const auto symbols = SymbolsOf(model);
  ASSERT_TRUE(writer->AddSymbols(std::vector<std::string_view>(symbols.begin(), symbols.end())));
  for (const auto& [labels, samples] : model) {
    ASSERT_TRUE(writer->AddSeries(labels, EncodeSamples(samples)));
  }
  BlockMeta meta;
  meta.min_time_ms = kBlockStartMs;
  meta.max_time_ms = kBlockEndMs;
  ASSERT_TRUE(writer->Finish(meta).ok());
  const auto block = *BlockReader::Open(fs_, "/data/" + MakeTestUlid(3).ToString());
  EXPECT_GT(block->chunks().segment_count(), 3u);
  EXPECT_LE(block->chunks().segment_bytes(0).size(), 4096u);
  EXPECT_TRUE(*ReadModel(block) == model);
}

TEST_F(BlockQuerierTest, FailureOfCompactionIsRemembered) {
  const auto block = MakeBlock(RandomModel(random_, 5, 5));
  ASSERT_TRUE(block->SetCompactionFailed());
  EXPECT_TRUE(block->meta()->compaction.has_failed);
  EXPECT_TRUE((*BlockReader::Open(fs_, block->directory()))->meta()->compaction.has_failed);
}

}  // namespace
}  // namespace tocsin::tsdb
