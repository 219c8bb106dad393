#include "http/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(UrlTest, ParsesEveryPart) {
  const auto url = ParseUrl("HTTPS://us%65r:p%40ss@Example.com:9090/a%20b/c?x=1&y=%20#frag%21");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->username, "user");
  EXPECT_EQ(url->password, "p@ss");
  EXPECT_EQ(url->host, "Example.com");
  EXPECT_EQ(url->port, "9090");
  EXPECT_EQ(url->path, "/a b/c");
  EXPECT_EQ(url->raw_path, "/a%20b/c");
  EXPECT_EQ(url->raw_query, "x=1&y=%20");
  EXPECT_EQ(url->fragment, "frag!");
}

TEST(UrlTest, ToStringGivesTheTextAgain) {
  for (const char* text :
       {"http://localhost:9090/metrics", "http://[::1]:9090/x?a=b", "/relative?x=1", "http://h",
        "https://user:secret@host/", "mailto:a@b.c", "//host/path", ""}) {
    const auto url = ParseUrl(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->ToString(), text);
  }
}

TEST(UrlTest, RedactsThePassword) {
  EXPECT_EQ(ParseUrl("http://me:secret@h/x")->Redacted(), "http://me:xxxxx@h/x");
}

TEST(UrlTest, KeepsIpv6WithoutBrackets) {
  const auto url = ParseUrl("http://[fe80::1]:80/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "fe80::1");
  EXPECT_EQ(url->HostPort(), "[fe80::1]:80");
}

TEST(UrlTest, RefusesWithGosTexts) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://h/%zz", "parse \"http://h/%zz\": invalid URL escape \"%zz\""},
      {"http://h/%a", "parse \"http://h/%a\": invalid URL escape \"%a\""},
      {"http://h:port/", "parse \"http://h:port/\": invalid port \":port\" after host"},
      {"http://[::1/", "parse \"http://[::1/\": missing ']' in host"},
      {":x", "parse \":x\": missing protocol scheme"},
      {"http://a b/", "parse \"http://a b/\": invalid character \" \" in host name"},
  };
  for (const auto& [text, message] : cases) {
    const auto url = ParseUrl(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().message(), message);
  }
}

TEST(UrlTest, EscapesAsGo) {
  EXPECT_EQ(QueryEscape("a b&c=d/e+f~ä"), "a+b%26c%3Dd%2Fe%2Bf~%C3%A4");
  EXPECT_EQ(PathEscape("a b&c=d/e+f:@$"), "a%20b&c=d%2Fe+f:@$");
  EXPECT_EQ(*QueryUnescape("a+b%26"), "a b&");
  EXPECT_EQ(*PathUnescape("a+b%26"), "a+b&");
}

TEST(UrlTest, DecodesFormsInOrder) {
  Fields fields;
  EXPECT_TRUE(DecodeForm("match[]=up&match%5B%5D=a+b&&empty=&bare", fields));
  EXPECT_THAT(fields, ElementsAre(Pair("match[]", "up"), Pair("match[]", "a b"), Pair("empty", ""),
                                  Pair("bare", "")));
}

TEST(UrlTest, SkipsBadPairsAndReportsTheFirst) {
  Fields fields;
  const Status status = DecodeForm("a=1;b=2&c=%zz&d=3", fields);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "invalid semicolon separator in query");
  EXPECT_THAT(fields, ElementsAre(Pair("d", "3")));
}

TEST(UrlTest, EncodedFormDecodesToTheSame) {
  const Fields fields = {{"query", "sum(rate(x{a=~\"b|c\"}[5m])) & 1"}, {"time", "1"}, {"", "ü;"}};
  Fields decoded;
  EXPECT_TRUE(DecodeForm(EncodeForm(fields), decoded));
  EXPECT_EQ(decoded, fields);
}

}  // namespace
}  // namespace tocsin::http
