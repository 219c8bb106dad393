#include <gmock/gmock.h>

#include "model/sample.h"
#include "web_fixture.h"

namespace tocsin::web {
namespace {

class FederationTest : public WebFixture {
 protected:
  FederationTest() {
    storage_.Put({{"__name__", "metric1"}, {"foo", "bar"}, {"instance", "i"}}, 700'000, 1);
    storage_.Put({{"__name__", "metric1"}, {"foo", "bar"}, {"instance", "i"}}, 900'000, 10000);
    storage_.Put({{"__name__", "metric1"}, {"foo", "boo"}}, 900'000, 0.5);
    storage_.Put({{"__name__", "metric2"}, {"text", "a \"b\"\n\\"}}, 900'000, 1e21);
    storage_.Put({{"__name__", "stale"}}, 900'000, 1);
    storage_.Put({{"__name__", "stale"}}, 950'000, kStaleNan);
    storage_.Put({{"__name__", "old"}}, 700'000, 1);
    storage_.Put({{"foo", "nameless"}}, 900'000, 1);
  }
  std::string Page(http::Fields parameters, const std::string& accept = "") {
    const Answer answer = Send("GET", "/federate", std::move(parameters), {{"Accept", accept}});
    EXPECT_EQ(answer.status, 200);
    content_type_ = answer.content_type;
    return answer.body;
  }
  std::string content_type_;
};

TEST_F(FederationTest, GivesTheNewestSamplesInFamilies) {
  EXPECT_EQ(Page({{"match[]", "{__name__=~\".+\"}"}, {"match[]", "metric1"}}),
            "# TYPE metric1 untyped\n"
            "metric1{foo=\"bar\",instance=\"i\"} 10000 900000\n"
            "metric1{foo=\"boo\",instance=\"\"} 0.5 900000\n"
            "# TYPE metric2 untyped\n"
            "metric2{text=\"a \\\"b\\\"\\n\\\\\",instance=\"\"} 1e+21 900000\n");
  EXPECT_EQ(content_type_, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
}

TEST_F(FederationTest, AddsExternalLabelsThatAreMissing) {
  external_labels_ = Labels{{"foo", "external"}, {"zone", "ie"}};
  EXPECT_EQ(Page({{"match[]", "{__name__=~\"metric.\"}"}}),
            "# TYPE metric1 untyped\n"
            "metric1{foo=\"bar\",instance=\"i\",zone=\"ie\"} 10000 900000\n"
            "metric1{foo=\"boo\",instance=\"\",zone=\"ie\"} 0.5 900000\n"
            "# TYPE metric2 untyped\n"
            "metric2{text=\"a \\\"b\\\"\\n\\\\\",foo=\"external\",instance=\"\",zone=\"ie\"} 1e+21 "
            "900000\n");
}

TEST_F(FederationTest, LeavesOutStaleOldAndNamelessSeries) {
  EXPECT_EQ(Page({{"match[]", "stale"}, {"match[]", "old"}, {"match[]", "{foo=\"nameless\"}"}}),
            "");
  EXPECT_EQ(Page({}), "");
}

TEST_F(FederationTest, NamesAreQuotedOrReplacedAsTheClientAsks) {
  storage_.Put({{"__name__", "my.metric"}, {"a.b", "c"}, {"instance", "i"}}, 900'000, 1);
  EXPECT_EQ(Page({{"match[]", "{\"my.metric\"}"}}),
            "# TYPE my_metric untyped\nmy_metric{a_b=\"c\",instance=\"i\"} 1 900000\n");
  EXPECT_EQ(
      Page({{"match[]", "{\"my.metric\"}"}},
           "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
           "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3"),
      "# TYPE \"my.metric\" untyped\n{\"my.metric\",\"a.b\"=\"c\",instance=\"i\"} 1 900000\n");
  EXPECT_EQ(content_type_, "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8");
}

TEST_F(FederationTest, RefusesBadSelectors) {
  const Answer answer = Send("GET", "/federate", {{"match[]", "metric1{"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "1:9: parse error: unexpected end of input inside braces\n");
}

}  // namespace
}  // namespace tocsin::web
