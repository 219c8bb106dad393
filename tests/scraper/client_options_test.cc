#include "scraper/client_options.h"

#include <gtest/gtest.h>

namespace tocsin::scraper {
namespace {

TEST(ClientOptionsTest, TakeWhatTheBlockSays) {
  config::HttpClientConfig config;
  config.basic_auth.emplace();
  config.basic_auth->username = "u";
  config.basic_auth->password = config::Secret("p");
  config.basic_auth->password_file = "/f";
  config.tls_config.ca_file = "/ca";
  config.tls_config.insecure_skip_verify = true;
  config.follow_redirects = false;
  config.enable_http2 = false;
  config.proxy.proxy_url = "http://proxy";
  config.http_headers["X-A"].values = {"1"};
  config.http_headers["X-A"].secrets = {config::Secret("2")};
  const auto options = MakeClientOptions(config);
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->basic_auth, (std::pair<std::string, std::string>("u", "p")));
  EXPECT_EQ(options->basic_auth_password_file, "/f");
  EXPECT_EQ(options->tls.ca_file, "/ca");
  EXPECT_TRUE(options->tls.insecure_skip_verify);
  EXPECT_FALSE(options->follow_redirects);
  EXPECT_FALSE(options->enable_http2);
  EXPECT_EQ(options->proxy_url, "http://proxy");
  EXPECT_EQ(options->headers, (http::Fields{{"X-A", "1"}, {"X-A", "2"}}));
}

TEST(ClientOptionsTest, TakeBearerTokens) {
  config::HttpClientConfig config;
  config.authorization.emplace();
  config.authorization->type = "Token";
  config.authorization->credentials = config::Secret("c");
  config.authorization->credentials_file = "/c";
  const auto options = MakeClientOptions(config);
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->authorization_type, "Token");
  EXPECT_EQ(options->authorization_credentials, "c");
  EXPECT_EQ(options->authorization_credentials_file, "/c");
}

TEST(ClientOptionsTest, NameWhatIsNotSupported) {
  config::HttpClientConfig config;
  config.oauth2.emplace();
  EXPECT_EQ(MakeClientOptions(config).error().message(), "oauth2 is not supported yet");
}

}  // namespace
}  // namespace tocsin::scraper
