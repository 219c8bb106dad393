#include "tsdb/chunks/chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chunk_fixture.h"
#include "tsdb/chunks/chunk_writer.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<storage::EncodedChunk> OneOfEachKind() {
  const std::vector<int64_t> times = {10, 20, 30, 40};
  const std::vector<double> values = {1, 2, 3, 4};
  const std::vector<int64_t> starts = {5, 5, 5, 25};
  std::vector<storage::EncodedChunk> chunks;
  for (const auto encoding : {ChunkEncoding::kXor, ChunkEncoding::kXor2, ChunkEncoding::kDense}) {
    chunks.push_back(EncodeFloats(encoding, times.data(), values.data(), starts.data(), 4));
  }
  for (const bool has_starts : {false, true}) {
    ChunkWriter writer(chunks, {.histograms_with_starts = has_starts});
    for (size_t i = 0; i < 4; ++i) writer.Append(times[i], CounterAt(i), starts[i]);
    writer.Finish();
    for (size_t i = 0; i < 4; ++i) writer.Append(times[i], ToFloat(CounterAt(i)), starts[i]);
    writer.Finish();
  }
  return chunks;
}

TEST(DecodeChunkTest, GivesTheSamplesInRange) {
  for (const storage::EncodedChunk& chunk : OneOfEachKind()) {
    SCOPED_TRACE(int{chunk.encoding});
    EXPECT_EQ(ChunkSampleCount(chunk.encoding, chunk.bytes).value_or(0), 4u);
    const struct {
      int64_t start_ms, end_ms;
      std::vector<int64_t> expected;
    } cases[] = {{kMinMs, kMaxMs, {10, 20, 30, 40}},
                 {10, 40, {10, 20, 30, 40}},
                 {11, 39, {20, 30}},
                 {40, 50, {40}},
                 {41, 50, {}},
                 {0, 9, {}},
                 {21, 29, {}}};
    for (const auto& item : cases) {
      storage::SampleBuffer out;
      out.timestamps_ms = {1};
      out.values = {1};
      ASSERT_TRUE(DecodeChunk(chunk.encoding, chunk.bytes, item.start_ms, item.end_ms, out));
      std::vector<int64_t> found(out.timestamps_ms.begin() + 1, out.timestamps_ms.end());
      EXPECT_EQ(out.values.size(), out.timestamps_ms.size());
      for (const auto& sample : out.histograms) found.push_back(sample.timestamp_ms);
      EXPECT_EQ(found, item.expected);
      if (!out.start_timestamps_ms.empty()) {
        EXPECT_EQ(out.start_timestamps_ms.size(), out.values.size());
      }
    }
  }
}

TEST(DecodeChunkTest, KeepsIntegersAsTheyAre) {
  for (const storage::EncodedChunk& chunk : OneOfEachKind()) {
    std::vector<IntegerHistogramSample> samples;
    const Status status = DecodeIntegerHistograms(chunk.encoding, chunk.bytes, 20, 30, samples);
    ASSERT_EQ(status.ok(), IsIntegerHistogramEncoding(chunk.encoding));
    if (!status) continue;
    ASSERT_EQ(samples.size(), 2u);
    EXPECT_EQ(samples[0].histogram.positive_deltas, CounterAt(1).positive_deltas);
    EXPECT_EQ(samples[1].histogram.count, CounterAt(2).count);
    EXPECT_EQ(samples[1].start_timestamp_ms, chunk.encoding == 5 ? 5 : 0);
  }
}

TEST(DecodeChunkTest, UnknownEncodingsAreRefused) {
  storage::SampleBuffer out;
  for (const uint8_t encoding : {0, 7, 0xd0, 0xff}) {
    const Status status = DecodeChunk(encoding, "abc", kMinMs, kMaxMs, out);
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message(), HasSubstr("invalid chunk encoding"));
    EXPECT_FALSE(ChunkSampleCount(encoding, "abc"));
    EXPECT_FALSE(IsKnownEncoding(encoding));
  }
  EXPECT_EQ(ChunkEncodingName(3), "floathistogram");
  EXPECT_EQ(ChunkEncodingName(99), "<unknown>");
}

}  // namespace
}  // namespace tocsin::tsdb
