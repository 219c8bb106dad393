#include <gmock/gmock.h>

#include "web_fixture.h"

namespace tocsin::web {
namespace {

using SeriesApiTest = WebFixture;

TEST_F(SeriesApiTest, SeriesListsLabelSets) {
  LoadSeries();
  EXPECT_EQ(Data("/series", {{"match[]", "up"}}),
            R"([{"__name__":"up","instance":"a:1","job":"api"},)"
            R"({"__name__":"up","instance":"b:1","job":"db"}])");
  EXPECT_EQ(Data("/series", {{"match[]", "nothing"}}), "[]");
}

TEST_F(SeriesApiTest, SeriesOfSeveralSelectorsComeOnceAndSorted) {
  LoadSeries();
  EXPECT_EQ(
      Data("/series", {{"match[]", "up"}, {"match[]", "{job=~\"api|x\"}"}, {"match[]", "temp"}}),
      R"([{"__name__":"temp","room":"<kitchen> & \"hall\""},)"
      R"({"__name__":"up","instance":"a:1","job":"api"},)"
      R"({"__name__":"up","instance":"b:1","job":"db"}])");
}

TEST_F(SeriesApiTest, SeriesOutsideTheRangeAreLeftOut) {
  LoadSeries();
  EXPECT_EQ(Data("/series", {{"match[]", "up"}, {"start", "991"}}), "[]");
  EXPECT_EQ(Data("/series", {{"match[]", "up"}, {"end", "989"}}), "[]");
}

TEST_F(SeriesApiTest, SelectorsAreRequiredAndMustSelect) {
  const std::pair<http::Fields, const char*> cases[] = {
      {{}, "400 bad_data: no match[] parameter provided"},
      {{{"match[]", "{}"}},
       R"(400 bad_data: invalid parameter \"match[]\": match[] must contain at least one non-empty matcher)"},
      {{{"match[]", "{a=\"\"}"}},
       R"(400 bad_data: invalid parameter \"match[]\": match[] must contain at least one non-empty matcher)"},
      {{{"match[]", "up["}},
       R"(400 bad_data: invalid parameter \"match[]\": 1:3: parse error: unexpected \"[\")"},
      {{{"match[]", "up"}, {"start", "x"}},
       R"(400 bad_data: invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp)"},
      {{{"match[]", "up"}, {"end", "x"}},
       R"(400 bad_data: invalid parameter \"end\": invalid time value for 'end': cannot parse \"x\" to a valid timestamp)"},
      {{{"match[]", "up"}, {"limit", "x"}},
       R"(400 bad_data: invalid parameter \"limit\": strconv.Atoi: parsing \"x\": invalid syntax)"},
  };
  for (const auto& [parameters, text] : cases) EXPECT_EQ(Refusal("/series", parameters), text);
}

TEST_F(SeriesApiTest, LimitsTruncateWithAWarning) {
  LoadSeries();
  EXPECT_EQ(Get("/api/v1/series", {{"match[]", "up"}, {"limit", "1"}}).body,
            R"({"status":"success","data":[{"__name__":"up","instance":"a:1","job":"api"}],)"
            R"("warnings":["results truncated due to limit"]})");
  EXPECT_EQ(Get("/api/v1/labels", {{"limit", "2"}}).body,
            R"({"status":"success","data":["__name__","instance"],)"
            R"("warnings":["results truncated due to limit"]})");
  EXPECT_EQ(Get("/api/v1/label/job/values", {{"limit", "2"}}).body,
            R"({"status":"success","data":["api","db"]})");
}

TEST_F(SeriesApiTest, LabelsListsNames) {
  LoadSeries();
  EXPECT_EQ(Data("/labels"), R"(["__name__","instance","job","room"])");
  EXPECT_EQ(Data("/labels", {{"match[]", "up"}}), R"(["__name__","instance","job"])");
  EXPECT_EQ(Data("/labels", {{"match[]", "temp"}, {"match[]", "up{job=\"db\"}"}}),
            R"(["__name__","instance","job","room"])");
  EXPECT_EQ(Data("/labels", {{"match[]", "nothing"}}), "[]");
}

TEST_F(SeriesApiTest, ValuesAreEscapedForHtml) {
  LoadSeries();
  EXPECT_EQ(Data("/label/room/values"), R"(["\u003ckitchen\u003e \u0026 \"hall\""])");
  EXPECT_EQ(Data("/label/job/values", {{"match[]", "up{instance=\"b:1\"}"}}), R"(["db"])");
  EXPECT_EQ(Data("/label/nothing/values"), "[]");
}

TEST_F(SeriesApiTest, LabelNamesMayBeEscaped) {
  storage_.Put({{"__name__", "m"}, {"a.b_c", "x"}}, 1000, 1);
  EXPECT_EQ(Data("/label/U__a_2e_b__c/values"), R"(["x"])");
  EXPECT_EQ(Data("/label/a.b_c/values"), R"(["x"])");
  EXPECT_EQ(Refusal("/label/\xff/values"), R"(400 bad_data: invalid label name: \"\\xff\")");
}

TEST_F(SeriesApiTest, ValuesAreNotPosted) {
  EXPECT_EQ(Send("POST", "/api/v1/label/job/values").status, 405);
}

TEST_F(SeriesApiTest, MetadataIsCut) {
  metadata_.metrics["a"] = {{MetricType::kCounter, "help <a>", ""},
                            {MetricType::kCounter, "other", "bytes"}};
  metadata_.metrics["b"] = {{MetricType::kGauge, "b", ""}};
  EXPECT_EQ(Data("/metadata"), R"({"a":[{"type":"counter","unit":"","help":"help \u003ca\u003e"},)"
                               R"({"type":"counter","unit":"bytes","help":"other"}],)"
                               R"("b":[{"type":"gauge","unit":"","help":"b"}]})");
  EXPECT_EQ(Data("/metadata", {{"limit", "1"}, {"limit_per_metric", "1"}}),
            R"({"a":[{"type":"counter","unit":"","help":"help \u003ca\u003e"}]})");
  EXPECT_EQ(Data("/metadata", {{"metric", "b"}}),
            R"({"b":[{"type":"gauge","unit":"","help":"b"}]})");
  EXPECT_EQ(Data("/metadata", {{"metric", "c"}}), "{}");
  EXPECT_EQ(Data("/metadata", {{"limit", "0"}}), "{}");
  EXPECT_EQ(Refusal("/metadata", {{"limit", "x"}}), "400 bad_data: limit must be a number");
  EXPECT_EQ(Refusal("/metadata", {{"limit_per_metric", "x"}}),
            "400 bad_data: limit_per_metric must be a number");
}

}  // namespace
}  // namespace tocsin::web
