// Blocks of blocks: what is copied, what is merged, what stays out.
#include "tsdb/compaction/block_compactor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>

#include "base/faulty_fs.h"
#include "tsdb/block/block_reader.h"
#include "tsdb/block/block_writer.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/chunks/chunk_writer.h"
#include "tsdb/compaction/block_stream.h"
#include "tsdb/compaction/convert.h"
#include "tsdb/compaction/plan.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

using Points = std::map<int64_t, double>;
using Series = std::map<std::string, Points>;  // By the value of the label `name`.

Ulid Numbered(uint8_t number) {
  std::array<uint8_t, 16> bytes{};
  bytes[15] = number;
  return Ulid(bytes);
}

Points Range(int64_t start_ms, int64_t end_ms, double value, int64_t step_ms = 1) {
  Points points;
  for (int64_t t = start_ms; t < end_ms; t += step_ms) points[t] = value;
  return points;
}

// A disk, and blocks on it.
class Workshop {
 public:
  Workshop() { EXPECT_TRUE(fs.CreateDirectories("/data").ok()); }

  std::shared_ptr<BlockReader> Make(uint8_t number, int64_t min_ms, int64_t max_ms,
                                    const Series& series) {
    auto writer = BlockWriter::Create(fs, "/data", Numbered(number)).value();
    std::vector<std::string_view> symbols = {"name"};
    for (const auto& [name, points] : series) symbols.push_back(name);
    std::ranges::sort(symbols);
    EXPECT_TRUE(writer->AddSymbols(symbols).ok());
    for (const auto& [name, points] : series) {
      std::vector<storage::EncodedChunk> chunks;
      ChunkWriter chunk_writer(chunks);
      for (const auto& [t, value] : points) chunk_writer.Append(t, value);
      chunk_writer.Finish();
      EXPECT_TRUE(writer->AddSeries(Labels({{"name", name}}), chunks).ok());
    }
    BlockMeta meta;
    meta.min_time_ms = min_ms;
    meta.max_time_ms = max_ms;
    meta.compaction.level = 1;
    EXPECT_TRUE(writer->Finish(meta).ok());
    return BlockReader::Open(fs, "/data/" + Numbered(number).ToString()).value();
  }

  BlockJob Job(const std::vector<std::shared_ptr<BlockReader>>& blocks) {
    std::vector<BlockMeta> parents;
    BlockJob job;
    job.directory = "/data";
    for (const auto& block : blocks) {
      parents.push_back(*block->meta());
      job.sources.push_back(std::make_unique<BlockStream>(block));
    }
    job.meta = CompactedMeta(Numbered(next_++), parents);
    return job;
  }

  std::shared_ptr<BlockReader> Merge(const std::vector<std::shared_ptr<BlockReader>>& blocks) {
    const auto written = WriteBlock(fs, Job(blocks)).value();
    return written ? BlockReader::Open(fs, "/data/" + written->ulid.ToString()).value() : nullptr;
  }

  static std::map<std::string, std::vector<storage::EncodedChunk>> ChunksOf(
      const std::shared_ptr<BlockReader>& block) {
    std::map<std::string, std::vector<storage::EncodedChunk>> result;
    BlockStream stream(block);
    while (stream.Next().value()) {
      auto& chunks = result[std::string(stream.labels().Get("name"))];
      for (const ChunkView& chunk : stream.chunks()) {
        chunks.push_back(
            {chunk.min_time_ms, chunk.max_time_ms, chunk.encoding, std::string(chunk.bytes)});
      }
    }
    return result;
  }

