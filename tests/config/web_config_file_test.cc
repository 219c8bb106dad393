#include "config/web_config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::config {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto file = ParseWebConfigFile(text, "/etc/web.yml");
  return file.ok() ? "no error" : file.error().message();
}

TEST(WebConfigFileTest, EveryKeyArrives) {
  const auto file = ParseWebConfigFile(R"(tls_server_config:
  cert_file: c.pem
  key_file: /abs/k.pem
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS13
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
    Strict-Transport-Security: max-age=1
basic_auth_users:
  alice: $2y$10$abc
)",
                                       "/etc/web.yml");
  ASSERT_TRUE(file.ok()) << file.error().message();
  EXPECT_EQ(file->tls->cert_file, "/etc/c.pem");
  EXPECT_EQ(file->tls->key_file, "/abs/k.pem");
  EXPECT_EQ(file->tls->min_version, "TLS13");
  EXPECT_FALSE(file->http2);
  EXPECT_THAT(file->headers, testing::SizeIs(2));
  EXPECT_EQ(file->basic_auth_users.at("alice").reveal(), "$2y$10$abc");
}

TEST(WebConfigFileTest, EmptyFileAsksForNothing) {
  const auto file = ParseWebConfigFile("", "/etc/web.yml");
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(file->tls);
}

TEST(WebConfigFileTest, ErrorsNameThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"tls: {}\n", "/etc/web.yml:1:1: unknown key (tls)"},
      {"tls_server_config: {}\n", "/etc/web.yml:1:20: missing one of cert or cert_file"},
      {"tls_server_config: {cert_file: a}\n", "/etc/web.yml:1:20: missing one of key or key_file"},
      {"tls_server_config: {cert_file: a, key_file: b, min_version: SSL3}\n",
       "/etc/web.yml:1:61: unknown TLS version: SSL3"},
      {"tls_server_config: {cert_file: a, key_file: b, client_auth_type: No}\n",
       "/etc/web.yml:1:66: Invalid ClientAuth: No"},
      {"http_server_config: {headers: {X-Nope: a}}\n",
       "/etc/web.yml:1:31: HTTP header can not be configured (X-Nope)"},
      {"http_server_config: {headers: {X-Frame-Options: allow}}\n",
       "/etc/web.yml:1:31: invalid value for X-Frame-Options (allow)"},
      {"basic_auth_users: [a]\n", "/etc/web.yml:1:19: expected a mapping (a list)"}};
  for (const auto& [text, message] : cases) EXPECT_EQ(ErrorOf(text), message);
}

}  // namespace
}  // namespace tocsin::config
