#include "tsdb/chunks/dense_chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "chunk_fixture.h"
#include "tsdb/chunks/bit_packing.h"

namespace tocsin::tsdb {
namespace {

struct Samples {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
};

Samples Regular(std::vector<double> values, int64_t interval_ms = 15'000) {
  Samples samples;
  for (size_t i = 0; i < values.size(); ++i) {
    samples.timestamps_ms.push_back(1'700'000'000'000 + static_cast<int64_t>(i) * interval_ms);
  }
  samples.values = std::move(values);
  return samples;
}

std::string EncodeChecked(const Samples& samples) {
  const std::string chunk =
      DenseEncode(samples.timestamps_ms.data(), samples.values.data(), samples.values.size());
  Samples out;
  EXPECT_TRUE(DenseDecodeChunk(chunk, out.timestamps_ms, out.values));
  EXPECT_EQ(out.timestamps_ms, samples.timestamps_ms);
  EXPECT_EQ(BitsOf(out.values), BitsOf(samples.values));
  EXPECT_EQ(DenseSampleCount(chunk).value_or(0), samples.values.size());
  return chunk;
}

TEST(BitPackingTest, EveryWidthRoundTripsAtEveryCount) {
  for (uint32_t width = 1; width <= kMaxPackedWidth; ++width) {
    std::mt19937_64 random(width);
    for (const size_t count : {1u, 7u, 8u, 9u, 63u, 120u, 127u, 128u}) {
      std::vector<uint64_t> values(count);
      for (uint64_t& value : values) value = random() & ((uint64_t{1} << width) - 1);
      std::string packed;
      PackBits(values.data(), count, width, packed);
      ASSERT_EQ(packed.size(), PackedBytes(count, width));
      std::vector<uint64_t> out(kUnpackBlock);
      UnpackBits(packed, count, width, out.data());
      out.resize(count);
      EXPECT_EQ(out, values) << width;
    }
  }
}

TEST(DenseChunkTest, BytesAreThoseOfTheFormatPage) {
  const Samples samples = {{1000, 2000, 3000, 4001}, {0.5, 1.0, 1.5, 2.5}};
  const std::string expected(
      "\x01\x04"                  // Decimals, four samples.
      "\xd0\x0f\xd0\x0f\x01\x00"  // 1000, +1000, one bit a change, from 0 on.
      "\x02"                      // Changes 0 and 1.
      "\x01\x0a\x05\x02\x01\x04"  // Tenths: 5, by fives, deltas from 1 on, one bit: 0 0 1.
      "\x00",                     // No exceptions.
      16);
  EXPECT_EQ(EncodeChecked(samples), expected);
}

TEST(DenseChunkTest, ConstantsAndCountersAreSmall) {
  EXPECT_LE(EncodeChecked(Regular(std::vector<double>(120, 42))).size(), 22u);
  EXPECT_LE(EncodeChecked(Regular(std::vector<double>(120, std::sqrt(2)))).size(), 24u);
  std::vector<double> line;
  std::vector<double> counter;
  std::vector<double> pages;
  for (int i = 0; i < 120; ++i) {
    line.push_back(i * 7);
    counter.push_back((100'000 + i * 1500 + i % 5) / 100.0);
    pages.push_back(4096.0 * (1000 + i % 7));
  }
  EXPECT_LE(EncodeChecked(Regular(line)).size(), 24u);
  EXPECT_LE(EncodeChecked(Regular(counter)).size(), 24u + 120 * 3 / 8 + 1);
  EXPECT_LE(EncodeChecked(Regular(pages)).size(), 24u + 120 * 3 / 8 + 1);
}

TEST(DenseChunkTest, OddValuesAreExceptions) {
  std::vector<double> values;
  for (int i = 0; i < 120; ++i) values.push_back(i);
  const size_t plain_size = EncodeChecked(Regular(values)).size();
  values[0] = -0.0;
  values[1] = kNormalNan;
  values[60] = INFINITY;
  values[119] = kStaleNan;
  EXPECT_LE(EncodeChecked(Regular(values)).size(), plain_size + 4 * 9 + 60);
}

TEST(DenseChunkTest, EveryKindOfValueAndTimeIsExact) {
  for (uint64_t seed = 0; seed < 600; ++seed) {
    std::mt19937_64 random(seed);
    Samples samples;
    auto t = static_cast<int64_t>(random() >> (random() % 30 + 1)) - 1'000'000'000;
    const uint64_t kind = random() % 8;
    const auto jitter = random() % 4;
    double value = static_cast<double>(random() % 1000);
    const size_t count = 1 + random() % 300;
    for (size_t i = 0; i < count; ++i) {
      t += jitter == 0   ? 15'000
           : jitter == 1 ? 15'000 + static_cast<int64_t>(random() % 5)
                         : 1 + static_cast<int64_t>(random() >> (20 + random() % 40));
      if (kind == 1) value += static_cast<double>(random() % 100);
      if (kind == 2) value = static_cast<double>(random() % 100'000) / 100;
      if (kind == 3) value = std::bit_cast<double>(random());
      if (kind == 4) value = random() % 10 == 0 ? kStaleNan : static_cast<double>(i);
      if (kind == 5) value = static_cast<double>(random()) * 1e-3;
      if (kind == 6) value = static_cast<double>(random() % 3) * 1e300 - 1e299;
      if (kind == 7) value = static_cast<double>(random() >> 12) / 1e15;
      samples.timestamps_ms.push_back(t);
      samples.values.push_back(value);
    }
    SCOPED_TRACE(seed);
    EncodeChecked(samples);
  }
}

TEST(DenseChunkTest, TimesAtTheEndsOfTheirRange) {
  EncodeChecked({{kMinMs, -1, 0, kMaxMs}, {1, 2, 3, 4}});
  EncodeChecked({{kMinMs, kMaxMs}, {1, 2}});
  EncodeChecked({{0}, {-0.0}});
}

TEST(DenseChunkTest, DamageIsFoundOrHarmless) {
  for (const bool is_decimal : {true, false}) {
    Samples samples;
    for (int i = 0; i < 150; ++i) {
      samples.timestamps_ms.push_back(i * 1000 + i % 3);
      samples.values.push_back(is_decimal ? i * i % 77 : std::sqrt(i));
    }
    samples.values[3] = kStaleNan;
    const std::string chunk = EncodeChecked(samples);
    ForEachDamage(chunk, 3, [&](const std::string& bytes) {
      Samples out;
      const Status status = DenseDecodeChunk(bytes, out.timestamps_ms, out.values);
      if (bytes.size() < chunk.size()) {
        EXPECT_FALSE(status) << bytes.size();
        EXPECT_TRUE(out.values.empty() && out.timestamps_ms.empty());
      }
    });
  }
}

}  // namespace
}  // namespace tocsin::tsdb
