#include "config/target_group_file.h"

#include <gtest/gtest.h>

namespace tocsin::config {
namespace {

std::string ErrorOf(std::string_view text, const std::string& path) {
  const auto groups = ParseTargetGroupFile(text, path);
  return groups.ok() ? "no error" : groups.error().message();
}

TEST(TargetGroupFileTest, JsonAndYamlGiveTheSameGroups) {
  const auto json = ParseTargetGroupFile(
      R"([{"targets":["a:1","b:2"],"labels":{"x":"y"}},{"targets":["c:3"]}])", "/d/t.json");
  const auto yaml = ParseTargetGroupFile(
      "- targets: ['a:1', 'b:2']\n  labels: {x: y}\n- targets: ['c:3']\n", "/d/t.yml");
  ASSERT_TRUE(json.ok()) << json.error().message();
  ASSERT_TRUE(yaml.ok()) << yaml.error().message();
  ASSERT_EQ(json->size(), 2u);
  ASSERT_EQ(yaml->size(), 2u);
  EXPECT_EQ((*json)[0].targets, (*yaml)[0].targets);
  EXPECT_EQ((*json)[0].targets[1], (Labels{{"__address__", "b:2"}}));
  EXPECT_EQ((*json)[0].labels, (Labels{{"__meta_filepath", "/d/t.json"}, {"x", "y"}}));
  EXPECT_EQ((*yaml)[1].source, "/d/t.yml:1");
}

TEST(TargetGroupFileTest, EmptyFileHasNoGroups) {
  EXPECT_TRUE(ParseTargetGroupFile("", "t.yml")->empty());
  EXPECT_TRUE(ParseTargetGroupFile("[]", "t.json")->empty());
}

TEST(TargetGroupFileTest, ErrorsNameTheFile) {
  EXPECT_EQ(ErrorOf("- targets: ['a']\n  lables: {}\n", "t.yml"),
            "t.yml:2:3: unknown key (lables)");
  EXPECT_EQ(ErrorOf(R"([{"targets":["a"],"x":1}])", "t.json"), "t.json: unknown key (x)");
  EXPECT_EQ(ErrorOf("- targets: ['a']\n-\n", "t.yml"),
            "t.yml:2:1: nil target group item found (index 1)");
  EXPECT_EQ(ErrorOf("targets: ['a']\n", "t.yml"), "t.yml:1:1: expected a list (a mapping)");
  EXPECT_EQ(ErrorOf("- targets: a\n", "t.yml"), "t.yml:1:12: expected a list (a)");
  EXPECT_EQ(ErrorOf("x", "t.txt"), "t.txt: unknown file extension of a target file (.txt)");
}

}  // namespace
}  // namespace tocsin::config