  static Series Read(const std::shared_ptr<BlockReader>& block) {
    Series series;
    for (const auto& [name, chunks] : ChunksOf(block)) {
      int64_t last_ms = INT64_MIN;
      for (const storage::EncodedChunk& chunk : chunks) {
        storage::SampleBuffer samples;
        EXPECT_TRUE(DecodeChunk(chunk.encoding, chunk.bytes, INT64_MIN, INT64_MAX, samples).ok());
        EXPECT_GT(samples.timestamps_ms.front(), last_ms) << "chunks overlap";
        last_ms = samples.timestamps_ms.back();
        for (size_t i = 0; i < samples.values.size(); ++i) {
          series[name][samples.timestamps_ms[i]] = samples.values[i];
        }
      }
    }
    return series;
  }

  FaultyFs fs;

 private:
  uint8_t next_ = 100;
};

TEST(BlockCompactorTest, ChunksThatDoNotOverlapAreCopied) {
  Workshop workshop;
  const auto first = workshop.Make(1, 0, 1000, {{"a", Range(0, 300, 1)}, {"b", Range(0, 10, 2)}});
  const auto second =
      workshop.Make(2, 1000, 2000, {{"a", Range(1000, 1010, 3)}, {"c", Range(1000, 1001, 4)}});
  const auto merged = workshop.Merge({first, second});
  const auto chunks = Workshop::ChunksOf(merged);
  auto expected = Workshop::ChunksOf(first)["a"];
  const auto more = Workshop::ChunksOf(second);
  for (const auto& chunk : more.at("a")) expected.push_back(chunk);
  ASSERT_EQ(chunks.at("a").size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(chunks.at("a")[i].bytes, expected[i].bytes);
  }
  EXPECT_THAT(chunks, SizeIs(3));
  const auto meta = merged->meta();
  EXPECT_EQ(meta->stats.sample_count, 321u);
  EXPECT_EQ(meta->stats.series_count, 3u);
  EXPECT_EQ(meta->min_time_ms, 0);
  EXPECT_EQ(meta->max_time_ms, 2000);
  EXPECT_EQ(meta->compaction.level, 2);
  EXPECT_THAT(meta->compaction.sources, ElementsAre(Numbered(1), Numbered(2)));
}

TEST(BlockCompactorTest, FloatsAreRecodedBitForBitAndBack) {
  Workshop workshop;
  Series series = {{"counter", {}}, {"constant", Range(0, 2000, 7)}, {"odd", {}}};
  std::mt19937_64 random(3);
  for (int64_t t = 0; t < 2000; ++t) {
    series["counter"][t] = static_cast<double>(t * 10 + static_cast<int64_t>(random() % 10));
    series["odd"][t] = t % 100 == 0 ? -0.0 : std::bit_cast<double>(random());
  }
  const auto plain = workshop.Make(1, 0, 2000, series);
  BlockJob to_dense = workshop.Job({plain});
  to_dense.floats = ChunkEncoding::kDense;
  const auto dense_meta = WriteBlock(workshop.fs, std::move(to_dense)).value();
  ASSERT_TRUE(dense_meta);
  const auto dense = BlockReader::Open(workshop.fs, "/data/" + dense_meta->ulid.ToString()).value();
  for (const auto& [name, chunks] : Workshop::ChunksOf(dense)) {
    EXPECT_LT(chunks.size(), 4u) << name;
    for (const auto& chunk : chunks) {
      EXPECT_EQ(chunk.encoding, static_cast<uint8_t>(ChunkEncoding::kDense));
    }
  }
  EXPECT_LT(dense->size_bytes(), plain->size_bytes());
  const auto bits = [](const Series& all) {
    std::map<std::string, std::vector<std::pair<int64_t, uint64_t>>> result;
    for (const auto& [name, points] : all) {
      for (const auto& [t, value] : points) {
        result[name].emplace_back(t, std::bit_cast<uint64_t>(value));
      }
    }
    return result;
  };
  EXPECT_EQ(bits(Workshop::Read(dense)), bits(series));

  BlockJob to_plain = workshop.Job({dense});
  to_plain.floats = ChunkEncoding::kXor;
  const auto again_meta = WriteBlock(workshop.fs, std::move(to_plain)).value();
  ASSERT_TRUE(again_meta);
  const auto again = BlockReader::Open(workshop.fs, "/data/" + again_meta->ulid.ToString()).value();
  const auto expected = Workshop::ChunksOf(plain);
  const auto found = Workshop::ChunksOf(again);
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, chunks] : expected) {
    ASSERT_EQ(found.at(name).size(), chunks.size()) << name;
    for (size_t i = 0; i < chunks.size(); ++i) {
      EXPECT_EQ(found.at(name)[i].bytes, chunks[i].bytes) << name << ", chunk " << i;
    }
  }
}

