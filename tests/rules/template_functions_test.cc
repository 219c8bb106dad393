#include "rules/template_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/alert_template.h"

namespace tocsin::rules {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'500;

// Expands `text` for a series {job="x", n="5"} with value 1234.5.
std::string Expand(const std::string& text) {
  const TemplateEnvironment environment{"http://tocsin:9090/sub", Labels{{"dc", "fra"}}};
  const AlertTemplates templates("Name", {{"t", text}}, environment);
  const auto query = [](std::string_view expr) -> Result<promql::InstantVector> {
    if (expr == "bad") return Error(ErrorCode::kInvalidArgument, "no such thing");
    if (expr == "none") return promql::InstantVector{};
    return promql::InstantVector{{Labels{{"__name__", "m"}, {"a", "2"}}, 0, 22, nullptr},
                                 {Labels{{"__name__", "m"}, {"a", "1"}}, 0, 11, nullptr}};
  };
  std::string out;
  templates.Expand(MakeAlertData(Labels{{"job", "x"}, {"n", "5"}}, 1234.5, environment),
                   MakeMomentFunctions(query, kNowMs),
                   [&](const std::string&, const std::string& expanded) { out = expanded; });
  return out;
}

TEST(TemplateFunctionsTest, VariablesAndFunctions) {
  const std::pair<const char*, const char*> rows[] = {
      {"plain", "plain"},
      {"{{ $labels.job }} {{ $value }}", "x 1234.5"},
      {"[{{ $labels.missing }}]", "[]"},
      {"{{ $externalLabels.dc }} {{ $externalURL }}", "fra http://tocsin:9090/sub"},
      {"{{ .Labels.job }} {{ .Value }}", "x 1234.5"},
      {"{{ humanize $value }}", "1.234k"},
      {"{{ $value | humanize1024 }}", "1.206ki"},
      {"{{ humanizeDuration 3700 }}", "1h 1m 40s"},
      {"{{ humanizePercentage 0.25 }}", "25%"},
      {"{{ humanizePercentage \"0.25\" }}", "25%"},
      {"{{ humanizeTimestamp 1435065584.128 }}", "2015-06-23 13:19:44.128 +0000 UTC"},
      {"{{ (toTime 1435065584).Year }}", "2015"},
      {"{{ toDuration 90 }}", "1m30s"},
      {"{{ now }}", "1.7000000005e+09"},
      {"{{ toUpper \"ab\" }}{{ toLower \"AB\" }}{{ title \"a cd\" }}", "ABabA Cd"},
      {"{{ reReplaceAll \"(a)b\" \"${1}x\" \"abab\" }}", "axax"},
      {"{{ match \"[0-9]+\" \"a5\" }}", "true"},
      {"{{ stripPort \"a:80\" }} {{ stripDomain \"a.b:80\" }}", "a a:80"},
      {"{{ graphLink \"up == 0\" }}", "/graph?g0.expr=up+%3D%3D+0&g0.tab=0"},
      {"{{ tableLink \"a+b\" }}", "/graph?g0.expr=a%2Bb&g0.tab=1"},
      {"{{ pathPrefix }} {{ externalURL }}", "/sub http://tocsin:9090/sub"},
      {"{{ parseDuration \"1h30m\" }}", "5400"},
      {"{{ urlQueryEscape \"a b/c\" }}", "a+b%2Fc"},
      {"{{ safeHtml \"<b>\" }}", "<b>"},
      {"{{ with query \"m\" }}{{ . | first | value }}{{ end }}", "22"},
      {"{{ query \"m\" | first | label \"a\" }}", "2"},
      {"{{ range query \"m\" | sortByLabel \"a\" }}{{ .Labels.a }}={{ .Value }} {{ end }}",
       "1=11 2=22 "},
      {"{{ query \"m\" | len }} {{ query \"none\" | len }}", "2 0"},
      {"{{ (args 7 8).arg1 }}", "8"},
      {"{{ printf \"%.1f\" $value }} {{ $labels.n | printf \"%s\" }}", "1234.5 5"},
      {"{{ if gt $value 1000.0 }}high{{ else }}low{{ end }}", "high"},
      {"{{ if $labels.job }}yes{{ end }}", "yes"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(Expand(text), expected) << text;
}

TEST(TemplateFunctionsTest, FailuresBecomeText) {
  EXPECT_THAT(Expand("{{ query \"bad\" | first }}"),
              testing::MatchesRegex("<error expanding template: error executing template "
                                    "__alert_Name: .*no such thing>"));
  EXPECT_THAT(Expand("{{ query \"none\" | first | value }}"),
              testing::HasSubstr("first() called on vector with no elements"));
  EXPECT_THAT(Expand("{{ humanize \"x\" }}"), testing::HasSubstr("parsing \"x\": invalid syntax"));
  EXPECT_THAT(Expand("{{ nope }}"),
              testing::StartsWith("<error expanding template: error parsing template "
                                  "__alert_Name: template: __alert_Name:1:"));
  EXPECT_THAT(Expand("{{ reReplaceAll \"(\" \"\" \"\" }}"),
              testing::HasSubstr("missing closing )"));
}

TEST(TemplateFunctionsTest, ChecksFindWhatDoesNotParse) {
  EXPECT_TRUE(CheckAlertTemplate("A", "{{ $value | humanize }}").ok());
  EXPECT_FALSE(CheckAlertTemplate("A", "{{ $valeu }}").ok());
  EXPECT_FALSE(CheckAlertTemplate("A", "{{ if }}").ok());
}

TEST(TemplateFunctionsTest, UrlPathsHaveNoSlashAtTheEnd) {
  EXPECT_EQ(UrlPath("http://h:1"), "");
  EXPECT_EQ(UrlPath("http://h:1/"), "");
  EXPECT_EQ(UrlPath("http://h/a/b/?x=/y"), "/a/b");
}

}  // namespace
}  // namespace tocsin::rules
