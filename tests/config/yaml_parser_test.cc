#include "config/yaml_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tocsin::config {
namespace {

YamlNode Parse(std::string_view text) {
  const auto node = ParseYaml(text, "f.yml");
  EXPECT_TRUE(node.ok()) << node.error().message();
  return node.ok() ? *node : YamlNode();
}

std::string ErrorOf(std::string_view text) {
  const auto node = ParseYaml(text, "f.yml");
  return node.ok() ? "no error" : node.error().message();
}

TEST(YamlParserTest, NodesKnowTheirPlaces) {
  const YamlNode root = Parse("a: 1\nlist:\n  - x\n  - k: v\n");
  ASSERT_TRUE(root.is_mapping());
  const YamlNode& list = *root.Find("list");
  EXPECT_EQ(list.items[0].line, 3);
  EXPECT_EQ(list.items[0].column, 5);
  EXPECT_EQ(list.items[1].Find("k")->line, 4);
  EXPECT_EQ(list.items[1].Find("k")->column, 8);
}

TEST(YamlParserTest, EmptyTextIsNull) {
  EXPECT_TRUE(Parse("").is_null());
  EXPECT_TRUE(Parse("# only a comment\n").is_null());
  EXPECT_TRUE(Parse("---\n").is_null());
}

TEST(YamlParserTest, QuotedScalarsAreMarked) {
  const YamlNode root = Parse("a: 'true'\nb: true\nc: \"1\"\nd: |\n  text\ne: ''\nf: ~\n");
  EXPECT_TRUE(root.Find("a")->is_quoted);
  EXPECT_FALSE(root.Find("b")->is_quoted);
  EXPECT_TRUE(root.Find("c")->is_quoted);
  EXPECT_EQ(root.Find("d")->text, "text\n");
  EXPECT_TRUE(root.Find("e")->is_scalar());
  EXPECT_TRUE(root.Find("f")->is_null());
}

TEST(YamlParserTest, OnlyTheFirstDocumentCounts) {
  EXPECT_EQ(Parse("a: 1\n---\nb: 2\n").entries.size(), 1u);
}

TEST(YamlParserTest, AliasesAreExpandedAtTheirPlace) {
  const YamlNode root = Parse("a: &x\n  k: v\nb: *x\n");
  EXPECT_EQ(root.Find("b")->Find("k")->text, "v");
  EXPECT_EQ(root.Find("b")->line, 3);
}

TEST(YamlParserTest, MergeKeysGiveWayToOwnKeys) {
  const YamlNode root =
      Parse("x: &x {k: 1, l: 2}\ny: &y {l: 3, m: 4}\nz:\n  k: 9\n  <<: [*x, *y]\n");
  const YamlNode& z = *root.Find("z");
  EXPECT_EQ(z.entries.size(), 3u);
  EXPECT_EQ(z.Find("k")->text, "9");
  EXPECT_EQ(z.Find("l")->text, "2");
  EXPECT_EQ(z.Find("m")->text, "4");
}

TEST(YamlParserTest, BinaryIsDecoded) {
  EXPECT_EQ(Parse("a: !!binary \"aGVsbG8=\"\n").Find("a")->text, "hello");
}

TEST(YamlParserTest, ErrorsNameThePlace) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n"), "f.yml:3:1: key already set in this block (a)");
  EXPECT_EQ(ErrorOf("a: [1, 2\nb: 3\n"), "f.yml:2:2: end of sequence flow not found");
  EXPECT_EQ(ErrorOf("a: *nope\n"), "f.yml:1:4: the referenced anchor is not defined");
  EXPECT_EQ(ErrorOf("a: &a [*a]\n"), "f.yml:1:8: anchor contains itself");
  EXPECT_EQ(ErrorOf("[a]: 1\n"), "f.yml:1:1: a key must be a plain value");
  EXPECT_EQ(ErrorOf("a:\n  <<: 3\n"), "f.yml:2:3: map merge requires map or sequence of maps");
  EXPECT_EQ(ErrorOf("a: b\nc: \xff\n"), "f.yml:2:4: file is not valid UTF-8");
  EXPECT_EQ(ErrorOf("a: !!binary \"/w==$1\"\n"),
            "f.yml:1:4: !!binary value contains invalid base64 data");
}

TEST(YamlParserTest, DeepNestingIsRefused) {
  EXPECT_THAT(ErrorOf(std::string(5000, '[')), testing::HasSubstr("f.yml:1:"));
  EXPECT_THAT(ErrorOf(std::string(300, '[') + std::string(300, ']')),
              testing::HasSubstr("nested too deep"));
}

TEST(YamlParserTest, AliasBombIsRefused) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) bomb += fmt::format("*a{},", i - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(ErrorOf(bomb), testing::HasSubstr("excessive aliasing"));
}

TEST(YamlParserTest, TruncationAnywhereIsHarmless) {
  const std::string text =
      "global: {a: 'b', c: \"d\\n\"}\nlist:\n  - &x {k: v}\n  - *x\ntext: |-\n  one\n  two\n";
  for (size_t size = 0; size <= text.size(); ++size)
    (void)ParseYaml(std::string_view(text).substr(0, size), "f.yml");
}

}  // namespace
}  // namespace tocsin::config
