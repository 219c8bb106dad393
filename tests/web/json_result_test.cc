#include "web/json_result.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "model/number_text.h"
#include "web/api_parameters.h"
#include "web/api_result.h"
#include "web/histogram_json.h"
#include "web/label_name_escaping.h"
#include "web/sample_text.h"

namespace tocsin::web {
namespace {

std::string SampleText(double value) {
  char text[kMaxSampleTextBytes];
  return std::string(text, WriteSampleText(text, value));
}

std::string ApiText(double value) {
  std::string text;
  AppendFloatApi(text, value);
  return text;
}

TEST(SampleTextTest, IsGosText) {
  const std::pair<double, const char*> cases[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {0.3, "0.3"},
      {123.4567, "123.4567"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {1e-6, "0.000001"},
      {1e-7, "1e-07"},
      {99, "99"},
      {100, "100"},
      {9007199254740993, "9007199254740992"},
      {1.0 / 3, "0.3333333333333333"},
      {2.5e-5, "0.000025"},
      {123456789012345678, "123456789012345680"},
      {0.30000000000000004, "0.30000000000000004"},
      {1234567890.1234, "1234567890.1234"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(SampleText(value), text);
  EXPECT_EQ(SampleText(NAN), "NaN");
  EXPECT_EQ(SampleText(INFINITY), "+Inf");
  EXPECT_EQ(SampleText(-INFINITY), "-Inf");
}

TEST(SampleTextTest, FastWaysAgreeWithTheGeneralOne) {
  std::mt19937_64 random(20260102);
  for (int i = 0; i < 200'000; ++i) {
    const auto bits = random();
    const double any = std::bit_cast<double>(bits);
    const double decimal = static_cast<double>(static_cast<int64_t>(bits >> 20)) /
                           std::pow(10, static_cast<double>(random() % 8));
    const double sum = static_cast<double>(random() % 1'000'000) * 0.1 + 0.2;
    for (const double value : {any, decimal, -decimal, sum}) {
      ASSERT_EQ(SampleText(value), ApiText(value)) << "bits " << std::bit_cast<uint64_t>(value);
    }
  }
}

std::string Write(promql::QueryResult result) {
  ResultJsonWriter writer(std::move(result), StatsDetail::kNone, {});
  std::string out;
  while (writer.Write(out)) {
  }
  return out;
}

TEST(ResultJsonWriterTest, GapsKeepTheirSteps) {
  promql::QueryResult result;
  promql::Matrix matrix;
  matrix.timestamps_ms = {0, 1'500, 3'000};
  matrix.series.push_back({Labels{{"a", "b"}}, {0, 2}, {1, 2}, {}});
  matrix.series.push_back({Labels(), {}, {1, 2, 3}, {}});
  result.value = matrix;
  EXPECT_EQ(Write(result),
            R"({"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[0,"1"],[3,"2"]]},)"
            R"({"metric":{},"values":[[0,"1"],[1.500,"2"],[3,"3"]]}]})");
}

TEST(ResultJsonWriterTest, ControlCharactersAreEscapedAndOtherBytesKept) {
  promql::QueryResult result;
  result.value = promql::InstantVector{
      {Labels{{"a", "\t\n\r\x01\x7f \\ \" é \xff </script>"}}, 0, 1, nullptr}};
  EXPECT_EQ(Write(result),
            "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"\\t\\n\\r\\u0001\x7f \\\\ "
            "\\\" é "
            "\xff </script>\"},\"value\":[0,\"1\"]}]}");
}

promql::HistogramPtr Share(FloatHistogram histogram) {
  return std::make_shared<const FloatHistogram>(std::move(histogram));
}

TEST(ResultJsonWriterTest, HistogramsStandBesideFloats) {
  FloatHistogram histogram;
  histogram.count = 3;
  histogram.sum = 4.5;
  promql::QueryResult result;
  promql::Matrix matrix;
  matrix.timestamps_ms = {1'000};
  matrix.series.push_back({Labels(), {}, {1}, {{2'000, Share(histogram)}}});
  matrix.series.push_back({Labels{{"x", "y"}}, {}, {}, {{2'000, Share(histogram)}}});
  result.value = matrix;
  EXPECT_EQ(Write(result),
            R"({"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]],"histograms":)"
            R"([[2,{"count":"3","sum":"4.5"}]]},{"metric":{"x":"y"},"histograms":)"
            R"([[2,{"count":"3","sum":"4.5"}]]}]})");
}

TEST(HistogramJsonTest, BucketsGoFromLowToHigh) {
  FloatHistogram histogram;
  histogram.schema = 1;
  histogram.count = 12;
  histogram.sum = -1;
  histogram.zero_threshold = 0.001;
  histogram.zero_count = 2;
  histogram.positive_spans = {{-1, 2}, {1, 1}};
  histogram.positive_buckets = {1, 0, 4};
  histogram.negative_spans = {{0, 2}};
  histogram.negative_buckets = {3, 2};
  std::string out;
  AppendHistogramJson(out, histogram);
  EXPECT_EQ(out, R"({"count":"12","sum":"-1","buckets":[[1,"-1.414213562373095","-1","2"],)"
                 R"([1,"-1","-0.7071067811865475","3"],[3,"-0.001","0.001","2"],)"
                 R"([0,"0.5","0.7071067811865475","1"],[0,"1.414213562373095","2","4"]]})");
}

TEST(HistogramJsonTest, CustomBucketsHaveTheirBounds) {
  FloatHistogram histogram;
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  histogram.count = 6;
  histogram.custom_values = {0.5, 1};
  histogram.positive_spans = {{0, 3}};
  histogram.positive_buckets = {1, 2, 3};
  std::string out;
  AppendHistogramJson(out, histogram);
  EXPECT_EQ(out, R"({"count":"6","sum":"0","buckets":[[3,"-Inf","0.5","1"],[0,"0.5","1","2"],)"
                 R"([0,"1","+Inf","3"]]})");
}

TEST(ApiResultTest, AnnotationsBeyondTenAreCounted) {
  ApiResult result = ApiResult::Json("[]");
  for (int i = 0; i < 12; ++i) result.warnings.push_back("w" + std::to_string(i));
  result.infos = {"<i>"};
  http::Response response;
  WriteApiResult(std::move(result), response);
  EXPECT_EQ(response.body,
            R"({"status":"success","data":[],"warnings":["w0","w1","w2","w3","w4","w5","w6","w7",)"
            R"("w8","w9","2 more warning annotations omitted"],"infos":["\u003ci\u003e"]})");
}

TEST(ApiResultTest, ErrorsHaveTheirStatus) {
  const std::tuple<ApiErrorType, int, const char*> cases[] = {
      {ApiErrorType::kBadData, 400, "bad_data"},
      {ApiErrorType::kExecution, 422, "execution"},
      {ApiErrorType::kCanceled, 499, "canceled"},
      {ApiErrorType::kTimeout, 503, "timeout"},
      {ApiErrorType::kInternal, 500, "internal"},
      {ApiErrorType::kNotFound, 404, "not_found"},
      {ApiErrorType::kNotAcceptable, 406, "not_acceptable"},
      {ApiErrorType::kUnavailable, 500, "unavailable"},
  };
  for (const auto& [type, status, name] : cases) {
    http::Response response;
    WriteApiResult(ApiError{type, "why"}, response);
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.body,
              std::string(R"({"status":"error","errorType":")") + name + R"(","error":"why"})");
  }
}

TEST(ApiParametersTest, ReadsTimes) {
  const std::pair<const char*, int64_t> cases[] = {
      {"0", 0},
      {"1.5", 1'500},
      {"-1.5", -1'500},
      {"1435781451.781", 1'435'781'451'781},
      {"1e3", 1'000'000},
      {"1.0006", 1'001},
      {"2015-07-01T20:10:51.781Z", 1'435'781'451'781},
      {"1970-01-01T00:00:00-01:00", 3'600'000},
      {"-292273086-05-16T16:47:06Z", kMinTimeMs},
      {"292277025-08-18T07:12:54.999999999Z", kMaxTimeMs},
      {"1e30", kMaxTimeMs},
  };
  for (const auto& [text, time_ms] : cases) {
    const auto parsed = ParseTimeMs(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, time_ms) << text;
  }
  for (const char* text : {"", "x", "2015-07-01", "5m", "12:30"}) EXPECT_FALSE(ParseTimeMs(text));
}

TEST(ApiParametersTest, ReadsDurations) {
  EXPECT_EQ(*ParseDurationNs("1.5"), 1'500'000'000);
  EXPECT_EQ(*ParseDurationNs("5m"), 300'000'000'000);
  EXPECT_EQ(*ParseDurationNs("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(ParseDurationNs("x").error().message(), "cannot parse \"x\" to a valid duration");
  EXPECT_EQ(ParseDurationNs("1e10").error().message(),
            "cannot parse \"1e10\" to a valid duration. It overflows int64");
}

TEST(LabelNameEscapingTest, UndoesEscapes) {
  const std::pair<const char*, const char*> cases[] = {
      {"job", "job"},
      {"U__", ""},
      {"U__a_2e_b", "a.b"},
      {"U__a__b", "a_b"},
      {"U___1f525_", "🔥"},
      {"U___1F525_x", "🔥x"},
      {"U__a_", "U__a_"},
      {"U__a_2e", "U__a_2e"},
      {"U__a_zz_", "U__a_zz_"},
      {"U__a_1234567_", "U__a_1234567_"},
      {"U__a_d800_", "U__a_d800_"},
  };
  for (const auto& [escaped, name] : cases) EXPECT_EQ(UnescapeLabelName(escaped), name);
}

TEST(LabelNameEscapingTest, ReplacesWhatVersionTwoDidNotAllow) {
  EXPECT_EQ(ReplaceNonLegacyCharacters("my.metric:é", true), "my_metric:_");
  EXPECT_EQ(ReplaceNonLegacyCharacters("1a:b", false), "_a_b");
}

}  // namespace
}  // namespace tocsin::web
