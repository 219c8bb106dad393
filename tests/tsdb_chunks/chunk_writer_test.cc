#include "tsdb/chunks/chunk_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "chunk_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;

std::vector<int> EncodingsOf(const std::vector<storage::EncodedChunk>& chunks) {
  std::vector<int> encodings;
  for (const auto& chunk : chunks) encodings.push_back(chunk.encoding);
  return encodings;
}

TEST(ChunkWriterTest, CutsFloatsAfter120Samples) {
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriter writer(chunks);
  for (int i = 0; i < 250; ++i) writer.Append(i, i);
  writer.Finish();
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[0].max_time_ms, 119);
  EXPECT_EQ(chunks[1].min_time_ms, 120);
  EXPECT_EQ(Decode(chunks[2]).values.size(), 10u);
  EXPECT_EQ(chunks[2].max_time_ms, 249);
}

TEST(ChunkWriterTest, MergesTheKindsOfABufferByTime) {
  storage::SampleBuffer samples;
  samples.timestamps_ms = {1, 2, 5};
  samples.values = {1, 2, 5};
  for (const int64_t t : {3, 4}) {
    samples.histograms.push_back(
        {t, std::make_shared<const FloatHistogram>(ToFloat(CounterAt(static_cast<uint64_t>(t)))),
         0});
  }
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriter writer(chunks);
  writer.Append(samples);
  writer.Append(6, CounterAt(6));
  writer.Finish();
  EXPECT_THAT(EncodingsOf(chunks), ElementsAre(1, 3, 1, 2));
  EXPECT_EQ(chunks[1].min_time_ms, 3);
  EXPECT_EQ(chunks[1].max_time_ms, 4);
}

TEST(ChunkWriterTest, CutsHistogramsAtResetsAndSizes) {
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriter writer(chunks);
  for (uint64_t i = 0; i < 300; ++i) writer.Append(static_cast<int64_t>(i), CounterAt(i % 200));
  writer.Finish();
  size_t total = 0;
  int resets = 0;
  for (const auto& chunk : chunks) {
    const auto samples = Decode(chunk).histograms;
    EXPECT_LE(samples.size(), 120u);
    total += samples.size();
    constexpr size_t kHeaderByte = 2;  // Its upper two bits: 10 is a reset.
    if ((static_cast<uint8_t>(chunk.bytes[kHeaderByte]) & 0xc0) == 0x80) ++resets;
  }
  EXPECT_EQ(total, 300u);
  EXPECT_EQ(resets, 1);
  EXPECT_EQ(chunks.size(), 3u);  // 120, 80, 100.
}

TEST(ChunkWriterTest, WritesTheEncodingsThatAreAskedFor) {
  std::vector<storage::EncodedChunk> chunks;
  for (const auto floats : {ChunkEncoding::kXor, ChunkEncoding::kXor2, ChunkEncoding::kDense}) {
    ChunkWriter writer(chunks, {.floats = floats,
                                .histograms_with_starts = floats == ChunkEncoding::kXor2,
                                .samples_per_chunk = 1000});
    for (int i = 0; i < 1000; ++i) writer.Append(i, i % 10, 7);
    for (int i = 1000; i < 1005; ++i) writer.Append(i, CounterAt(0), 7);
    writer.Finish();
  }
  EXPECT_THAT(EncodingsOf(chunks), ElementsAre(1, 2, 4, 5, 0xd1, 2));
  EXPECT_EQ(Decode(chunks[2]).start_timestamps_ms, std::vector<int64_t>(1000, 7));
  EXPECT_EQ(Decode(chunks[3]).histograms[4].start_timestamp_ms, 7);
  EXPECT_LT(chunks[4].bytes.size(), chunks[0].bytes.size());
}

}  // namespace
}  // namespace tocsin::tsdb
