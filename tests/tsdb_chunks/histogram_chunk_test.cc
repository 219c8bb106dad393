#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chunk_fixture.h"
#include "tsdb/chunks/histogram_decoder.h"
#include "tsdb/chunks/histogram_encoder.h"
#include "tsdb/chunks/varbit.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(VarbitTest, BitsAreThoseOfPrometheus) {
  const struct {
    int64_t value;
    std::string bits;
  } cases[] = {
      {0, "0"},
      {1, "10 001"},
      {-3, "10 101"},
      {4, "10 100"},
      {-4, "110 111100"},
      {32, "110 100000"},
      {33, "1110 000100001"},
      {256, "1110 100000000"},
      {257, "11110 000100000001"},
      {2048, "11110 100000000000"},
      {2049, "111110 000000100000000001"},
      {131072, "111110 100000000000000000"},
      {131073, "1111110 0000000100000000000000001"},
      {16777217, "11111110" + BitsText(16777217, 56)},
      {int64_t{1} << 55, "11111110" + BitsText(uint64_t{1} << 55, 56)},
      {(int64_t{1} << 55) + 1, "11111111" + BitsText((uint64_t{1} << 55) + 1, 64)},
      {kMinMs, "11111111" + BitsText(uint64_t{1} << 63, 64)},
  };
  for (const auto& item : cases) {
    BitBuffer buffer;
    PutVarbitInt(buffer, item.value);
    std::string bytes;
    buffer.AppendTo(bytes);
    EXPECT_EQ(bytes, FromBits(item.bits)) << item.value;
    BitReader reader(bytes);
    EXPECT_EQ(ReadVarbitInt(reader), item.value);
  }
}

TEST(VarbitTest, UnsignedBitsAreThoseOfPrometheus) {
  const struct {
    uint64_t value;
    std::string bits;
  } cases[] = {{0, "0"},
               {7, "10 111"},
               {8, "110 001000"},
               {63, "110 111111"},
               {4095, "11110 111111111111"},
               {4096, "111110 000001000000000000"},
               {(uint64_t{1} << 56) - 1, "11111110" + BitsText((uint64_t{1} << 56) - 1, 56)},
               {~uint64_t{0}, "11111111" + BitsText(~uint64_t{0}, 64)}};
  for (const auto& item : cases) {
    BitBuffer buffer;
    PutVarbitUint(buffer, item.value);
    std::string bytes;
    buffer.AppendTo(bytes);
    EXPECT_EQ(bytes, FromBits(item.bits)) << item.value;
    BitReader reader(bytes);
    EXPECT_EQ(ReadVarbitUint(reader), item.value);
  }
}

Histogram Small(uint64_t count, int64_t first, int64_t second, double sum) {
  Histogram histogram;
  histogram.schema = 1;
  histogram.zero_threshold = 0x1p-128;
  histogram.zero_count = 2;
  histogram.count = count;
  histogram.sum = sum;
  histogram.positive_spans = {{-2, 2}};
  histogram.positive_deltas = {first, second - first};
  return histogram;
}

// Worked by hand from tsdb/docs/format/chunks.md.
TEST(HistogramChunkTest, BytesAreThoseOfPrometheus) {
  HistogramChunkEncoder encoder;
  ASSERT_TRUE(encoder.Append(1000, Small(5, 1, 2, 1.0)));
  ASSERT_TRUE(encoder.Append(1060, Small(9, 3, 4, 1.0)));
  ASSERT_TRUE(encoder.Append(1120, Small(13, 5, 6, 2.0)));
  const storage::EncodedChunk chunk = encoder.Finish();
  const std::string bits =
      // 0x1p-128 is 0.5 * 2^-127: exponent byte 116. Schema 1. One span of length 2 at -2. None.
      "01110100 10 001 10 001 10 010 10 110 0"
      // t 1000, count 5, zero count 2, sum 1.0, buckets 1 and +1.
      "11110 001111101000 10 101 10 010" +
      DoubleText(1.0) +
      "10 001 10 001"
      // t +60, count +4, zero count same, sum same, buckets +2 and 0.
      "1110 000111100 10 100 0 0 10 010 0"
      // All go on as before, but the sum: 2.0 XOR 1.0 is 0x7ff0 << 48: 1 leading zero, 11 bits.
      "0 0 0 11 00001 001011 11111111111 0 0";
  EXPECT_EQ(chunk.bytes, std::string("\0\3\0", 3) + FromBits(bits));
  EXPECT_EQ(chunk.encoding, 2);
  EXPECT_EQ(chunk.min_time_ms, 1000);
  EXPECT_EQ(chunk.max_time_ms, 1120);
}

TEST(HistogramChunkTest, FloatBytesAreThoseOfPrometheus) {
  FloatHistogramChunkEncoder encoder;
  FloatHistogram first = ToFloat(Small(5, 1, 2, 1.0));
  first.counter_reset_hint = CounterResetHint::kGauge;
  FloatHistogram second = first;
  second.positive_buckets[1] = 4;
  ASSERT_TRUE(encoder.Append(-1, first));
  ASSERT_TRUE(encoder.Append(0, second));
  const std::string bits = "01110100 10 001 10 001 10 010 10 110 0 10 111" + DoubleText(5) +
                           DoubleText(2) + DoubleText(1) + DoubleText(1) + DoubleText(2) +
                           // t +1; count, zero count, sum and the first bucket the same; 2 XOR 4 is
                           // 0x0010 << 48: 11 leading zeros, 1 bit.
                           "10 001 0 0 0 0 11 01011 000001 1";
  EXPECT_EQ(encoder.Finish().bytes, std::string("\0\2\xc0", 3) + FromBits(bits));
}

