#include "config/alertmanager_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::config {
namespace {

// The matchers that `text` means, each as text, or the error.
std::string Meaning(std::string_view text, MatcherMode mode) {
  const auto matchers = ParseAlertmanagerMatchers(text, mode);
  if (!matchers) return "error: " + matchers.error().message();
  std::string joined;
  for (const Matcher& matcher : *matchers)
    joined += (joined.empty() ? "" : ",") + FormatAlertmanagerMatcher(matcher);
  return joined;
}

struct Row {
  const char* text;
  const char* utf8;
  const char* classic;
  const char* fallback;
};

TEST(AlertmanagerMatchersTest, EachModeReadsItsGrammar) {
  const Row rows[] = {
      {"", "", "", ""},
      {"{}", "", "", ""},
      {"foo=bar", "foo=\"bar\"", "foo=\"bar\"", "foo=\"bar\""},
      {"{foo=\"bar\"}", "foo=\"bar\"", "foo=\"bar\"", "foo=\"bar\""},
      {"{foo=bar,}", "foo=\"bar\"", "foo=\"bar\"", "foo=\"bar\""},
      {"foo=bar,baz!~\"q.*\"", "foo=\"bar\",baz!~\"q.*\"", "foo=\"bar\",baz!~\"q.*\"",
       "foo=\"bar\",baz!~\"q.*\""},
      // Only the new grammar.
      {"foo🙂=bar", "foo🙂=\"bar\"", "error: bad matcher format: foo🙂=bar",
       "foo🙂=\"bar\""},
      {"\"a b\"=c", "\"a b\"=\"c\"", "error: bad matcher format: \"a b\"=c", "\"a b\"=\"c\""},
      // Only the old one.
      {"foo=", "error: 0:4: end of input: expected label value", "foo=\"\"", "foo=\"\""},
      {"foo=a b", "error: 6:7: unexpected b: expected a comma or close brace", "foo=\"a b\"",
       "foo=\"a b\""},
      // The old grammar takes the closing brace for that of the list.
      {"foo=~a|b{2}", "error: 8:9: unexpected {: expected a comma or close brace", "foo=~\"a|b{2\"",
       "foo=~\"a|b{2\""},
      // Both, with different meanings: the old one wins.
      {"foo=\"\\xf0\\x9f\\x99\\x82\"", "foo=\"🙂\"", "foo=\"\\\\xf0\\\\x9f\\\\x99\\\\x82\"",
       "foo=\"\\\\xf0\\\\x9f\\\\x99\\\\x82\""},
      {"foo=\"a\\tb\"", "foo=\"a\tb\"", "foo=\"a\\\\tb\"", "foo=\"a\\\\tb\""},
      // Neither: the old one's complaint.
      {"foo", "error: 0:3: end of input: expected an operator such as '=', '!=', '=~' or '!~'",
       "error: bad matcher format: foo", "error: bad matcher format: foo"},
      {"{foo=bar", "error: 0:8: end of input: expected close brace", "foo=\"bar\"", "foo=\"bar\""},
      {"foo=\"bar", "error: 4:8: \"bar: missing end \"",
       "error: matcher value contains unescaped double quote: \"bar",
       "error: matcher value contains unescaped double quote: \"bar"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Meaning(row.text, MatcherMode::kUtf8Strict), row.utf8) << row.text;
    EXPECT_EQ(Meaning(row.text, MatcherMode::kClassic), row.classic) << row.text;
    EXPECT_EQ(Meaning(row.text, MatcherMode::kFallback), row.fallback) << row.text;
  }
}

TEST(AlertmanagerMatchersTest, FallbackWarnsWhereGrammarsDiffer) {
  ConfigWarnings warnings;
  ASSERT_TRUE(ParseAlertmanagerMatchers("foo=", MatcherMode::kFallback, &warnings).ok());
  ASSERT_TRUE(ParseAlertmanagerMatchers("foo=\"a\\tb\"", MatcherMode::kFallback, &warnings).ok());
  ASSERT_TRUE(ParseAlertmanagerMatchers("foo=bar", MatcherMode::kFallback, &warnings).ok());
  EXPECT_THAT(warnings, testing::SizeIs(2));
}

TEST(AlertmanagerMatchersTest, SingleMatcherRefusesBraces) {
  const auto error = [](std::string_view text) {
    const auto matcher = ParseAlertmanagerMatcher(text);
    return matcher.ok() ? FormatAlertmanagerMatcher(*matcher) : matcher.error().message();
  };
  EXPECT_EQ(error("{foo=bar}"), "unexpected open or close brace: {foo=bar}");
  EXPECT_EQ(error("foo=bar}"), "unexpected open or close brace: foo=bar}");
  EXPECT_EQ(error("foo=bar"), "foo=\"bar\"");
  EXPECT_EQ(error("foo=bar,baz=q"), "foo=\"bar,baz=q\"");  // The old grammar reads it as a value.
}

TEST(AlertmanagerMatchersTest, RegexesAreAnchoredAndStopAtNewlines) {
  const auto matcher = ParseAlertmanagerMatcher("foo=~\"a.b\"");
  ASSERT_TRUE(matcher.ok());
  EXPECT_TRUE(matcher->Matches(std::string_view("axb")));
  EXPECT_FALSE(matcher->Matches(std::string_view("xaxb")));
  EXPECT_FALSE(matcher->Matches(std::string_view("a\nb")));
}

TEST(AlertmanagerMatchersTest, BadRegexIsRefused) {
  EXPECT_FALSE(ParseAlertmanagerMatchers("foo=~\"(\"").ok());
}

TEST(AlertmanagerMatchersTest, NamesFollowTheMode) {
  EXPECT_TRUE(IsAlertmanagerLabelName("a.b", MatcherMode::kFallback));
  EXPECT_FALSE(IsAlertmanagerLabelName("a.b", MatcherMode::kClassic));
  EXPECT_FALSE(IsAlertmanagerLabelName("", MatcherMode::kFallback));
}

}  // namespace
}  // namespace tocsin::config
