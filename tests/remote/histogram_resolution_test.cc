#include "remote/histogram_resolution.h"

#include <gmock/gmock.h>

#include "remote/histogram_message.h"

namespace tocsin::remote {
namespace {

using testing::ElementsAre;

TEST(HistogramResolutionTest, MergesNeighboursOfFinerSchemas) {
  FloatHistogram histogram;
  histogram.schema = 9;
  histogram.positive_spans = {{-1, 3}, {1, 2}};  // Buckets -1 0 1, 3 4: coarser 0 0 1, 2 2.
  histogram.positive_buckets = {1, 2, 3, 4, 5};
  ReduceResolution(histogram);
  EXPECT_EQ(histogram.schema, 8);
  EXPECT_THAT(histogram.positive_spans, ElementsAre(HistogramSpan{0, 3}));
  EXPECT_THAT(histogram.positive_buckets, ElementsAre(3, 3, 9));
}

TEST(HistogramResolutionTest, MergesDeltasAndKeepsGaps) {
  Histogram histogram;
  histogram.schema = 10;
  histogram.negative_spans = {{1, 4}, {8, 1}};  // Buckets 1-4 become 1, 13 becomes 4.
  histogram.negative_deltas = {1, 1, 1, 1, -3};
  ReduceResolution(histogram);
  EXPECT_THAT(histogram.negative_spans, ElementsAre(HistogramSpan{1, 1}, HistogramSpan{2, 1}));
  EXPECT_THAT(histogram.negative_deltas, ElementsAre(10, -9));
}

TEST(HistogramResolutionTest, LeavesOthersAlone) {
  Histogram histogram;
  histogram.schema = 8;
  histogram.positive_spans = {{0, 2}};
  histogram.positive_deltas = {1, 1};
  ReduceResolution(histogram);
  EXPECT_THAT(histogram.positive_deltas, ElementsAre(1, 1));
  histogram.schema = 20;
  histogram.positive_deltas = {1};  // Does not agree with the spans.
  ReduceResolution(histogram);
  EXPECT_EQ(histogram.schema, 20);
}

TEST(HistogramMessageTest, FieldsMayComeUnpackedAndInAnyOrder) {
  // sum 1.0, positive deltas 1 and -1 unpacked, span {offset -1, length 2}, count_int 1.
  const std::string message("\x60\x02\x60\x01\x5a\x04\x08\x01\x10\x02\x08\x01\x78\x05", 14);
  const auto decoded = DecodeHistogram(message);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->timestamp_ms, 5);
  const auto& histogram = std::get<Histogram>(decoded->histogram);
  EXPECT_EQ(histogram.count, 1u);
  EXPECT_THAT(histogram.positive_deltas, ElementsAre(1, -1));
  EXPECT_THAT(histogram.positive_spans, ElementsAre(HistogramSpan{-1, 2}));
}

TEST(HistogramMessageTest, CutAtAnyByteIsAnErrorOrFewerFields) {
  FloatHistogram histogram;
  histogram.count = 3;
  histogram.positive_spans = {{1, 2}, {3, 4}};
  histogram.positive_buckets = {1, 2, 3, 4, 5, 6};
  histogram.custom_values = {1, 2};
  std::string message;
  EncodeHistogram(1'700'000'000'000, histogram, message);
  for (size_t size = 0; size < message.size(); ++size) {
    const auto decoded = DecodeHistogram(std::string_view(message).substr(0, size));
    EXPECT_EQ(decoded ? "unexpected EOF" : decoded.error().message(), "unexpected EOF");
  }
  EXPECT_TRUE(DecodeHistogram(message));
}

}  // namespace
}  // namespace tocsin::remote