TEST(HistogramChunkTest, CustomBoundsAreThoseOfPrometheus) {
  Histogram histogram;
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  histogram.custom_values = {0.005, 1.0 / 3};
  HistogramChunkEncoder encoder;
  ASSERT_TRUE(encoder.Append(0, histogram));
  const std::string bytes = encoder.Finish().bytes;
  // Threshold 0, schema -53, no spans, two bounds: 5 thousandths + 1; plain. Then zeros.
  const std::string bits =
      "00000000 1110 111001011 0 0 10 010 10 110 0" + DoubleText(1.0 / 3) + "0 0 0" + DoubleText(0);
  EXPECT_EQ(bytes, std::string("\0\1\0", 3) + FromBits(bits));
  auto decoder = *HistogramDecoder<Histogram>::Open(bytes, false);
  ASSERT_TRUE(decoder.Next());
  EXPECT_EQ(decoder.Get().custom_values, histogram.custom_values);
}

TEST(HistogramChunkTest, StartTimestampsAreThoseOfPrometheus) {
  HistogramChunkEncoder encoder(/*stores_start_timestamps=*/true);
  const Histogram histogram = Small(5, 1, 2, 1.0);
  ASSERT_TRUE(encoder.Append(1000, histogram, 900));
  ASSERT_TRUE(encoder.Append(1060, histogram, 900));
  ASSERT_TRUE(encoder.Append(1120, histogram, 1000));
  ASSERT_TRUE(encoder.Append(1180, histogram, 1000));
  const storage::EncodedChunk chunk = encoder.Finish();
  const std::string bits =
      "01110100 10 001 10 001 10 010 10 110 0 11110 001111101000 10 101 10 010" + DoubleText(1.0) +
      "10 001 10 001"
      // varint(1000 - 900) is 200: c8 01.
      "11001000 00000001"
      "1110 000111100 0 0 0 0 0"
      // The first change at index 2: 1060 - 1000. Then 1120 - 1000, 60 more.
      "0 0 0 0 0 0 1110 000111100"
      "0 0 0 0 0 0 1110 000111100";
  EXPECT_EQ(chunk.bytes, std::string("\0\4\x82", 3) + FromBits(bits));
  EXPECT_EQ(chunk.encoding, 5);
  std::vector<int64_t> starts;
  for (const auto& sample : Decode(chunk).histograms) starts.push_back(sample.start_timestamp_ms);
  EXPECT_THAT(starts, ElementsAre(900, 900, 1000, 1000));
}

TEST(HistogramChunkTest, HeadersGiveTheHintsOfPrometheus) {
  const struct {
    CounterResetHint given;
    CounterResetHint first;
    CounterResetHint second;
  } cases[] = {
      {CounterResetHint::kUnknown, CounterResetHint::kUnknown, CounterResetHint::kNotReset},
      {CounterResetHint::kNotReset, CounterResetHint::kUnknown, CounterResetHint::kNotReset},
      {CounterResetHint::kReset, CounterResetHint::kUnknown, CounterResetHint::kNotReset},
      {CounterResetHint::kGauge, CounterResetHint::kGauge, CounterResetHint::kGauge}};
  for (const auto& item : cases) {
    for (const bool has_starts : {false, true}) {
      HistogramChunkEncoder encoder(has_starts);
      Histogram histogram = CounterAt(0);
      histogram.counter_reset_hint = item.given;
      ASSERT_TRUE(encoder.Append(0, histogram));
      histogram = CounterAt(1);
      histogram.counter_reset_hint =
          item.given == CounterResetHint::kGauge ? item.given : CounterResetHint::kUnknown;
      ASSERT_TRUE(encoder.Append(1, histogram));
      const auto samples = Decode(encoder.Finish()).histograms;
      ASSERT_EQ(samples.size(), 2u);
      EXPECT_EQ(samples[0].histogram->counter_reset_hint, item.first);
      EXPECT_EQ(samples[1].histogram->counter_reset_hint, item.second);
    }
  }
}

TEST(HistogramChunkTest, DamageIsFoundOrHarmless) {
  HistogramChunkEncoder integers(/*stores_start_timestamps=*/true);
  FloatHistogramChunkEncoder floats;
  for (int i = 0; i < 20; ++i) {
    const Histogram histogram = CounterAt(static_cast<uint64_t>(i));
    ASSERT_TRUE(integers.Append(i * 15'000, histogram, 7));
    ASSERT_TRUE(floats.Append(i * 15'000, ToFloat(histogram)));
  }
  for (const storage::EncodedChunk& chunk : {integers.Finish(), floats.Finish()}) {
    ForEachDamage(chunk.bytes, 1, [&](const std::string& bytes) {
      storage::SampleBuffer out;
      const Status status = DecodeChunk(chunk.encoding, bytes, kMinMs, kMaxMs, out);
      if (bytes.size() < chunk.bytes.size()) {
        EXPECT_FALSE(status) << bytes.size();
        EXPECT_TRUE(out.histograms.empty());
      }
    });
  }
}

TEST(HistogramChunkTest, FewBytesCannotClaimMuchMemory) {
  // 65,535 samples, threshold 0, schema 0, 4,000 empty spans.
  BitBuffer buffer;
  buffer.Put(0, 8);
  PutVarbitInt(buffer, 0);
  PutVarbitUint(buffer, 4000);
  for (int i = 0; i < 40'000; ++i) buffer.Put(0, 64);
  std::string bytes("\xff\xff\0", 3);
  buffer.AppendTo(bytes);
  storage::SampleBuffer out;
  const Status status = DecodeChunk(2, bytes, kMinMs, kMaxMs, out);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("65535 samples with 4000 spans"));
}

}  // namespace
}  // namespace tocsin::tsdb
