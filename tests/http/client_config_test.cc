#include "http/client_config.h"

#include <gtest/gtest.h>

namespace tocsin::http {
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
  config.basic_auth->username_file = "/user";
  config.proxy.proxy_connect_header["X-P"] = {config::Secret("3")};
  config.http_headers["X-A"].files = {"/header"};
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
  EXPECT_EQ(options->basic_auth_username_file, "/user");
  EXPECT_EQ(options->proxy_connect_headers, (Fields{{"X-P", "3"}}));
  EXPECT_EQ(options->header_files, (Fields{{"X-A", "/header"}}));
  EXPECT_EQ(options->headers, (Fields{{"X-A", "1"}, {"X-A", "2"}}));
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

TEST(ClientOptionsTest, TakeOAuth2) {
  config::HttpClientConfig config;
  config::OAuth2Config& oauth2 = config.oauth2.emplace();
  oauth2.client_id = "id";
  oauth2.client_secret = config::Secret("secret");
  oauth2.token_url = "http://auth/token";
  oauth2.scopes = {"read", "write"};
  oauth2.endpoint_params = {{"audience", "shop"}};
  oauth2.tls_config.ca_file = "/ca";
  const auto options = MakeClientOptions(config);
  ASSERT_TRUE(options.ok());
  ASSERT_NE(options->oauth2, nullptr);
  EXPECT_EQ(options->oauth2->client_secret, "secret");
  EXPECT_EQ(options->oauth2->form, (Fields{{"grant_type", "client_credentials"},
                                           {"scope", "read write"},
                                           {"audience", "shop"}}));
  EXPECT_EQ(options->oauth2->transport->tls.ca_file, "/ca");
  oauth2.grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  EXPECT_EQ(MakeClientOptions(config).error().message(),
            "oauth2 grant_type urn:ietf:params:oauth:grant-type:jwt-bearer is not supported yet");
}

}  // namespace
}  // namespace tocsin::http
