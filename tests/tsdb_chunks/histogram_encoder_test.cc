#include "tsdb/chunks/histogram_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chunk_fixture.h"

namespace tocsin::tsdb {
namespace {

CounterResetHeader HeaderOf(const storage::EncodedChunk& chunk) {
  return HistogramChunkHeader::Read(chunk.bytes, false)->reset;
}

/// A counter with buckets at `spans`, `counts` in them.
Histogram With(std::vector<HistogramSpan> spans, const std::vector<int64_t>& counts) {
  Histogram histogram;
  histogram.positive_spans = std::move(spans);
  int64_t before = 0;
  for (const int64_t count : counts) {
    histogram.positive_deltas.push_back(count - before);
    histogram.count += static_cast<uint64_t>(count);
    before = count;
  }
  return histogram;
}

std::vector<double> CountsAt(const storage::EncodedChunk& chunk, size_t index) {
  return Decode(chunk).histograms.at(index).histogram->positive_buckets;
}

using Counts = std::vector<double>;
using Spans = std::vector<HistogramSpan>;

TEST(HistogramEncoderTest, NewBucketsRecodeTheChunk) {
  HistogramChunkEncoder encoder;
  // The layouts of the drawing in tsdb/chunkenc/histogram.go, expandIntSpansAndBuckets.
  const Spans before = {{0, 2}, {2, 1}, {3, 2}, {3, 1}, {1, 1}};
  const Spans after = {{0, 3}, {1, 1}, {1, 4}, {3, 3}};
  ASSERT_TRUE(encoder.Append(1, With(before, {6, 3, 3, 2, 4, 5, 1})));
  ASSERT_TRUE(encoder.Append(2, With(after, {6, 3, 0, 3, 0, 0, 2, 4, 5, 0, 1})));
  const storage::EncodedChunk chunk = encoder.Peek();
  EXPECT_EQ(encoder.sample_count(), 2u);
  EXPECT_EQ(Decode(chunk).histograms[0].histogram->positive_spans, after);
  EXPECT_EQ(CountsAt(chunk, 0), (Counts{6, 3, 0, 3, 0, 0, 2, 4, 5, 0, 1}));
  EXPECT_EQ(CountsAt(chunk, 1), (Counts{6, 3, 0, 3, 0, 0, 2, 4, 5, 0, 1}));
  // What a chunk begun with the wider layout would be.
  HistogramChunkEncoder direct;
  ASSERT_TRUE(direct.Append(1, With(after, {6, 3, 0, 3, 0, 0, 2, 4, 5, 0, 1})));
  ASSERT_TRUE(direct.Append(2, With(after, {6, 3, 0, 3, 0, 0, 2, 4, 5, 0, 1})));
  EXPECT_EQ(chunk.bytes, direct.Peek().bytes);
}

TEST(HistogramEncoderTest, EmptyBucketsOfTheChunkAreAddedToTheSample) {
  HistogramChunkEncoder encoder;
  ASSERT_TRUE(encoder.Append(1, With({{0, 3}}, {1, 0, 2})));
  ASSERT_TRUE(encoder.Append(2, With({{0, 1}, {1, 1}}, {1, 3})));
  EXPECT_EQ(CountsAt(encoder.Peek(), 1), (Counts{1, 0, 3}));
  EXPECT_EQ(Decode(encoder.Peek()).histograms[1].histogram->positive_spans, (Spans{{0, 3}}));
}

TEST(HistogramEncoderTest, BothMayGrowAtOnce) {
  HistogramChunkEncoder encoder;
  ASSERT_TRUE(encoder.Append(1, With({{0, 3}}, {1, 0, 2})));
  ASSERT_TRUE(encoder.Append(2, With({{0, 1}, {1, 2}}, {1, 3, 4})));
  EXPECT_EQ(CountsAt(encoder.Peek(), 0), (Counts{1, 0, 2, 0}));
  EXPECT_EQ(CountsAt(encoder.Peek(), 1), (Counts{1, 0, 3, 4}));
  EXPECT_EQ(Decode(encoder.Peek()).histograms[0].histogram->positive_spans, (Spans{{0, 4}}));
}

struct RefusalCase {
  const char* name;
  void (*change)(Histogram&);
  CounterResetHeader integer_header;
  CounterResetHeader float_header;
};

constexpr auto kReset = CounterResetHeader::kReset;
constexpr auto kUnknown = CounterResetHeader::kUnknown;

const RefusalCase kRefusals[] = {
    {"hint", [](Histogram& h) { h.counter_reset_hint = CounterResetHint::kReset; }, kReset, kReset},
    {"count", [](Histogram& h) { h.count = 1; }, kReset, kReset},
    {"zero count", [](Histogram& h) { h.zero_count = 1; }, kReset, kReset},
    {"schema", [](Histogram& h) { h.schema = 2; }, kUnknown, kUnknown},
    {"zero threshold", [](Histogram& h) { h.zero_threshold = 1; }, kUnknown, kUnknown},
    {"bucket", [](Histogram& h) { h.positive_deltas[1] = -1; }, kReset, kReset},
    {"negative bucket", [](Histogram& h) { h.negative_deltas[3] = -2; }, kReset, kReset},
    {"bucket gone",
     [](Histogram& h) {
       h.positive_spans = {{0, 2}};
       h.positive_deltas = {5, 5};
     },
     kReset, kReset},
    {"gauge", [](Histogram& h) { h.counter_reset_hint = CounterResetHint::kGauge; },
     CounterResetHeader::kGauge, CounterResetHeader::kGauge},
};

TEST(HistogramEncoderTest, WhatNeedsAChunkOfItsOwn) {
  for (const RefusalCase& item : kRefusals) {
    HistogramChunkEncoder encoder;
    FloatHistogramChunkEncoder floats;
    ASSERT_TRUE(encoder.Append(1, CounterAt(0)));
    ASSERT_TRUE(floats.Append(1, ToFloat(CounterAt(0))));
    Histogram next = CounterAt(1);
    item.change(next);
    EXPECT_FALSE(encoder.Append(2, next)) << item.name;
    EXPECT_FALSE(floats.Append(2, ToFloat(next))) << item.name;
    EXPECT_EQ(Decode(encoder.Finish()).histograms.size(), 1u);
    EXPECT_EQ(Decode(floats.Finish()).histograms.size(), 1u);
    ASSERT_TRUE(encoder.Append(2, next));
    ASSERT_TRUE(floats.Append(2, ToFloat(next)));
    EXPECT_EQ(HeaderOf(encoder.Peek()), item.integer_header) << item.name;
    EXPECT_EQ(HeaderOf(floats.Peek()), item.float_header) << item.name;
  }
}

TEST(HistogramEncoderTest, CustomBoundsThatDifferAreAReset) {
  Histogram histogram = With({{0, 2}}, {1, 2});
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  histogram.custom_values = {1, 2};
  HistogramChunkEncoder encoder;
  ASSERT_TRUE(encoder.Append(1, histogram));
  ASSERT_TRUE(encoder.Append(2, histogram));
  histogram.custom_values = {1, 3};
  EXPECT_FALSE(encoder.Append(3, histogram));
  (void)encoder.Finish();
  ASSERT_TRUE(encoder.Append(3, histogram));
  EXPECT_EQ(HeaderOf(encoder.Peek()), kReset);
}

TEST(HistogramEncoderTest, AFullChunkIsGoneOnAfterWithoutReset) {
  HistogramChunkEncoder encoder;
  ASSERT_TRUE(encoder.Append(1, CounterAt(0)));
  EXPECT_EQ(HeaderOf(encoder.Finish()), kUnknown);
  ASSERT_TRUE(encoder.Append(2, CounterAt(1)));
  EXPECT_EQ(HeaderOf(encoder.Finish()), CounterResetHeader::kNotReset);
  ASSERT_TRUE(encoder.Append(3, CounterAt(0)));
  EXPECT_EQ(HeaderOf(encoder.Finish()), kReset);
}

TEST(HistogramEncoderTest, GaugesGrowBothWaysAndNeverReset) {
  Histogram first = With({{0, 2}}, {5, 6});
  Histogram second = With({{1, 1}, {2, 1}}, {1, 2});
  first.counter_reset_hint = second.counter_reset_hint = CounterResetHint::kGauge;
  HistogramChunkEncoder encoder;
  ASSERT_TRUE(encoder.Append(1, first));
  ASSERT_TRUE(encoder.Append(2, second));
  EXPECT_EQ(CountsAt(encoder.Peek(), 0), (Counts{5, 6, 0}));
  EXPECT_EQ(CountsAt(encoder.Peek(), 1), (Counts{0, 1, 2}));
  EXPECT_EQ(Decode(encoder.Peek()).histograms[0].histogram->positive_spans,
            (Spans{{0, 2}, {2, 1}}));
  EXPECT_EQ(HeaderOf(encoder.Peek()), CounterResetHeader::kGauge);
}

TEST(HistogramEncoderTest, AfterAStaleMarkerOnlyMarkersFollow) {
  Histogram marker = CounterAt(3);
  marker.sum = kStaleNan;
  HistogramChunkEncoder encoder;
  ASSERT_TRUE(encoder.Append(1, CounterAt(0)));
  ASSERT_TRUE(encoder.Append(2, marker));
  ASSERT_TRUE(encoder.Append(3, marker));
  EXPECT_FALSE(encoder.Append(4, CounterAt(9)));
  const auto samples = Decode(encoder.Finish()).histograms;
  ASSERT_EQ(samples.size(), 3u);
  FloatHistogram bare;
  bare.sum = kStaleNan;
  EXPECT_TRUE(Same(*samples[1].histogram, bare));
  ASSERT_TRUE(encoder.Append(4, CounterAt(9)));
  EXPECT_EQ(HeaderOf(encoder.Peek()), kUnknown);
}

/// A random walk of layouts and counts: what is decoded has the counts that went in, whatever was
/// recoded on the way.
TEST(HistogramEncoderTest, RandomSeriesKeepTheirCounts) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<int64_t> counts(12);
    const bool is_gauge = random() % 2 == 0;
    HistogramChunkEncoder encoder(random() % 2 == 0);
    FloatHistogramChunkEncoder floats(random() % 2 == 0);
    std::vector<std::vector<int64_t>> expected;
    for (int i = 0; i < 60; ++i) {
      std::vector<int64_t> present;
      for (size_t k = 0; k < counts.size(); ++k) {
        if (random() % 6 == 0) counts[k] += static_cast<int64_t>(random() % 100);
        if (is_gauge && random() % 6 == 0) counts[k] = 0;
        if (counts[k] > 0 || random() % 4 == 0) present.push_back(static_cast<int64_t>(k) - 5);
      }
      std::vector<int64_t> values;
      for (const int64_t index : present) values.push_back(counts[static_cast<size_t>(index + 5)]);
      Histogram histogram = With(SpansOf(present), values);
      if (is_gauge) histogram.counter_reset_hint = CounterResetHint::kGauge;
      ASSERT_TRUE(encoder.Append(i, histogram, i / 7));
      ASSERT_TRUE(floats.Append(i, ToFloat(histogram), i / 7));
      expected.push_back(counts);
    }
    const bool keeps[] = {encoder.encoding() == 5, floats.encoding() == 6};
    const storage::EncodedChunk chunks[] = {encoder.Finish(), floats.Finish()};
    for (int kind = 0; kind < 2; ++kind) {
      const auto samples = Decode(chunks[kind]).histograms;
      ASSERT_EQ(samples.size(), expected.size()) << "seed " << seed;
      for (size_t i = 0; i < samples.size(); ++i) {
        const FloatHistogram& histogram = *samples[i].histogram;
        const std::vector<int64_t> indexes = BucketIndexes(histogram.positive_spans);
        std::vector<int64_t> found(counts.size());
        for (size_t k = 0; k < indexes.size(); ++k) {
          found[static_cast<size_t>(indexes[k] + 5)] =
              static_cast<int64_t>(histogram.positive_buckets[k]);
        }
        EXPECT_EQ(found, expected[i]) << "seed " << seed << " sample " << i;
        EXPECT_EQ(samples[i].start_timestamp_ms, keeps[kind] ? static_cast<int64_t>(i) / 7 : 0);
      }
    }
  }
}

TEST(HistogramEncoderTest, IsFullAfterTargetBytesButNotBelowTenSamples) {
  Histogram large = CounterAt(0);
  large.positive_spans = {{0, 400}};
  large.positive_deltas.assign(400, 0);
  large.positive_deltas[0] = 1000;
  large.count = 400'000 + 7;
  HistogramChunkEncoder encoder;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(encoder.is_full()) << i;
    for (size_t k = 0; k < 400; ++k) large.positive_deltas[k] += (k % 2 == 0) ? 70 * i : -70 * i;
    large.counter_reset_hint = CounterResetHint::kGauge;
    ASSERT_TRUE(encoder.Append(i, large));
  }
  EXPECT_GT(encoder.byte_count(), HistogramChunkEncoder::kTargetBytes);
  EXPECT_TRUE(encoder.is_full());
}

}  // namespace
}  // namespace tocsin::tsdb
