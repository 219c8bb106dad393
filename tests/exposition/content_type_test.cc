#include "exposition/content_type.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tocsin::exposition {
namespace {

TEST(ContentTypeTest, AcceptsPlainTextHoweverItIsWritten) {
  for (const char* type : {"text/plain", "text/plain; version=0.0.4; charset=utf-8", "Text/Plain;",
                           " text/plain ;version=\"1.0.0\";escaping=allow-utf-8"}) {
    const auto choice = ChooseFormat(type, "");
    ASSERT_TRUE(choice.ok()) << type;
    EXPECT_EQ(choice->warning, "");
  }
}

struct RefusedCase {
  const char* content_type;
  const char* error;
  const char* warning_with_fallback;
};

class RefusedContentTypeTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedContentTypeTest, FailsUnlessThereIsAFallback) {
  const auto refused = ChooseFormat(GetParam().content_type, "");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message(), GetParam().error);
  const auto assumed = ChooseFormat(GetParam().content_type, "PrometheusText0.0.4");
  ASSERT_TRUE(assumed.ok());
  EXPECT_EQ(assumed->warning, GetParam().warning_with_fallback);
}

INSTANTIATE_TEST_SUITE_P(
    Types, RefusedContentTypeTest,
    testing::Values(
        RefusedCase{"",
                    "non-compliant scrape target sending blank Content-Type and no "
                    "fallback_scrape_protocol specified for target",
                    "non-compliant scrape target sending blank Content-Type, using "
                    "fallback_scrape_protocol \"text/plain\""},
        RefusedCase{"text/html; charset=utf-8",
                    "received unsupported Content-Type \"text/html; charset=utf-8\" and no "
                    "fallback_scrape_protocol specified for target",
                    "received unsupported Content-Type \"text/html; charset=utf-8\", using "
                    "fallback_scrape_protocol \"text/plain\""},
        RefusedCase{"text/plain/",
                    "cannot parse Content-Type \"text/plain/\" and no fallback_scrape_protocol for "
                    "target\nmime: expected token after slash",
                    "could not parse received Content-Type \"text/plain/\", using "
                    "fallback_scrape_protocol \"text/plain\"\nmime: expected token after slash"},
        RefusedCase{"text/plain; a=1; a=2",
                    "cannot parse Content-Type \"text/plain; a=1; a=2\" and no "
                    "fallback_scrape_protocol for target\nmime: duplicate parameter name",
                    "could not parse received Content-Type \"text/plain; a=1; a=2\", using "
                    "fallback_scrape_protocol \"text/plain\"\nmime: duplicate parameter name"},
        RefusedCase{"text/plain; charset",
                    "cannot parse Content-Type \"text/plain; charset\" and no "
                    "fallback_scrape_protocol for target\nmime: invalid media parameter",
                    "could not parse received Content-Type \"text/plain; charset\", using "
                    "fallback_scrape_protocol \"text/plain\"\nmime: invalid media parameter"}));

TEST(ContentTypeTest, KnowsTheFormats) {
  EXPECT_EQ(ChooseFormat("text/plain; version=0.0.4", "")->format, Format::kText);
  EXPECT_EQ(ChooseFormat("application/openmetrics-text; version=1.0.0; charset=utf-8", "")->format,
            Format::kOpenMetrics);
  EXPECT_EQ(ChooseFormat("application/vnd.google.protobuf; encoding=delimited", "")->format,
            Format::kProtobuf);
}

TEST(ContentTypeTest, AnyFormatCanBeTheFallback) {
  const auto assumed = ChooseFormat("", "OpenMetricsText0.0.1");
  ASSERT_TRUE(assumed.ok());
  EXPECT_EQ(assumed->format, Format::kOpenMetrics);
  EXPECT_EQ(assumed->warning,
            "non-compliant scrape target sending blank Content-Type, using "
            "fallback_scrape_protocol \"application/openmetrics-text\"");
  EXPECT_EQ(ChooseFormat("", "PrometheusProto")->format, Format::kProtobuf);
}

TEST(AcceptHeaderTest, OffersProtocolsInTheOrderWanted) {
  const std::vector<std::string> defaults = {"OpenMetricsText1.0.0", "OpenMetricsText0.0.1",
                                             "PrometheusText1.0.0", "PrometheusText0.0.4"};
  EXPECT_EQ(AcceptHeader(defaults, "allow-utf-8"),
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            "application/openmetrics-text;version=0.0.1;q=0.5,"
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
            "*/*;q=0.2");
  EXPECT_EQ(AcceptHeader(std::vector<std::string>{"PrometheusProto"}, "underscores"),
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding="
            "delimited;q=0.6,*/*;q=0.5");
}

}  // namespace
}  // namespace tocsin::exposition
