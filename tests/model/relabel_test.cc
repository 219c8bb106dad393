#include "model/relabel.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

using Action = RelabelRule::Action;

RelabelRule Rule(Action action, std::vector<std::string> sources, const char* regex,
                 const char* target = "", const char* replacement = "$1") {
  RelabelRule rule;
  rule.action = action;
  rule.source_labels = std::move(sources);
  rule.regex = *Regex::Compile(regex);
  rule.target_label = target;
  rule.replacement = replacement;
  return rule;
}

// The label set after one rule, or "dropped".
std::string Apply(const RelabelRule& rule, const Labels& labels) {
  LabelsBuilder builder(labels);
  return Relabel({&rule, 1}, builder) ? builder.Build().ToString() : "dropped";
}

TEST(RelabelTest, Replace) {
  const Labels labels{{"a", "foo"}, {"b", "bar"}};
  EXPECT_EQ(Apply(Rule(Action::kReplace, {"a", "b"}, "f(.*);(.*)r", "c", "$1-$2"), labels),
            R"({a="foo", b="bar", c="oo-ba"})");
  EXPECT_EQ(Apply(Rule(Action::kReplace, {"a"}, "nope", "a", "x"), labels),
            R"({a="foo", b="bar"})");
  EXPECT_EQ(Apply(Rule(Action::kReplace, {"a"}, "(.*)", "b", ""), labels), R"({a="foo"})");
  EXPECT_EQ(Apply(Rule(Action::kReplace, {"a"}, "(.*)", "label_${1}", "x"), labels),
            R"({a="foo", b="bar", label_foo="x"})");
}

TEST(RelabelTest, KeepAndDrop) {
  const Labels labels{{"a", "foo"}, {"b", "foo"}};
  EXPECT_EQ(Apply(Rule(Action::kKeep, {"a"}, "fo"), labels), "dropped");
  EXPECT_NE(Apply(Rule(Action::kKeep, {"a"}, "fo+"), labels), "dropped");
  EXPECT_EQ(Apply(Rule(Action::kDrop, {"a"}, "foo"), labels), "dropped");
  EXPECT_NE(Apply(Rule(Action::kKeepEqual, {"a"}, "", "b"), labels), "dropped");
  EXPECT_EQ(Apply(Rule(Action::kDropEqual, {"a"}, "", "b"), labels), "dropped");
}

// md5("foo") ends in eight bytes that are 0x...; the vector is upstream's: mod 1000 of "foo" is
// 976.
TEST(RelabelTest, HashModIsUpstreams) {
  RelabelRule rule = Rule(Action::kHashMod, {"c"}, "(.*)", "d");
  rule.modulus = 1000;
  EXPECT_EQ(Apply(rule, Labels{{"c", "baz"}}), R"({c="baz", d="976"})");
}

TEST(RelabelTest, LabelNames) {
  const Labels labels{{"__meta_a", "1"}, {"__meta_b", "2"}, {"c", "3"}};
  EXPECT_EQ(Apply(Rule(Action::kLabelMap, {}, "__meta_(.*)"), labels),
            R"({__meta_a="1", __meta_b="2", a="1", b="2", c="3"})");
  EXPECT_EQ(Apply(Rule(Action::kLabelDrop, {}, "__meta_.*"), labels), R"({c="3"})");
  EXPECT_EQ(Apply(Rule(Action::kLabelKeep, {}, "__meta_.*"), labels),
            R"({__meta_a="1", __meta_b="2"})");
}

TEST(RelabelTest, ChangesCase) {
  const Labels labels{{"a", "ÄbC"}};
  EXPECT_EQ(Apply(Rule(Action::kLowercase, {"a"}, "", "a"), labels), R"({a="äbc"})");
  EXPECT_EQ(Apply(Rule(Action::kUppercase, {"a"}, "", "a"), labels), R"({a="ÄBC"})");
}

}  // namespace
}  // namespace tocsin
