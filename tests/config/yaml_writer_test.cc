#include "config/yaml_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "config/yaml_parser.h"

namespace tocsin::config {
namespace {

std::string Show(std::string value) {
  YamlNode node = YamlNode::Mapping();
  node.Add("k", YamlNode::String(std::move(value)));
  return FormatYaml(node);
}

// What Go's yaml.v2 prints for map[string]string{"k": text}.
TEST(YamlWriterTest, StringsAreQuotedOnlyWhereNeeded) {
  const std::pair<std::string, std::string> cases[] = {
      {"plain", "k: plain\n"},
      {"", "k: \"\"\n"},
      {"true", "k: \"true\"\n"},
      {"off", "k: \"off\"\n"},
      {"123", "k: \"123\"\n"},
      {"1.5", "k: \"1.5\"\n"},
      {"1e3", "k: \"1e3\"\n"},
      {"0x1f", "k: \"0x1f\"\n"},
      {"~", "k: \"~\"\n"},
      {"null", "k: \"null\"\n"},
      {"2001-12-14", "k: \"2001-12-14\"\n"},
      {"1:30", "k: \"1:30\"\n"},
      {"1.2.3.4:9093", "k: 1.2.3.4:9093\n"},
      {"localhost:9090", "k: localhost:9090\n"},
      {"a: b", "k: 'a: b'\n"},
      {"a #b", "k: 'a #b'\n"},
      {"*", "k: '*'\n"},
      {"- a", "k: '- a'\n"},
      {"-a", "k: -a\n"},
      {"it's", "k: it's\n"},
      {"'it's", "k: '''it''s'\n"},
      {" lead", "k: ' lead'\n"},
      {"(.*)some-[regex]", "k: (.*)some-[regex]\n"},
      {"$1", "k: $1\n"},
      {"{{ .x }}", "k: '{{ .x }}'\n"},
      {"two\nlines", "k: |-\n  two\n  lines\n"},
      {"two\nlines\n", "k: |\n  two\n  lines\n"},
      {"a\tb", "k: \"a\\tb\"\n"},
      {std::string("a\x01", 2), "k: \"a\\x01\"\n"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(Show(text), expected);
    const auto again = ParseYaml(Show(text), "again");
    ASSERT_TRUE(again.ok()) << again.error().message();
    EXPECT_EQ(again->Find("k")->text, text) << "does not read back";
  }
}

TEST(YamlWriterTest, ListsStandUnderTheirKeyWithoutIndent) {
  YamlNode inner = YamlNode::Mapping();
  inner.Add("a", YamlNode::Plain("1"));
  inner.Add("b", YamlNode::Sequence());
  YamlNode list = YamlNode::Sequence();
  list.items = {YamlNode::String("x"), inner};
  YamlNode root = YamlNode::Mapping();
  root.Add("list", list);
  root.Add("empty", YamlNode::Mapping());
  EXPECT_EQ(FormatYaml(root), "list:\n- x\n- a: 1\n  b: []\nempty: {}\n");
}

TEST(YamlWriterTest, FlowListsStandInBrackets) {
  YamlNode list = YamlNode::Sequence();
  list.is_flow = true;
  list.items = {YamlNode::String("__name__"), YamlNode::String("a, b")};
  YamlNode root = YamlNode::Mapping();
  root.Add("source_labels", list);
  EXPECT_EQ(FormatYaml(root), "source_labels: [__name__, 'a, b']\n");
}

TEST(YamlWriterTest, LongTextFoldsAtSpaces) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += (i ? " word" : "word") + std::to_string(i);
  const std::string shown = Show(text);
  EXPECT_GT(std::count(shown.begin(), shown.end(), '\n'), 1);
  const auto again = ParseYaml(shown, "again");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->Find("k")->text, text);
}

TEST(YamlWriterTest, BlocksKeptAsWrittenHideSecrets) {
  const auto node = ParseYaml(
      "auth_token: abc\npassword_file: /x\ntoken_url: http://u:p@h/\nnested: [{secret_key: k}]\n",
      "f");
  ASSERT_TRUE(node.ok());
  YamlNode shown;
  WriteValue(shown, *node);
  EXPECT_EQ(FormatYaml(shown),
            "auth_token: <secret>\npassword_file: /x\ntoken_url: http://u:xxxxx@h/\nnested:\n"
            "- secret_key: <secret>\n");
}

}  // namespace
}  // namespace tocsin::config
