#include "discovery/target_labels.h"

#include <gtest/gtest.h>

namespace tocsin::discovery {
namespace {

TEST(TargetLabelsTest, NamesAreSanitisedByCharacter) {
  EXPECT_EQ(SanitizeLabelName("app.kubernetes.io/name"), "app_kubernetes_io_name");
  EXPECT_EQ(SanitizeLabelName("\xC3\xA4\xE2\x82\xACz"), "__z");
  EXPECT_EQ(SanitizeLabelName("0k"), "0k");
}

TEST(TargetLabelsTest, AddressesPutIpv6InBrackets) {
  EXPECT_EQ(JoinHostPort("a", 80), "a:80");
  EXPECT_EQ(JoinHostPort("::1", "http"), "[::1]:http");
}

TEST(TargetLabelsTest, ScalarsHaveTheirText) {
  const auto json = ParseJson(R"(["a", 7, 2.5, true, null, [], {}])");
  ASSERT_TRUE(json);
  std::string texts;
  for (const JsonValue& item : Items(&*json)) texts += ScalarText(&item) + "|";
  EXPECT_EQ(texts, "a|7|2.5|true||||");
  EXPECT_EQ(ScalarText(nullptr), "");
}

TEST(TargetLabelsTest, WhatIsMissingIsEmpty) {
  const auto json = ParseJson(R"({"a": {"b": 1}})");
  ASSERT_TRUE(json);
  EXPECT_EQ(IntegerOf(FindPath(*json, {"a", "b"})), 1);
  EXPECT_EQ(FindPath(*json, {"a", "c", "d"}), nullptr);
  EXPECT_TRUE(Items(json->Find("a")).empty());
  EXPECT_TRUE(Members(nullptr).empty());
  EXPECT_TRUE(Strings(nullptr).empty());
  EXPECT_FALSE(IsTrue(json->Find("a")));
}

TEST(TargetLabelsTest, TheLastOfANameWins) {
  const auto json = ParseJson(R"({"a-b": "1", "a.b": "2", "c": ""})");
  ASSERT_TRUE(json);
  TargetLabels labels("__meta_x_");
  labels.SetMembers("label_", &*json);
  TargetLabels other("__meta_x_");
  other.Set("d", "3");
  labels.Merge(other);
  EXPECT_EQ(labels.Build(), (Labels{{"__meta_x_label_a_b", "2"}, {"__meta_x_d", "3"}}));
  EXPECT_EQ(JoinSurrounded({"a", "b"}, ","), ",a,b,");
  EXPECT_EQ(JoinSurrounded({}, ","), "");
}

}  // namespace
}  // namespace tocsin::discovery
