#include "exposition/protobuf_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "exposition/protobuf_page.h"
#include "exposition/protobuf_writer.h"

namespace tocsin::exposition {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const std::pair<double, double> kBuckets[] = {{0.5, 2}, {1, 3}, {kInfinity, 4}};

/// One family, written by `write`.
template <typename Write>
std::string Page(const ProtobufWriter::Family& family, Write write) {
  std::string page;
  ProtobufWriter writer(page);
  writer.BeginFamily(family);
  write(writer);
  writer.EndFamily();
  return page;
}

Histogram SomeHistogram() {
  Histogram histogram;
  histogram.schema = 3;
  histogram.count = 7;
  histogram.sum = 12.5;
  histogram.zero_threshold = 0.25;
  histogram.zero_count = 1;
  histogram.positive_spans = {{0, 2}, {3, 1}};
  histogram.positive_deltas = {2, 1, -2};
  return histogram;
}

TEST(ProtobufParserTest, ReadsSimpleMetrics) {
  const std::string page =
      Page({"a_total", "help", "", MetricType::kCounter},
           [](ProtobufWriter& w) {
             w.WriteValue({{"x", "y"}}, 1.5, {.timestamp_ms = 1234, .start_timestamp_ms = 500});
           }) +
      Page({"b", "", "", MetricType::kGauge}, [](ProtobufWriter& w) { w.WriteValue({}, -2, {}); }) +
      Page({"c", "", "", MetricType::kUnknown}, [](ProtobufWriter& w) { w.WriteValue({}, 3, {}); });
  const ProtobufEntries parsed = ParseProtobuf(page);
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(
      parsed.entries,
      ElementsAre("HELP a_total help", "TYPE a_total counter", "a_total{x=\"y\"} = 1.5 @ 1234",
                  "HELP b ", "TYPE b gauge", "b = -2", "HELP c ", "TYPE c unknown", "c = 3"));
  EXPECT_THAT(parsed.starts_ms, ElementsAre(500, 0, 0));
}

TEST(ProtobufParserTest, ReadsSummariesAsTheirSeries) {
  const std::pair<double, double> quantiles[] = {{0.5, 1}, {1, 2}};
  const std::string page = Page({"s", "", "", MetricType::kSummary}, [&](ProtobufWriter& w) {
    w.WriteSummary({{"x", "y"}}, {3, 4.5, quantiles}, {});
    w.WriteSummary({}, {1, 2, {}}, {});
  });
  EXPECT_THAT(ParseProtobuf(page).entries,
              ElementsAre("HELP s ", "TYPE s summary", "s_count{x=\"y\"} = 3",
                          "s_sum{x=\"y\"} = 4.5", "s{quantile=\"0.5\", x=\"y\"} = 1",
                          "s{quantile=\"1.0\", x=\"y\"} = 2", "s_count = 1", "s_sum = 2"));
}

TEST(ProtobufParserTest, ReadsClassicHistogramsAsTheirSeries) {
  const std::pair<double, double> open[] = {{0.5, 2}};
  const std::string page = Page({"h", "", "", MetricType::kHistogram}, [&](ProtobufWriter& w) {
    w.WriteClassicHistogram({}, {4, 9, kBuckets}, {});
    w.WriteClassicHistogram({{"x", "y"}}, {2.5, 1, open}, {});
  });
  EXPECT_THAT(
      ParseProtobuf(page).entries,
      ElementsAre("HELP h ", "TYPE h histogram", "h_count = 4", "h_sum = 9",
                  "h_bucket{le=\"0.5\"} = 2", "h_bucket{le=\"1.0\"} = 3",
                  "h_bucket{le=\"+Inf\"} = 4", "h_count{x=\"y\"} = 2.5", "h_sum{x=\"y\"} = 1",
                  "h_bucket{le=\"0.5\", x=\"y\"} = 2", "h_bucket{le=\"+Inf\", x=\"y\"} = 2.5"));
}

TEST(ProtobufParserTest, ReadsNativeHistograms) {
  const std::string page = Page({"h", "", "", MetricType::kHistogram}, [](ProtobufWriter& w) {
    w.WriteHistogram({{"x", "y"}}, SomeHistogram(), {.timestamp_ms = 99, .start_timestamp_ms = 5});
  });
  const ProtobufEntries parsed = ParseProtobuf(page);
  EXPECT_THAT(parsed.entries,
              ElementsAre("HELP h ", "TYPE h histogram", "h{x=\"y\"} = histogram @ 99"));
  ASSERT_EQ(parsed.histograms.size(), 1U);
  const Histogram& histogram = parsed.histograms[0];
  EXPECT_EQ(histogram.schema, 3);
  EXPECT_EQ(histogram.count, 7U);
  EXPECT_EQ(histogram.sum, 12.5);
  EXPECT_EQ(histogram.zero_threshold, 0.25);
  EXPECT_EQ(histogram.zero_count, 1U);
  EXPECT_THAT(histogram.positive_spans, ElementsAre(HistogramSpan{0, 2}, HistogramSpan{3, 1}));
  EXPECT_THAT(histogram.positive_deltas, ElementsAre(2, 1, -2));
  EXPECT_EQ(histogram.counter_reset_hint, CounterResetHint::kUnknown);
  EXPECT_THAT(parsed.starts_ms, ElementsAre(5));
}

TEST(ProtobufParserTest, ReadsFloatAndGaugeHistograms) {
  FloatHistogram histogram = ToFloat(SomeHistogram());
  histogram.negative_spans = {{-1, 1}};
  histogram.negative_buckets = {0.5};
  const std::string page = Page({"g", "", "", MetricType::kGaugeHistogram},
                                [&](ProtobufWriter& w) { w.WriteHistogram({}, histogram, {}); });
  const ProtobufEntries parsed = ParseProtobuf(page);
  ASSERT_EQ(parsed.float_histograms.size(), 1U);
  EXPECT_EQ(parsed.float_histograms[0].counter_reset_hint, CounterResetHint::kGauge);
  EXPECT_EQ(parsed.float_histograms[0].count, 7);
  EXPECT_THAT(parsed.float_histograms[0].negative_buckets, ElementsAre(0.5));
  EXPECT_THAT(parsed.float_histograms[0].negative_spans, ElementsAre(HistogramSpan{-1, 1}));
}

TEST(ProtobufParserTest, ASpanOfNoLengthMakesAnEmptyHistogramNative) {
  const std::string page = Page({"h", "", "", MetricType::kHistogram},
                                [](ProtobufWriter& w) { w.WriteHistogram({}, Histogram{}, {}); });
  const ProtobufEntries parsed = ParseProtobuf(page);
  ASSERT_EQ(parsed.histograms.size(), 1U);
  EXPECT_THAT(parsed.histograms[0].positive_spans, IsEmpty());
}

TEST(ProtobufParserTest, IgnoresNativeBucketsWhenAskedTo) {
  const std::string page = Page({"h", "", "", MetricType::kHistogram}, [](ProtobufWriter& w) {
    w.WriteHistogram({}, SomeHistogram(), {});
  });
  EXPECT_THAT(ParseProtobuf(page, {.reads_native_histograms = false}).entries,
              ElementsAre("HELP h ", "TYPE h histogram", "h_count = 7", "h_sum = 12.5",
                          "h_bucket{le=\"+Inf\"} = 7"));
}

TEST(ProtobufParserTest, ConvertsClassicHistograms) {
  const std::string page = Page({"h", "", "", MetricType::kHistogram}, [](ProtobufWriter& w) {
    w.WriteClassicHistogram({}, {4, 9, kBuckets}, {});
  });
  ProtobufOptions options;
  options.converts_classic_histograms = true;
  const ProtobufEntries converted = ParseProtobuf(page, options);
  EXPECT_THAT(converted.entries, ElementsAre("HELP h ", "TYPE h histogram", "h = histogram"));
  ASSERT_EQ(converted.histograms.size(), 1U);
  EXPECT_EQ(converted.histograms[0].schema, FloatHistogram::kCustomBucketsSchema);
  EXPECT_THAT(converted.histograms[0].custom_values, ElementsAre(0.5, 1));
  EXPECT_THAT(converted.histograms[0].positive_deltas, ElementsAre(2, -1, 0));
  options.keeps_classic_histograms = true;
  EXPECT_THAT(ParseProtobuf(page, options).entries,
              ElementsAre("HELP h ", "TYPE h histogram", "h = histogram", "h_count = 4",
                          "h_sum = 9", "h_bucket{le=\"0.5\"} = 2", "h_bucket{le=\"1.0\"} = 3",
                          "h_bucket{le=\"+Inf\"} = 4"));
}

TEST(ProtobufParserTest, ReadsExemplars) {
  const Exemplar timed = {{{"id", "t"}}, 0.4, 1500, true};
  const Exemplar untimed = {{{"id", "u"}}, 0.75, 0, false};
  const Exemplar both[] = {timed, untimed};
  const std::string counter = Page({"c", "", "", MetricType::kCounter}, [&](ProtobufWriter& w) {
    w.WriteValue({}, 1, {.exemplars = both});
  });
  ASSERT_EQ(ParseProtobuf(counter).exemplars.size(), 1U);
  EXPECT_EQ(ParseProtobuf(counter).exemplars[0].timestamp_ms, 1500);
  EXPECT_EQ(ParseProtobuf(counter).exemplars[0].labels, Labels({{"id", "t"}}));
  const std::string buckets = Page({"h", "", "", MetricType::kHistogram}, [&](ProtobufWriter& w) {
    w.WriteClassicHistogram({}, {4, 9, kBuckets}, {.exemplars = both});
  });
  EXPECT_EQ(ParseProtobuf(buckets).exemplars.size(), 2U);
  const std::string native = Page({"h", "", "", MetricType::kHistogram}, [&](ProtobufWriter& w) {
    w.WriteHistogram({}, SomeHistogram(), {.exemplars = both});
  });
  ASSERT_EQ(ParseProtobuf(native).exemplars.size(), 1U);  // Those of histograms need a time.
  EXPECT_EQ(ParseProtobuf(native).exemplars[0].value, 0.4);
}

TEST(ProtobufParserTest, ReadsUnits) {
  const auto write = [](ProtobufWriter& w) { w.WriteValue({}, 1, {}); };
  EXPECT_THAT(
      ParseProtobuf(Page({"a_bytes_total", "", "bytes", MetricType::kCounter}, write)).entries,
      ElementsAre("HELP a_bytes_total ", "UNIT a_bytes_total bytes", "TYPE a_bytes_total counter",
                  "a_bytes_total = 1"));
  EXPECT_THAT(ParseProtobuf(Page({"a_total", "", "bytes", MetricType::kCounter}, write)).error,
              HasSubstr("unit \"bytes\" not a suffix of counter \"a_total\""));
  EXPECT_THAT(ParseProtobuf(Page({"a", "", "bytes", MetricType::kGauge}, write)).error,
              HasSubstr("unit \"bytes\" not a suffix of metric \"a\""));
}

TEST(ProtobufParserTest, RefusesBadNamesAndTexts) {
  const auto write = [](ProtobufWriter& w) { w.WriteValue({}, 1, {}); };
  EXPECT_EQ(ParseProtobuf(Page({"a\xff", "", "", MetricType::kGauge}, write)).error,
            "invalid metric name: a\xff (message at byte 0)");
  EXPECT_EQ(ParseProtobuf(Page({"a", "\xff", "", MetricType::kGauge}, write)).error,
            "invalid help for metric \"a\": \xff (message at byte 0)");
  const auto label = [](ProtobufWriter& w) { w.WriteValue({{"x", "\xff"}}, 1, {}); };
  EXPECT_EQ(ParseProtobuf(Page({"a", "", "", MetricType::kGauge}, label)).error,
            "invalid label value: \xff");
}

TEST(ProtobufParserTest, SkipsFamiliesWithoutMetrics) {
  EXPECT_THAT(
      ParseProtobuf(Page({"a", "", "", MetricType::kGauge}, [](ProtobufWriter&) {})).entries,
      IsEmpty());
}

TEST(ProtobufParserTest, TruncationAtEveryByteIsRefusedOrEndsBetweenFamilies) {
  const auto write = [](ProtobufWriter& w) {
    w.WriteHistogram({{"x", "y"}}, SomeHistogram(), {.timestamp_ms = 99});
  };
  const std::string family = Page({"h", "help", "", MetricType::kHistogram}, write);
  for (size_t size = 0; size <= 2 * family.size(); ++size) {
    const ProtobufEntries parsed = ParseProtobuf((family + family).substr(0, size));
    EXPECT_EQ(parsed.error.empty(), size % family.size() == 0) << size;
    EXPECT_EQ(parsed.histograms.size(), size / family.size());
  }
}

TEST(ProtobufParserTest, AnyByteMayChange) {
  const Exemplar exemplar = {{{"id", "t"}}, 0.4, 1500, true};
  std::string page =
      Page({"h_bytes", "help", "bytes", MetricType::kHistogram}, [&](ProtobufWriter& w) {
        w.WriteHistogram({{"x", "y"}}, SomeHistogram(), {.exemplars = {&exemplar, 1}});
        w.WriteClassicHistogram({}, {4, 9, kBuckets}, {});
      });
  for (char& byte : page) {
    const char before = byte;
    for (int value = 0; value < 256; value += 3) {
      byte = static_cast<char>(value);
      ParseProtobuf(page);  // Whatever it says, it reads only what is there.
    }
    byte = before;
  }
  EXPECT_EQ(ParseProtobuf(page).error, "");
}

}  // namespace
}  // namespace tocsin::exposition
