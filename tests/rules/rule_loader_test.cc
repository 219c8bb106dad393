#include "rules/rule_loader.h"

#include "rules/rule_fixture.h"

namespace tocsin::rules {
namespace {

class RuleLoaderTest : public RuleTest {
 protected:
  RuleDefaults Defaults() {
    RuleDefaults defaults;
    defaults.environment = std::make_shared<const TemplateEnvironment>();
    return defaults;
  }
  std::string ErrorOf(const std::string& rules) {
    const auto file = config::ParseRuleFile(rules, "r.yml");
    if (!file) return file.error().message();
    const auto groups = BuildRuleGroups(*file, Defaults(), queries_);
    return groups.ok() ? "no error" : groups.error().message();
  }
};

TEST_F(RuleLoaderTest, ExpressionsAreParsedInPlace) {
  const std::string error =
      ErrorOf("groups:\n- name: g\n  rules:\n  - record: a\n    expr: up +\n");
  EXPECT_THAT(error, testing::StartsWith("r.yml:5:11: group \"g\", rule 1, \"a\": could not parse "
                                         "expression: 1:5: parse error: "));
}

TEST_F(RuleLoaderTest, TemplatesAreParsed) {
  EXPECT_THAT(
      ErrorOf("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      "
              "x: '{{ $valeu }}'\n"),
      testing::StartsWith("r.yml:4:5: group \"g\", rule 1, \"A\": annotation \"x\": template: "
                          "__alert_A:1: undefined variable \"$valeu\""));
  EXPECT_THAT(ErrorOf("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {x: "
                      "'{{ if }}'}\n"),
              testing::StartsWith("r.yml:4:5: group \"g\", rule 1, \"A\": label \"x\": "));
}

TEST_F(RuleLoaderTest, GroupsTakeDefaultsAndLabels) {
  const auto file = config::ParseRuleFile(
      "groups:\n- name: g\n  labels: {team: a, x: group}\n  rules:\n  - record: r\n    expr: up\n  "
      "  labels: {x: rule}\n- name: h\n  interval: 5s\n  query_offset: 7s\n",
      "r.yml");
  ASSERT_TRUE(file.ok());
  RuleDefaults defaults = Defaults();
  defaults.interval = std::chrono::seconds(30);
  defaults.query_offset = std::chrono::seconds(2);
  const auto groups = BuildRuleGroups(*file, defaults, queries_);
  ASSERT_TRUE(groups.ok()) << groups.error().message();
  EXPECT_EQ((*groups)[0].interval_ns, 30 * kSecondNs);
  EXPECT_EQ((*groups)[0].query_offset_ms, 2000);
  EXPECT_EQ((*groups)[1].interval_ns, 5 * kSecondNs);
  EXPECT_EQ((*groups)[1].query_offset_ms, 7000);
  EXPECT_EQ((*groups)[0].rules[0]->labels(), (LabelPairs{{"team", "a"}, {"x", "rule"}}));
}

TEST_F(RuleLoaderTest, UpstreamRuleFilesLoadOrFail) {
  const std::string directory = TOCSIN_UPSTREAM_DIR "/prometheus/model/rulefmt/testdata/";
  const auto entries = fs_.List(directory);
  if (!entries) GTEST_SKIP() << "skipped: no " << directory;
  for (const DirectoryEntry& entry : *entries) {
    // Wrong only where names are held to the legacy rules, which rules are not here.
    if (entry.name == "legacy_validation_annotation.bad.yaml") continue;
    const auto groups = LoadRuleGroups(fs_, {directory + entry.name}, Defaults(), queries_);
    const bool is_bad = entry.name.find(".bad.") != std::string::npos;
    EXPECT_EQ(groups.ok(), !is_bad)
        << entry.name << ": " << (groups.ok() ? "loaded" : groups.error().message());
  }
}

TEST_F(RuleLoaderTest, LargeFileLoads) {
  const std::string path = TOCSIN_UPSTREAM_DIR "/prometheus/cmd/promtool/testdata/rules_large.yml";
  if (!fs_.Exists(path)) GTEST_SKIP() << "skipped: no " << path;
  const auto groups = LoadRuleGroups(fs_, {path}, Defaults(), queries_);
  ASSERT_TRUE(groups.ok()) << groups.error().message();
  EXPECT_FALSE(groups->empty());
}

}  // namespace
}  // namespace tocsin::rules
