#include <gmock/gmock.h>

#include "web_fixture.h"

namespace tocsin::web {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using QueryApiTest = WebFixture;

TEST_F(QueryApiTest, VectorHasItsTimeAndText) {
  LoadSeries();
  const Answer answer = Get("/api/v1/query", {{"query", "up"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body,
            R"({"status":"success","data":{"resultType":"vector","result":[)"
            R"({"metric":{"__name__":"up","instance":"a:1","job":"api"},"value":[1000,"1"]},)"
            R"({"metric":{"__name__":"up","instance":"b:1","job":"db"},"value":[1000,"0"]}]}})");
}

TEST_F(QueryApiTest, LabelValuesAreNotEscapedForHtml) {
  LoadSeries();
  EXPECT_EQ(Data("/query", {{"query", "temp"}, {"time", "1000.5"}}),
            R"({"resultType":"vector","result":[{"metric":{"__name__":"temp",)"
            R"("room":"<kitchen> & \"hall\""},"value":[1000.500,"21.5"]}]})");
}

TEST_F(QueryApiTest, ScalarsAndStringsAreOrdinaryJson) {
  EXPECT_EQ(Data("/query", {{"query", "1.5e-7"}, {"time", "1.5"}}),
            R"({"resultType":"scalar","result":[1.5,"0.00000015"]})");
  EXPECT_EQ(Data("/query", {{"query", "inf"}}),
            R"({"resultType":"scalar","result":[1000,"+Inf"]})");
  EXPECT_EQ(Data("/query", {{"query", "\"a<b\""}, {"time", "2"}}),
            R"({"resultType":"string","result":[2,"a\u003cb"]})");
}

TEST_F(QueryApiTest, EmptyResultsAreArrays) {
  EXPECT_EQ(Data("/query", {{"query", "nothing"}}), R"({"resultType":"vector","result":[]})");
  EXPECT_EQ(
      Data("/query_range", {{"query", "nothing"}, {"start", "0"}, {"end", "10"}, {"step", "5"}}),
      R"({"resultType":"matrix","result":[]})");
  EXPECT_EQ(Data("/query", {{"query", "nothing[5m]"}}), R"({"resultType":"matrix","result":[]})");
}

TEST_F(QueryApiTest, RangeGivesAMatrix) {
  LoadSeries();
  EXPECT_EQ(Data("/query_range", {{"query", "up{job=\"api\"} * 0.1"},
                                  {"start", "990.25"},
                                  {"end", "991.5"},
                                  {"step", "0.5"}}),
            R"({"resultType":"matrix","result":[{"metric":{"instance":"a:1","job":"api"},"values":)"
            R"([[990.250,"0.1"],[990.750,"0.1"],[991.250,"0.1"]]}]})");
}

TEST_F(QueryApiTest, RangeSelectorGivesItsSamples) {
  LoadSeries();
  EXPECT_EQ(Data("/query", {{"query", "temp[1m]"}}),
            R"({"resultType":"matrix","result":[{"metric":{"__name__":"temp",)"
            R"("room":"<kitchen> & \"hall\""},"values":[[990,"21.5"]]}]})");
}

TEST_F(QueryApiTest, FormsArePosted) {
  const Answer answer = Send("POST", "/api/v1/query", {{"query", "1"}, {"time", "5"}});
  EXPECT_EQ(answer.body, R"({"status":"success","data":{"resultType":"scalar","result":[5,"1"]}})");
}

TEST_F(QueryApiTest, TimesMayBeDates) {
  EXPECT_EQ(Data("/query", {{"query", "time()"}, {"time", "1970-01-01T01:00:00.5+01:00"}}),
            R"({"resultType":"scalar","result":[0.5,"0.5"]})");
}

