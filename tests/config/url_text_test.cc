#include "config/url_text.h"

#include <gtest/gtest.h>

namespace tocsin::config {
namespace {

TEST(UrlTextTest, TakesWhatGoTakes) {
  for (const char* url : {"", "http://a", "localhost:9090", "http://u:p@h:80/x?y#z", "/path",
                          "http://[::1]:9090/", "unix:///var/run/x", "http://"})
    EXPECT_TRUE(CheckUrl(url).ok()) << url;
}

TEST(UrlTextTest, RefusesWhatGoRefuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"://x", "parse \"://x\": missing protocol scheme"},
      {"1.2.3.4:80", "parse \"1.2.3.4:80\": first path segment in URL cannot contain colon"},
      {"http://a b", "parse \"http://a b\": invalid character \" \" in host name"},
      {"http://a:x", "parse \"http://a:x\": invalid port \":x\" after host"},
      {"http://[::1", "parse \"http://[::1\": missing ']' in host"},
      {"http://a/%zz", "parse \"http://a/%zz\": invalid URL escape \"%zz\""}};
  for (const auto& [url, message] : cases) {
    const Status status = CheckUrl(url);
    ASSERT_FALSE(status.ok()) << url;
    EXPECT_EQ(status.error().message(), message);
  }
}

TEST(UrlTextTest, HttpUrlsNeedSchemeAndHost) {
  EXPECT_TRUE(CheckHttpUrl("https://a/b").ok());
  for (const char* url : {"ftp://a", "a.com", "http://", ""})
    EXPECT_FALSE(CheckHttpUrl(url).ok()) << url;
}

TEST(UrlTextTest, RedactsOnlyPasswords) {
  EXPECT_EQ(RedactUrl("http://u:secret@h/p"), "http://u:xxxxx@h/p");
  EXPECT_EQ(RedactUrl("http://u@h:80/p"), "http://u@h:80/p");
  EXPECT_EQ(RedactUrl("http://h:80"), "http://h:80");
}

}  // namespace
}  // namespace tocsin::config
