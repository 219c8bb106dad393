#include "tsdb/chunks/xor2_chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chunk_fixture.h"

namespace tocsin::tsdb {
namespace {

// Worked by hand from the comment atop tsdb/chunkenc/xor2.go.
TEST(Xor2ChunkTest, BytesAreThoseOfPrometheus) {
  Xor2Encoder encoder;
  encoder.Append(1000, 1.0);
  encoder.Append(2000, 1.0);
  encoder.Append(3000, 1.0);        // In time, the same.
  encoder.Append(4000, 2.0);        // In time, another.
  encoder.Append(5000, kStaleNan);  // In time, stale.
  encoder.Append(6001, 2.0);        // 1 ms late, the same as before the marker.
  encoder.Append(6999, kStaleNan);  // -3 ms.
  encoder.Append(107'997, 3.0);     // 100 s late: 20 bits.
  const std::string bits = "11010000 00001111" + DoubleText(1.0) +
                           "11101000 00000111 0"
                           "0"
                           "10 1 00001 001011 11111111111"
                           "11111"
                           "110 0000000000001 0"
                           "110 1111111111101 111" +
                           "1110" + BitsText(100'000, 20) +
                           // 3.0 XOR 2.0 is bit 51: 12 leading zeros, 1 bit, outside the window.
                           "110 01100 000001 1";
  EXPECT_EQ(encoder.Bytes(), std::string("\0\10\0", 3) + FromBits(bits));
}

TEST(Xor2ChunkTest, StartTimestampsAreThoseOfPrometheus) {
  Xor2Encoder encoder;
  encoder.Append(1000, 1.0);
  encoder.Append(2000, 1.0, 500);
  encoder.Append(3000, 1.0, 1500);
  encoder.Append(4000, 1.0, 1500);
  const std::string bits = "11010000 00001111" + DoubleText(1.0) +
                           // Start: 1000 - 500, then 2000 - 1500 (the same), then 3000 - 1500.
                           "11101000 00000111 0 11110 000111110100"
                           "0 0"
                           "0 11110 001111101000";
  EXPECT_EQ(encoder.Bytes(), std::string("\0\4\1", 3) + FromBits(bits));
  storage::SampleBuffer out;
  ASSERT_TRUE(Xor2DecodeChunk(encoder.Bytes(), out));
  EXPECT_EQ(out.start_timestamps_ms, (std::vector<int64_t>{0, 500, 1500, 1500}));
}

TEST(Xor2ChunkTest, RandomSamplesRoundTrip) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    const bool has_starts = random() % 2 == 0;
    const bool has_late_starts = random() % 2 == 0;
    Xor2Encoder encoder;
    storage::SampleBuffer in;
    auto t = static_cast<int64_t>(random() % 1'000'000'000'000);
    double value = 1;
    int64_t start = has_starts && !has_late_starts ? t - 5 : 0;
    for (size_t i = 0; i < 1 + seed * 2; ++i) {
      t += random() % 4 == 0 ? 1 + static_cast<int64_t>(random() >> (random() % 40 + 24)) : 15'000;
      if (random() % 3 == 0) value = std::bit_cast<double>(random());
      if (random() % 3 == 0) value = static_cast<double>(random() % 1000);
      if (has_starts && random() % 9 == 0) start = t - static_cast<int64_t>(random() % 100'000);
      in.timestamps_ms.push_back(t);
      in.values.push_back(random() % 16 == 0 ? kStaleNan : value);
      in.start_timestamps_ms.push_back(start);
      encoder.Append(t, in.values.back(), start);
    }
    storage::SampleBuffer out;
    ASSERT_TRUE(Xor2DecodeChunk(encoder.Bytes(), out)) << seed;
    EXPECT_EQ(out.timestamps_ms, in.timestamps_ms) << seed;
    EXPECT_EQ(BitsOf(out.values), BitsOf(in.values)) << seed;
    if (out.start_timestamps_ms.empty()) out.start_timestamps_ms.resize(in.values.size());
    EXPECT_EQ(out.start_timestamps_ms, in.start_timestamps_ms) << seed;
  }
}

TEST(Xor2ChunkTest, StartsOfABufferGoOnThroughChunksWithout) {
  Xor2Encoder without;
  without.Append(1, 1);
  Xor2Encoder with;
  with.Append(2, 2, 1);
  storage::SampleBuffer out;
  ASSERT_TRUE(DecodeChunk(4, without.Bytes(), kMinMs, kMaxMs, out));
  EXPECT_TRUE(out.start_timestamps_ms.empty());
  ASSERT_TRUE(DecodeChunk(4, with.Bytes(), kMinMs, kMaxMs, out));
  ASSERT_TRUE(DecodeChunk(4, without.Bytes(), kMinMs, kMaxMs, out));
  EXPECT_EQ(out.start_timestamps_ms, (std::vector<int64_t>{0, 1, 0}));
}

TEST(Xor2ChunkTest, DamageIsFoundOrHarmless) {
  Xor2Encoder encoder;
  for (int i = 0; i < 60; ++i) encoder.Append(i * 1000 + i % 3, i * 0.1, i);
  const std::string chunk = encoder.Bytes();
  ForEachDamage(chunk, 2, [&](const std::string& bytes) {
    storage::SampleBuffer out;
    const Status status = Xor2DecodeChunk(bytes, out);
    if (bytes.size() < chunk.size()) {
      EXPECT_FALSE(status) << bytes.size();
      EXPECT_TRUE(out.values.empty() && out.timestamps_ms.empty());
    }
  });
}

}  // namespace
}  // namespace tocsin::tsdb