TEST_F(QueryApiTest, BadParametersAreNamed) {
  const std::pair<http::Fields, const char*> cases[] = {
      {{{"query", ""}},
       R"(400 bad_data: invalid parameter \"query\": unknown position: parse error: no expression found in input)"},
      {{},
       R"(400 bad_data: invalid parameter \"query\": unknown position: parse error: no expression found in input)"},
      {{{"query", "up @"}},
       R"(400 bad_data: invalid parameter \"query\": 1:5: parse error: unexpected end of input in @, expected timestamp)"},
      {{{"query", "1"}, {"time", "x"}},
       R"(400 bad_data: invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp)"},
      {{{"query", "1"}, {"timeout", "soon"}},
       R"(400 bad_data: invalid parameter \"timeout\": cannot parse \"soon\" to a valid duration)"},
      {{{"query", "1"}, {"limit", "-1"}},
       R"(400 bad_data: invalid parameter \"limit\": limit must be non-negative)"},
      {{{"query", "1"}, {"limit", "many"}},
       R"(400 bad_data: invalid parameter \"limit\": strconv.Atoi: parsing \"many\": invalid syntax)"},
      {{{"query", "1"}, {"lookback_delta", "x"}},
       R"(400 bad_data: error parsing lookback delta duration: cannot parse \"x\" to a valid duration)"},
      {{{"query", "1"}, {"lookback_delta", "1e300"}},
       R"(400 bad_data: error parsing lookback delta duration: cannot parse \"1e300\" to a valid duration. It overflows int64)"},
  };
  for (const auto& [parameters, text] : cases) EXPECT_EQ(Refusal("/query", parameters), text);
}

TEST_F(QueryApiTest, BadRangesAreNamed) {
  const auto range = [](const char* start, const char* end, const char* step,
                        const char* query = "1") {
    return http::Fields{{"query", query}, {"start", start}, {"end", end}, {"step", step}};
  };
  const std::pair<http::Fields, const char*> cases[] = {
      {range("", "1", "1"),
       R"(400 bad_data: invalid parameter \"start\": cannot parse \"\" to a valid timestamp)"},
      {range("1", "x", "1"),
       R"(400 bad_data: invalid parameter \"end\": cannot parse \"x\" to a valid timestamp)"},
      {range("2", "1", "1"),
       R"(400 bad_data: invalid parameter \"end\": end timestamp must not be before start time)"},
      {range("1", "2", ""),
       R"(400 bad_data: invalid parameter \"step\": cannot parse \"\" to a valid duration)"},
      {range("1", "2", "0"),
       R"(400 bad_data: invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer)"},
      {range("1", "2", "-5"),
       R"(400 bad_data: invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer)"},
      {range("0", "11001", "1"),
       R"(400 bad_data: exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX))"},
      {range("1", "2", "1", "up["),
       R"(400 bad_data: invalid parameter \"query\": 1:4: parse error: unexpected end of input in duration expression)"},
      {range("1", "2", "1", "up[5m]"),
       R"(400 bad_data: invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector)"},
      {range("1", "2", "1", "\"x\""),
       R"(400 bad_data: invalid parameter \"query\": invalid expression type \"string\" for range query, must be Scalar or instant Vector)"},
  };
  for (const auto& [parameters, text] : cases) EXPECT_EQ(Refusal("/query_range", parameters), text);
}