TEST(BlockCompactorTest, ADirectoryIsConvertedBlockByBlock) {
  Workshop workshop;
  const Series first = {{"a", Range(0, 500, 1)}};
  const Series second = {{"a", Range(500, 900, 2)}, {"b", Range(500, 600, 3)}};
  workshop.Make(1, 0, 500, first);
  workshop.Make(2, 500, 1000, second);
  const ManualClock clock(1'000'000);
  std::vector<ConvertedBlock> converted;
  ASSERT_TRUE(ConvertBlocks(workshop.fs, clock, "/data", ChunkEncoding::kDense,
                            [&](const ConvertedBlock& block) { converted.push_back(block); })
                  .ok());
  ASSERT_THAT(converted, SizeIs(2));
  EXPECT_THAT(workshop.fs.List("/data").value(), SizeIs(2));
  const auto one = BlockReader::Open(workshop.fs, converted[0].new_path).value();
  const auto two = BlockReader::Open(workshop.fs, converted[1].new_path).value();
  EXPECT_EQ(Workshop::Read(one), first);
  EXPECT_EQ(Workshop::Read(two), second);
  EXPECT_EQ(two->meta()->min_time_ms, 500);
  EXPECT_EQ(two->meta()->max_time_ms, 1000);
  EXPECT_EQ(two->meta()->compaction.level, 1);
}

TEST(BlockCompactorTest, OverlappingChunksAreMergedAndTheFirstSourceWins) {
  Workshop workshop;
  const auto first = workshop.Make(1, 0, 1000, {{"a", Range(0, 1000, 1, 2)}});
  const auto second = workshop.Make(2, 500, 1500, {{"a", Range(500, 1500, 2)}});
  const auto merged = workshop.Merge({first, second});
  Points expected = Range(0, 1000, 1, 2);
  expected.merge(Range(500, 1500, 2));
  EXPECT_EQ(Workshop::Read(merged).at("a"), expected);
  const auto merged_chunks = Workshop::ChunksOf(merged);
  for (const auto& chunk : merged_chunks.at("a")) {
    EXPECT_LE(ChunkSampleCount(chunk.encoding, chunk.bytes).value(), 120u);
  }
}

TEST(BlockCompactorTest, EqualChunksAreTakenOnce) {
  Workshop workshop;
  const auto first = workshop.Make(1, 0, 1000, {{"a", Range(0, 100, 1)}});
  const auto second = workshop.Make(2, 0, 1000, {{"a", Range(0, 100, 1)}});
  const auto chunks = Workshop::ChunksOf(workshop.Merge({first, second}))["a"];
  ASSERT_THAT(chunks, SizeIs(1));
  EXPECT_EQ(chunks[0].bytes, Workshop::ChunksOf(first)["a"][0].bytes);
}

TEST(BlockCompactorTest, DeletedSamplesStayOut) {
  Workshop workshop;
  const auto block = workshop.Make(
      1, 0, 1000, {{"a", Range(0, 500, 1)}, {"b", Range(0, 500, 1)}, {"c", Range(0, 500, 1)}});
  const Matcher a = Matcher::Equal("name", "a");
  const Matcher b = Matcher::Equal("name", "b");
  ASSERT_TRUE(block->Delete(std::span(&a, 1), 100, 399).ok());
  ASSERT_TRUE(block->Delete(std::span(&b, 1), 0, 1000).ok());
  const auto merged = workshop.Merge({block});
  Points expected = Range(0, 100, 1);
  expected.merge(Range(400, 500, 1));
  EXPECT_EQ(Workshop::Read(merged), (Series{{"a", expected}, {"c", Range(0, 500, 1)}}));
  EXPECT_TRUE(merged->tombstones()->empty());
}

