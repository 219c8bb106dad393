#include "model/regex.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include "model/matcher.h"

namespace tocsin {
namespace {

TEST(RegexTest, FastPathsAgreeWithTheEngine) {
  const char* patterns[] = {
      "",      "a",       "abc",   "a|b|",      "(a|bc)",  "(?:a|bc|a)", "a.*", "a.+",     ".*a",
      ".+a",   ".*a.*",   ".+a.+", ".*",        ".+",      "(.*)",       "a?",  "ab*",     "ab+c",
      "a\\.b", "a\\.b.*", "a{2}",  "ab{1,2}.*", "(a)|(b)", "a|b.*",      "^a$", "(?i)abc", "a\\db",
      ".*a|b", "a.*b",    ".*?a",  "a.*?",      "[ab]c",   "grün.*",     "ü?x", "(?i:a)b", ".*\\n"};
  const char* texts[] = {"",        "a",   "b",    "bc",    "abc", "ab",  "abb", "aa",  "xa",
                         "ax",      "xax", "a.b",  "a.bc",  "acb", "a1b", "ABC", "a\n", "\n",
                         "x\na\ny", "ac",  "grün", "grünx", "üx",  "x",   "Ab"};
  for (const auto dot : {Regex::Dot::kMatchesNewline, Regex::Dot::kNotNewline}) {
    RE2::Options options;
    options.set_dot_nl(dot == Regex::Dot::kMatchesNewline);
    for (const char* pattern : patterns) {
      const auto regex = Regex::Compile(pattern, dot);
      ASSERT_TRUE(regex.ok()) << pattern;
      const RE2 engine(pattern, options);
      for (const char* text : texts) {
        EXPECT_EQ(regex->Matches(text), RE2::FullMatch(text, engine)) << pattern << " on " << text;
      }
    }
  }
}

TEST(RegexTest, KnowsLiteralChoicesAndPrefixes) {
  EXPECT_EQ(Regex::Compile("b|a|b")->literal_choices(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(Regex::Compile("a.*")->literal_choices().empty());
  EXPECT_EQ(Regex::Compile("node_.*x")->literal_prefix(), "node_");
  EXPECT_EQ(Regex::Compile("nodes?")->literal_prefix(), "node");
  EXPECT_EQ(Regex::Compile("node|x.*")->literal_prefix(), "");
}

TEST(RegexTest, ErrorsReadAsGos) {
  const struct {
    const char* pattern;
    const char* error;
  } cases[] = {{"(a", "error parsing regexp: missing closing ): `(a`"},
               {"a)", "error parsing regexp: unexpected ): `a)`"},
               {"*", "error parsing regexp: missing argument to repetition operator: `*`"},
               {"a**", "error parsing regexp: invalid nested repetition operator: `**`"},
               {"[a", "error parsing regexp: missing closing ]: `[a`"},
               {"a\\", "error parsing regexp: trailing backslash at end of expression: ``"}};
  for (const auto& c : cases) {
    const auto regex = Regex::Compile(c.pattern);
    ASSERT_FALSE(regex.ok());
    EXPECT_EQ(regex.error().message(), c.error);
  }
}

TEST(RegexTest, ExpandsReferencesAsGo) {
  const auto regex = Regex::Compile("(?P<first>a+)-(b*)");
  std::string out;
  ASSERT_TRUE(regex->Expand("aa-b", "$1 ${2} $first ${first}x $$ $1x $9 $ ${", out));
  EXPECT_EQ(out, "aa b aa aax $   $ ${");
  EXPECT_FALSE(regex->Expand("c", "$1", out));
}

TEST(RegexTest, ReplacesAllAsGo) {
  const auto replace = [](const char* pattern, const char* text, const char* replacement) {
    return Regex::CompileUnanchored(pattern)->ReplaceAll(text, replacement);
  };
  EXPECT_EQ(replace("a+", "baaac", "x"), "bxc");
  EXPECT_EQ(replace("a*", "baaac", "x"), "xbxcx");
  EXPECT_EQ(replace("", "ab", "-"), "-a-b-");
  EXPECT_EQ(replace("(l)(o)", "hello", "$2$1"), "helol");
  EXPECT_EQ(replace("z", "abc", "x"), "abc");
}

TEST(QuoteRegexTest, EscapesMetaCharacters) {
  EXPECT_EQ(QuoteRegex("team.db(1)"), "team\\.db\\(1\\)");
}

TEST(MatcherTest, AbsentLabelIsEmpty) {
  const Labels labels{{"a", "1"}};
  EXPECT_TRUE(Matcher::Equal("b", "").Matches(labels));
  EXPECT_FALSE(Matcher::Make(MatchType::kRegex, "b", ".+")->Matches(labels));
  EXPECT_TRUE(Matcher::Make(MatchType::kNotRegex, "a", "2|3")->Matches(labels));
  EXPECT_EQ(Matcher::Make(MatchType::kNotEqual, "my.label", "x\"")->ToString(),
            R"("my.label"!="x\"")");
}

}  // namespace
}  // namespace tocsin