TEST_F(QueryApiTest, ElevenThousandStepsAndOnePass) {
  const Answer answer =
      Get("/api/v1/query_range", {{"query", "1"}, {"start", "0"}, {"end", "11000"}, {"step", "1"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("[11000,\"1\"]]}]}}"));
}

TEST_F(QueryApiTest, FailedEvaluationIs422) {
  LoadSeries();
  EXPECT_THAT(Refusal("/query", {{"query", "up + on() up"}}),
              StartsWith("422 execution: found duplicate series for the match group {} on the"));
}

TEST_F(QueryApiTest, LimitTruncatesWithAWarning) {
  LoadSeries();
  const Answer answer = Get("/api/v1/query", {{"query", "up"}, {"limit", "1"}});
  EXPECT_EQ(answer.body, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)"
                         R"({"__name__":"up","instance":"a:1","job":"api"},"value":[1000,"1"]}]},)"
                         R"("warnings":["results truncated due to limit"]})");
  EXPECT_THAT(Get("/api/v1/query", {{"query", "up"}, {"limit", "2"}}).body,
              testing::Not(HasSubstr("warnings")));
}

TEST_F(QueryApiTest, AnnotationsComeAfterTheData) {
  LoadSeries();
  EXPECT_THAT(
      Get("/api/v1/query", {{"query", "quantile(2, up)"}}).body,
      HasSubstr("}]},\"warnings\":[\"PromQL warning: quantile value should be between 0 and 1"));
}

TEST_F(QueryApiTest, StatsComeOnDemand) {
  LoadSeries();
  EXPECT_THAT(Data("/query", {{"query", "up"}}), testing::Not(HasSubstr("stats")));
  const std::string totals = Data("/query", {{"query", "up"}, {"stats", "true"}});
  EXPECT_THAT(totals, HasSubstr("],\"stats\":{\"timings\":{\"evalTotalTime\":"));
  EXPECT_THAT(totals, HasSubstr("\"samples\":{\"totalQueryableSamples\":2,\"samplesRead\":"));
  EXPECT_THAT(
      Data("/query_range",
           {{"query", "up"}, {"start", "990"}, {"end", "991"}, {"step", "1"}, {"stats", "all"}}),
      HasSubstr("\"totalQueryableSamplesPerStep\":[[990,2],[991,2]],"));
}

TEST_F(QueryApiTest, LargeAnswersAreStreamed) {
  for (int i = 0; i < 100; ++i) {
    storage_.Put({{"__name__", "m"}, {"i", std::to_string(i)}}, 1'000, i + 0.25);
  }
  const http::Fields parameters = {{"query", "m"}, {"start", "1"}, {"end", "300"}, {"step", "0.5"}};
  const Answer answer = Get("/api/v1/query_range", parameters);
  EXPECT_GT(answer.pieces, 3U);
  size_t series = 0;
  for (size_t at = answer.body.find("\"metric\""); at != std::string::npos;
       at = answer.body.find("\"metric\"", at + 1)) {
    ++series;
  }
  EXPECT_EQ(series, 100U);
  EXPECT_THAT(answer.body, testing::EndsWith("[300,\"99.25\"]]}]}}"));
}

TEST_F(QueryApiTest, FormatQueryPrettyPrints) {
  EXPECT_EQ(Data("/format_query", {{"query", "sum(a)by(x)>1"}}), R"("sum by (x) (a) \u003e 1")");
  EXPECT_EQ(
      Refusal("/format_query", {{"query", "("}}),
      R"(400 bad_data: invalid parameter \"query\": 1:2: parse error: unclosed left parenthesis)");
}

TEST_F(QueryApiTest, ParseQueryGivesTheTree) {
  EXPECT_EQ(
      Data("/parse_query", {{"query", "-up{a=\"b\"} offset 1m"}}),
      R"({"expr":{"anchored":false,"matchers":[{"name":"a","type":"=","value":"b"},)"
      R"({"name":"__name__","type":"=","value":"up"}],"name":"up","offset":60000,"smoothed":false,)"
      R"("startOrEnd":null,"timestamp":null,"type":"vectorSelector"},"op":"-","type":"unaryExpr"})");
  EXPECT_EQ(Data("/parse_query", {{"query", "a * on(x) group_left(y) (1 + b)"}}).substr(0, 14),
            R"({"bool":false,)");
  EXPECT_EQ(Data("/parse_query", {{"query", "rate(a[5m] @ end())[1h:]"}}),
            R"({"expr":{"args":[{"anchored":false,"matchers":[{"name":"__name__","type":"=",)"
            R"("value":"a"}],"name":"a","offset":0,"range":300000,"smoothed":false,)"
            R"("startOrEnd":"end","timestamp":null,"type":"matrixSelector"}],"func":{"argTypes":)"
            R"(["matrix"],"name":"rate","returnType":"vector","variadic":0},"type":"call"},)"
            R"("offset":0,"range":3600000,"startOrEnd":null,"step":0,"timestamp":null,)"
            R"("type":"subquery"})");
  EXPECT_EQ(Data("/parse_query", {{"query", "topk by (x) (2, (a))"}}),
            R"({"expr":{"expr":{"anchored":false,"matchers":[{"name":"__name__","type":"=",)"
            R"("value":"a"}],"name":"a","offset":0,"smoothed":false,"startOrEnd":null,)"
            R"("timestamp":null,"type":"vectorSelector"},"type":"parenExpr"},"grouping":["x"],)"
            R"("op":"topk","param":{"type":"numberLiteral","val":"2"},"type":"aggregation",)"
            R"("without":false})");
  EXPECT_EQ(Data("/parse_query", {{"query", "a == bool on () b"}}),
            R"({"bool":true,"lhs":{"anchored":false,"matchers":[{"name":"__name__","type":"=",)"
            R"("value":"a"}],"name":"a","offset":0,"smoothed":false,"startOrEnd":null,)"
            R"("timestamp":null,"type":"vectorSelector"},"matching":{"card":"one-to-one",)"
            R"("fillValues":{"lhs":null,"rhs":null},"include":[],"labels":[],"on":true},"op":"==",)"
            R"("rhs":{"anchored":false,"matchers":[{"name":"__name__","type":"=","value":"b"}],)"
            R"("name":"b","offset":0,"smoothed":false,"startOrEnd":null,"timestamp":null,)"
            R"("type":"vectorSelector"},"type":"binaryExpr"})");
}

TEST_F(QueryApiTest, ExemplarsAreEmptyAndNothingWithoutSelectors) {
  EXPECT_EQ(Data("/query_exemplars", {{"query", "up"}}), "[]");
  const Answer nothing = Get("/api/v1/query_exemplars", {{"query", "1"}});
  EXPECT_EQ(nothing.status, 204);
  EXPECT_EQ(nothing.body, "");
  EXPECT_EQ(Refusal("/query_exemplars", {{"query", "up"}, {"start", "5"}, {"end", "4"}}),
            "400 bad_data: end timestamp must not be before start timestamp");
  EXPECT_EQ(Refusal("/query_exemplars", {{"query", "up("}}),
            "400 bad_data: 1:4: parse error: unclosed left parenthesis");
}

TEST_F(QueryApiTest, ExemplarsAreOfAllSelectorsOfAQuery) {
  struct Exemplars final : storage::ExemplarQueryable {
    Result<std::vector<storage::ExemplarSeries>> SelectExemplars(
        int64_t start_ms, int64_t end_ms,
        std::span<const std::vector<Matcher>> selectors) override {
      EXPECT_EQ(start_ms, 1'000);
      EXPECT_EQ(end_ms, 2'500);
      EXPECT_EQ(selectors.size(), 2u);
      return std::vector<storage::ExemplarSeries>{
          {Labels{{"__name__", "a"}},
           {{Labels{{"trace_id", "x<y"}}, 6, 1'500, true}, {Labels(), 0.25, 2'000, true}}},
          {Labels{{"__name__", "b"}}, {}}};
    }
  } exemplars;
  const QueryApi api({engine_, storage_, clock_, &exemplars});
  http::Request request;
  request.parameters = {{"query", "rate(a[5m]) / b"}, {"start", "1"}, {"end", "2.5"}};
  const ApiResult result = api.QueryExemplars(request);
  ASSERT_TRUE(result.data);
  EXPECT_EQ(*result.data,
            R"([{"seriesLabels":{"__name__":"a"},"exemplars":[{"labels":{"trace_id":"x<y"},)"
            R"("value":"6","timestamp":1.500},{"labels":{},"value":"0.25","timestamp":2}]},)"
            R"({"seriesLabels":{"__name__":"b"},"exemplars":[]}])");
}

TEST_F(QueryApiTest, RunningQueriesCanBeSeenAndEnded) {
  CancelToken deadline(clock_);
  promql::RunningQuery query;
  query.text = "up";
  query.start_ms = 1'500;
  query.end_ms = 3'000;
  query.step_ms = 500;
  const promql::RunningQueries::Entry entry(engine_.running_queries(), query, deadline);
  EXPECT_EQ(Data("/status/queries", {}),
            R"([{"id":"1","query":"up","lane":"interactive","state":"waiting","start":1.5,"end":3,)"
            R"("step":0.5,"elapsedSeconds":0,"heldSamples":0,"readSamples":0,"usedBytes":0}])");
  http::Request request;
  const auto cancel = [&](const char* id) {
    request.path_parameters = {{"id", id}};
    const ApiResult result = query_api_.CancelQuery(request);
    return result.error ? result.error->message : "done";
  };
  EXPECT_EQ(cancel("x"), "\"x\" is no id of a query");
  EXPECT_EQ(cancel("2"), "no query 2 is running");
  EXPECT_FALSE(deadline.canceled());
  EXPECT_EQ(cancel("1"), "done");
  EXPECT_TRUE(deadline.canceled());
}

TEST_F(QueryApiTest, NothingIsAnsweredBeforeReady) {
  is_ready_ = false;
  const Answer answer = Get("/api/v1/query", {{"query", "1"}});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "Service Unavailable");
}

TEST_F(QueryApiTest, OtherOriginsAreToldWhetherTheyMay) {
  const Answer allowed =
      Send("GET", "/api/v1/query", {{"query", "1"}}, {{"Origin", "https://grafana"}});
  EXPECT_EQ(http::FindHeader(allowed.headers, "Access-Control-Allow-Origin"), "https://grafana");
  const Answer refused =
      Send("GET", "/api/v1/query", {{"query", "1"}}, {{"Origin", "http://elsewhere"}});
  EXPECT_EQ(http::FindHeader(refused.headers, "Access-Control-Allow-Origin"), "");
  EXPECT_EQ(Send("OPTIONS", "/api/v1/query").status, 204);
}

}  // namespace
}  // namespace tocsin::web
