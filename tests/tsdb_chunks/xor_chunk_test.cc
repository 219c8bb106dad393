#include "tsdb/chunks/xor_chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>

#include "base/varint.h"
#include "model/sample.h"

namespace tocsin::tsdb {
namespace {

struct Samples {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
};

std::vector<uint64_t> BitsOf(const std::vector<double>& values) {
  std::vector<uint64_t> bits;
  for (const double value : values) bits.push_back(std::bit_cast<uint64_t>(value));
  return bits;
}

// A chunk with header, its samples appended `step` at a time.
std::string Encode(const Samples& samples, size_t step) {
  XorCursor cursor;
  std::string chunk(kXorHeaderBytes, '\0');
  for (size_t at = 0; at < samples.values.size(); at += step) {
    const size_t count = std::min(step, samples.values.size() - at);
    std::string out(count * kMaxXorSampleBytes + 16, '\x55');
    const size_t whole = cursor.bit_count / 8;
    if (cursor.bit_count % 8 != 0) out[0] = chunk[kXorHeaderBytes + whole];
    XorAppend(cursor, samples.timestamps_ms.data() + at, samples.values.data() + at, count,
              out.data());
    chunk.resize(kXorHeaderBytes + whole);
    chunk.append(out, 0, cursor.byte_count() - whole);
  }
  chunk[0] = static_cast<char>(samples.values.size() >> 8);
  chunk[1] = static_cast<char>(samples.values.size());
  return chunk;
}

Samples RandomSamples(std::mt19937_64& random, size_t count) {
  Samples samples;
  auto timestamp_ms = static_cast<int64_t>(random() % 2'000'000'000'000);
  double value = static_cast<double>(random() % 1000);
  for (size_t i = 0; i < count; ++i) {
    switch (random() % 8) {
      case 0:
        timestamp_ms += 1 + static_cast<int64_t>(random() % 20'000);
        break;
      case 1:
        timestamp_ms += 1 + static_cast<int64_t>(random() % 10'000'000'000);
        break;
      default:
        timestamp_ms += 15'000;
        break;
    }
    switch (random() % 8) {
      case 0:
        value = std::bit_cast<double>(random());
        break;
      case 1:
        value = kStaleNan;
        break;
      case 2:
        value = 0.1 * static_cast<double>(random() % 100);
        break;
      case 3:
        break;
      default:
        value = static_cast<double>(random() % 1'000'000);
        break;
    }
    samples.timestamps_ms.push_back(timestamp_ms);
    samples.values.push_back(value);
  }
  return samples;
}

TEST(XorChunkTest, BytesAreThoseOfPrometheus) {
  // Worked by hand from tsdb/chunkenc/xor.go: t=1000 v=1, t=2000 v=1, t=3000 v=2.
  const std::string chunk = Encode({{1000, 2000, 3000}, {1.0, 1.0, 2.0}}, 3);
  // count 3; varint 2000; 0x3ff0000000000000; uvarint 1000; then bits:
  // 0 (same value); 0 (dod 0) 11 00001 001011 11111111111 (1.0 ^ 2.0 = 0x7ff0000000000000,
  // leading 1, 11 significant bits, trailing 52).
  const std::string expected(
      "\x00\x03"
      "\xd0\x0f"
      "\x3f\xf0\x00\x00\x00\x00\x00\x00"
      "\xe8\x07"
      "\x30\x97\xff\xc0",
      18);
  EXPECT_EQ(chunk, expected);
}

TEST(XorChunkTest, RandomSamplesRoundTripWhateverTheStep) {
  const uint64_t seed = 20260102;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const Samples samples = RandomSamples(random, 1 + random() % 300);
    const std::string whole = Encode(samples, samples.values.size());
    EXPECT_EQ(Encode(samples, 1), whole);
    EXPECT_EQ(Encode(samples, 7), whole);
    Samples decoded;
    ASSERT_TRUE(XorDecodeChunk(whole, decoded.timestamps_ms, decoded.values).ok());
    EXPECT_EQ(decoded.timestamps_ms, samples.timestamps_ms);
    EXPECT_EQ(BitsOf(decoded.values), BitsOf(samples.values));
    EXPECT_EQ(XorFirstTimestamp(std::string_view(whole).substr(2)), samples.timestamps_ms[0]);
  }
}

TEST(XorChunkTest, ExtremeTimestampsAndValuesRoundTrip) {
  const Samples samples = {
      {std::numeric_limits<int64_t>::min(), -1, 0, std::numeric_limits<int64_t>::max()},
      {0.0, -0.0, std::numeric_limits<double>::infinity(), std::nan("")}};
  Samples decoded;
  ASSERT_TRUE(XorDecodeChunk(Encode(samples, 2), decoded.timestamps_ms, decoded.values).ok());
  EXPECT_EQ(decoded.timestamps_ms, samples.timestamps_ms);
  EXPECT_EQ(BitsOf(decoded.values), BitsOf(samples.values));
}

TEST(XorChunkTest, CursorAtEndContinuesTheChunk) {
  std::mt19937_64 random(7);
  const Samples samples = RandomSamples(random, 120);
  const std::string whole = Encode(samples, 120);
  for (size_t split = 1; split < 120; ++split) {
    const Samples head = {{samples.timestamps_ms.begin(), samples.timestamps_ms.begin() + split},
                          {samples.values.begin(), samples.values.begin() + split}};
    std::string chunk = Encode(head, split);
    auto cursor = XorCursorAtEnd(std::string_view(chunk).substr(kXorHeaderBytes), split);
    ASSERT_TRUE(cursor.ok());
    const size_t whole_bytes = cursor->bit_count / 8;
    std::string out((120 - split) * kMaxXorSampleBytes + 16, '\0');
    if (cursor->bit_count % 8 != 0) out[0] = chunk[kXorHeaderBytes + whole_bytes];
    XorAppend(*cursor, samples.timestamps_ms.data() + split, samples.values.data() + split,
              120 - split, out.data());
    chunk.resize(kXorHeaderBytes + whole_bytes);
    chunk.append(out, 0, cursor->byte_count() - whole_bytes);
    EXPECT_EQ(chunk.substr(2), whole.substr(2)) << "split at " << split;
  }
}

TEST(XorChunkTest, EveryTruncationIsCorruption) {
  std::mt19937_64 random(11);
  const std::string whole = Encode(RandomSamples(random, 120), 120);
  for (size_t size = 0; size < whole.size(); ++size) {
    Samples decoded;
    const auto status =
        XorDecodeChunk(whole.substr(0, size), decoded.timestamps_ms, decoded.values);
    ASSERT_FALSE(status.ok()) << size;
    EXPECT_EQ(status.error().code(), ErrorCode::kCorruption);
    EXPECT_TRUE(decoded.values.empty());
  }
}

TEST(XorChunkTest, CountBeyondTheBytesIsRefusedBeforeMemoryIsTaken) {
  Samples decoded;
  const std::string chunk = "\xff\xff\x01\x02";
  EXPECT_FALSE(XorDecodeChunk(chunk, decoded.timestamps_ms, decoded.values).ok());
  EXPECT_EQ(decoded.values.capacity(), 0u);
}

// Chunks that Prometheus wrote: each is decoded and encoded again, to the same bytes.
TEST(XorChunkTest, ChunksOfAPrometheusBlockComeOutTheSame) {
  std::ifstream file(TOCSIN_UPSTREAM_DIR "/prometheus/tsdb/testdata/index_format_v1/chunks/000001",
                     std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.empty()) GTEST_SKIP() << "skipped: no upstream test data in " TOCSIN_UPSTREAM_DIR;
  ByteReader reader(bytes);
  reader.ReadBytes(8);  // Magic, version, padding.
  size_t chunks = 0;
  while (reader.remaining() > 0) {
    const uint64_t size = reader.ReadUvarint();
    ASSERT_EQ(reader.ReadByte(), 1) << "encoding of chunk " << chunks;
    const std::string chunk(reader.ReadBytes(size));
    reader.ReadBE32();  // CRC.
    ASSERT_FALSE(reader.failed());
    Samples samples;
    ASSERT_TRUE(XorDecodeChunk(chunk, samples.timestamps_ms, samples.values).ok());
    std::string encoded = Encode(samples, samples.values.size());
    // This block is older than Prometheus 3, which no longer adds a byte when the bits end on one.
    if (encoded.size() + 1 == chunk.size()) encoded.push_back('\0');
    EXPECT_EQ(encoded, chunk);
    ++chunks;
  }
  EXPECT_GT(chunks, 0u);
}

}  // namespace
}  // namespace tocsin::tsdb