TEST(BlockCompactorTest, NothingLeftMakesNoBlock) {
  Workshop workshop;
  const auto block = workshop.Make(1, 0, 1000, {{"a", Range(0, 500, 1)}});
  const Matcher a = Matcher::Equal("name", "a");
  ASSERT_TRUE(block->Delete(std::span(&a, 1), 0, 1000).ok());
  EXPECT_EQ(workshop.Merge({block}), nullptr);
  EXPECT_THAT(workshop.fs.List("/data").value(), SizeIs(1));
}

TEST(BlockCompactorTest, SamplesOutsideTheRangeStayOut) {
  Workshop workshop;
  const auto block = workshop.Make(1, 0, 1000, {{"a", Range(0, 500, 1)}});
  BlockJob job = workshop.Job({block});
  job.meta.min_time_ms = 200;
  job.meta.max_time_ms = 300;
  const auto written = WriteBlock(workshop.fs, std::move(job)).value();
  const auto cut = BlockReader::Open(workshop.fs, "/data/" + written->ulid.ToString()).value();
  EXPECT_EQ(Workshop::Read(cut).at("a"), Range(200, 300, 1));
}

TEST(BlockCompactorTest, RulesShortenSomeSeries) {
  Workshop workshop;
  const auto block = workshop.Make(1, 0, 1000, {{"a", Range(0, 500, 1)}, {"b", Range(0, 500, 1)}});
  const RetentionRules rules(
      {{{Matcher::Equal("name", "a")}, 600}, {{Matcher::Equal("name", "b")}, 10'000}});
  BlockJob job = workshop.Job({block});
  job.rules = &rules;
  job.now_ms = 1000;
  const auto written = WriteBlock(workshop.fs, std::move(job)).value();
  const auto cut = BlockReader::Open(workshop.fs, "/data/" + written->ulid.ToString()).value();
  EXPECT_EQ(Workshop::Read(cut), (Series{{"a", Range(400, 500, 1)}, {"b", Range(0, 500, 1)}}));
}

TEST(BlockCompactorTest, CancelLeavesNothingBehind) {
  Workshop workshop;
  const auto block = workshop.Make(1, 0, 1000, {{"a", Range(0, 500, 1)}});
  ManualClock clock;
  CancelToken cancel(clock);
  cancel.Cancel();
  BlockJob job = workshop.Job({block});
  job.cancel = &cancel;
  const auto written = WriteBlock(workshop.fs, std::move(job));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code(), ErrorCode::kCanceled);
  EXPECT_THAT(workshop.fs.List("/data").value(), SizeIs(1));
}

TEST(BlockCompactorTest, FailedWritesLeaveTheSourcesAlone) {
  for (uint64_t nth = 0; nth < 100; ++nth) {
    Workshop workshop;
    const Series series = {{"a", Range(0, 500, 1)}, {"b", Range(0, 500, 2)}};
    const auto block = workshop.Make(1, 0, 1000, series);
    workshop.fs.FailAt(nth, FaultyFs::Fault::kNoSpace);
    const auto written = WriteBlock(workshop.fs, workshop.Job({block}));
    workshop.fs.Heal();
    EXPECT_EQ(Workshop::Read(block), series);
    if (written) {
      EXPECT_GT(nth, 5u);
      return;
    }
    // When only the last sync failed the block is there, whole; half of one never is.
    const auto entries = workshop.fs.List("/data").value();
    for (const DirectoryEntry& entry : entries) {
      EXPECT_TRUE(BlockReader::Open(workshop.fs, "/data/" + entry.name).ok()) << nth;
      EXPECT_TRUE(Ulid::Parse(entry.name).ok()) << nth;
    }
  }
  FAIL() << "never succeeded";
}

TEST(BlockCompactorTest, HistogramsKeepTheirIntegers) {
  Workshop workshop;
  const auto make = [&](uint8_t number, int64_t start_ms) {
    auto writer = BlockWriter::Create(workshop.fs, "/data", Numbered(number)).value();
    const std::vector<std::string_view> symbols = {"a", "name"};
    EXPECT_TRUE(writer->AddSymbols(symbols).ok());
    std::vector<storage::EncodedChunk> chunks;
    ChunkWriter chunk_writer(chunks);
    for (int64_t t = start_ms; t < start_ms + 50; t += 5) {
      Histogram histogram;
      histogram.count = 3 + static_cast<uint64_t>(t);
      histogram.zero_count = static_cast<uint64_t>(t);
      histogram.sum = 1.5;
      histogram.positive_spans = {{0, 2}};
      histogram.positive_deltas = {1, 1};
      chunk_writer.Append(t, histogram);
    }
    chunk_writer.Finish();
    EXPECT_TRUE(writer->AddSeries(Labels({{"name", "a"}}), chunks).ok());
    BlockMeta meta;
    meta.max_time_ms = 1000;
    meta.compaction.level = 1;
    EXPECT_TRUE(writer->Finish(meta).ok());
    return BlockReader::Open(workshop.fs, "/data/" + Numbered(number).ToString()).value();
  };
  const auto merged = workshop.Merge({make(1, 0), make(2, 2)});
  std::vector<IntegerHistogramSample> samples;
  const auto chunks = Workshop::ChunksOf(merged);
  for (const auto& chunk : chunks.at("a")) {
    ASSERT_EQ(chunk.encoding, 2);
    ASSERT_TRUE(DecodeIntegerHistograms(chunk.encoding, chunk.bytes, 0, 1000, samples).ok());
  }
  ASSERT_THAT(samples, SizeIs(20));
  for (const IntegerHistogramSample& sample : samples) {
    EXPECT_EQ(sample.histogram.count, 3 + static_cast<uint64_t>(sample.timestamp_ms));
  }
}

// Many small random blocks against maps.
TEST(BlockCompactorTest, RandomBlocksMergeAsMapsDo) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Workshop workshop;
    std::vector<std::shared_ptr<BlockReader>> blocks;
    Series expected;
    for (uint8_t number = 1; number <= 4; ++number) {
      Series series;
      const int64_t start_ms = random() % 500;
      for (int i = 0; i < 6; ++i) {
        if (random() % 3 == 0) continue;
        Points& points = series[std::string(1, static_cast<char>('a' + i))];
        const int64_t first_ms = start_ms + random() % 300;
        for (int64_t t = first_ms; t < first_ms + 400; t += 1 + random() % 4) {
          points[t] = static_cast<double>(random());
        }
      }
      if (series.empty()) continue;
      blocks.push_back(workshop.Make(number, start_ms, start_ms + 1000, series));
      Series left = series;
      if (random() % 2 == 0) {
        const Matcher matcher = Matcher::Equal("name", "b");
        const int64_t from_ms = random() % 800;
        ASSERT_TRUE(blocks.back()->Delete(std::span(&matcher, 1), from_ms, from_ms + 100).ok());
        std::erase_if(left["b"], [&](const auto& point) {
          return point.first >= from_ms && point.first <= from_ms + 100;
        });
        if (left["b"].empty()) left.erase("b");
      }
      for (auto& [name, points] : left) expected[name].merge(points);
    }
    if (blocks.empty()) continue;
    EXPECT_EQ(Workshop::Read(workshop.Merge(blocks)), expected);
  }
}

}  // namespace
}  // namespace tocsin::tsdb
