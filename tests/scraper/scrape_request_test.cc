#include "scraper/scrape_request.h"

#include <gtest/gtest.h>

#include "scraper/scrape_config_fixture.h"

namespace tocsin::scraper {
namespace {

TEST(ScrapeRequestTest, CarriesPrometheusHeaders) {
  config::ScrapeConfig config = MakeJob();
  config.scrape_timeout = std::chrono::milliseconds(2500);
  const auto settings = MakeScrapeSettings(config);
  const auto target = MakeTarget({{"__address__", "h:1"}}, {}, config)->target;
  const http::ClientRequest request = MakeScrapeRequest(*target, *settings);
  EXPECT_EQ(request.url, "http://h:1/metrics");
  EXPECT_EQ(request.timeout_ms, 2500);
  EXPECT_EQ(request.max_body_bytes, kMaxBodyBytes);
  EXPECT_TRUE(request.accept_gzip);
  EXPECT_NE(request.options, nullptr);
  EXPECT_EQ(http::FindHeader(request.headers, "accept"),
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,"
            "*/*;q=0.3");
  EXPECT_EQ(http::FindHeader(request.headers, "X-Prometheus-Scrape-Timeout-Seconds"), "2.5");
}

TEST(ScrapeRequestTest, CompressionCanBeRefused) {
  config::ScrapeConfig config = MakeJob();
  config.enable_compression = false;
  config.body_size_limit_bytes = 100;
  const auto target = MakeTarget({{"__address__", "h:1"}}, {}, config)->target;
  const http::ClientRequest request = MakeScrapeRequest(*target, *MakeScrapeSettings(config));
  EXPECT_FALSE(request.accept_gzip);
  EXPECT_EQ(http::FindHeader(request.headers, "Accept-Encoding"), "identity");
  EXPECT_EQ(request.max_body_bytes, 99u);
}

TEST(ScrapeRequestTest, TargetsMayBeBehindAUnixSocket) {
  const config::ScrapeConfig config = MakeJob();
  const auto target =
      MakeTarget({{"__address__", "shop"}, {"__unix_socket__", "/run/shop.sock"}}, {}, config)
          ->target;
  ASSERT_NE(target, nullptr);
  const http::ClientRequest request = MakeScrapeRequest(*target, *MakeScrapeSettings(config));
  EXPECT_EQ(request.unix_socket, "/run/shop.sock");
  EXPECT_EQ(request.url, "http://shop/metrics");
}

std::string ErrorOf(Result<http::ClientResponse> response, const config::ScrapeConfig& config) {
  const Status status = OpenScrapeResponse(response, *MakeScrapeSettings(config));
  return status ? "" : status.error().message();
}

TEST(ScrapeResponseTest, OnlyStatus200WithinTheLimitIsAPage) {
  config::ScrapeConfig config = MakeJob();
  http::ClientResponse response;
  response.status = 200;
  response.body = "12345";
  EXPECT_EQ(ErrorOf(response, config), "");
  config.body_size_limit_bytes = 6;
  EXPECT_EQ(ErrorOf(response, config), "");
  config.body_size_limit_bytes = 5;
  EXPECT_EQ(ErrorOf(response, config), "body size limit exceeded");
  response.status = 404;
  EXPECT_EQ(ErrorOf(response, config), "server returned HTTP status 404 Not Found");
  response.status = 599;
  EXPECT_EQ(ErrorOf(response, config), "server returned HTTP status 599");
  EXPECT_EQ(ErrorOf(Error(ErrorCode::kTooLarge, "whatever"), config), "body size limit exceeded");
  EXPECT_EQ(ErrorOf(Error(ErrorCode::kTimeout, "Get \"u\": context deadline exceeded"), config),
            "Get \"u\": context deadline exceeded");
}

}  // namespace
}  // namespace tocsin::scraper
