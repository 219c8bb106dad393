#include "scraper/sample_labels.h"

#include <gtest/gtest.h>

namespace tocsin::scraper {
namespace {

Labels Merge(const Labels& sample, const SampleLabelRules& rules,
             const std::vector<std::string>& empty_names = {}) {
  LabelsBuilder labels(sample);
  const Labels target = {{"instance", "i"}, {"job", "j"}};
  return AddTargetLabels(target, rules, empty_names, labels) ? labels.Build() : Labels();
}

TEST(SampleLabelsTest, TargetLabelsWinAndRenameTheSamples) {
  EXPECT_EQ(Merge({{"__name__", "a"}, {"job", "own"}}, {}),
            (Labels{{"__name__", "a"}, {"exported_job", "own"}, {"instance", "i"}, {"job", "j"}}));
}

TEST(SampleLabelsTest, ThePrefixIsRepeatedWhileTheNameIsTaken) {
  EXPECT_EQ(Merge({{"__name__", "a"}, {"job", "1"}, {"exported_job", "2"}}, {}),
            (Labels{{"__name__", "a"},
                    {"exported_exported_job", "1"},
                    {"exported_job", "2"},
                    {"instance", "i"},
                    {"job", "j"}}));
}

TEST(SampleLabelsTest, HonoredSampleLabelsWinEvenWhenEmpty) {
  SampleLabelRules rules;
  rules.honor_labels = true;
  EXPECT_EQ(Merge({{"__name__", "a"}, {"job", "own"}}, rules),
            (Labels{{"__name__", "a"}, {"instance", "i"}, {"job", "own"}}));
  EXPECT_EQ(Merge({{"__name__", "a"}}, rules, {"instance"}),
            (Labels{{"__name__", "a"}, {"job", "j"}}));
}

TEST(SampleLabelsTest, RelabelingComesAfterTheTargetsLabels) {
  RelabelRule rule;
  rule.source_labels = {"job", "__name__"};
  rule.regex = *Regex::Compile("j;a");
  rule.action = RelabelRule::Action::kDrop;
  SampleLabelRules rules;
  rules.metric_relabel_configs = {rule};
  EXPECT_TRUE(Merge({{"__name__", "a"}}, rules).empty());
  EXPECT_FALSE(Merge({{"__name__", "b"}}, rules).empty());
}

std::string CheckError(const Labels& labels, const SampleLabelRules& rules) {
  const Status status = CheckSampleLabels(labels, rules);
  return status ? "" : status.error().message();
}

TEST(SampleLabelsTest, LimitsAndNamesAreCheckedInUpstreamsWords) {
  const std::string long_name(60, 'n');
  SampleLabelRules rules;
  EXPECT_EQ(CheckError({{"x", "1"}}, rules), "missing metric name (__name__ label)");
  EXPECT_EQ(CheckError({{"__name__", "a.b"}, {"x-y", "1"}}, rules), "");
  rules.legacy_names = true;
  EXPECT_EQ(CheckError({{"__name__", "a"}, {"x-y", "1"}}, rules),
            "invalid metric name or label names: {__name__=\"a\", \"x-y\"=\"1\"}");
  rules.label_limit = 2;
  EXPECT_EQ(
      CheckError({{"__name__", long_name}, {"x", "1"}, {"y", "1"}}, rules),
      "label_limit exceeded (metric: " + std::string(50, 'n') + ", number of labels: 3, limit: 2)");
  rules = {};
  rules.label_name_length_limit = 8;
  EXPECT_EQ(CheckError({{"__name__", "a"}, {"xxxxxxxxx", "1"}}, rules),
            "label_name_length_limit exceeded (metric: a, label name: xxxxxxxxx, length: 9, limit: "
            "8)");
  rules = {};
  rules.label_value_length_limit = 3;
  EXPECT_EQ(CheckError({{"__name__", "a"}, {"x", "äää"}}, rules),
            "label_value_length_limit exceeded (metric: a, label name: x, value: \"äää\", length: "
            "6, limit: 3)");
}

TEST(SampleLabelsTest, ReportSeriesCarryTheTargetsLabels) {
  EXPECT_EQ(ReportLabels({{"job", "j"}}, "up"), (Labels{{"__name__", "up"}, {"job", "j"}}));
}

}  // namespace
}  // namespace tocsin::scraper
