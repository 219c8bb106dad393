#include "template/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "template/test_data.h"

namespace tocsin::templates {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TemplateTest, LaterDefinitionReplacesEarlierUnlessItIsEmpty) {
  Template set(TestFunctions());
  ASSERT_TRUE(set.Add("one", R"({{define "a"}}first{{end}})"));
  ASSERT_TRUE(set.Add("two", R"({{define "a"}}  {{end}})"));
  EXPECT_EQ(*set.ExecuteTemplate("a", {}), "first");
  ASSERT_TRUE(set.Add("three", R"({{define "a"}}second{{end}})"));
  EXPECT_EQ(*set.ExecuteTemplate("a", {}), "second");
  EXPECT_THAT(set.names(), ElementsAre("a", "one", "three", "two"));
}

TEST(TemplateTest, FailedAddLeavesTheSetUnchanged) {
  Template set(TestFunctions());
  ASSERT_TRUE(set.Add("one", R"({{define "a"}}first{{end}})"));
  EXPECT_FALSE(set.Add("two", R"({{define "a"}}second{{end}}{{)"));
  EXPECT_EQ(*set.ExecuteTemplate("a", {}), "first");
}

TEST(TemplateTest, ExecuteTextSeesTheSetAndDoesNotChangeIt) {
  Template set(TestFunctions());
  ASSERT_TRUE(set.Add("one", R"({{define "a"}}<{{.}}>{{end}})"));
  EXPECT_EQ(*set.ExecuteText(R"({{define "b"}}b{{end}}{{template "a" .}}{{template "b"}})", "x"),
            "<x>b");
  EXPECT_FALSE(set.Has("b"));
  EXPECT_EQ(*set.ExecuteText("no action", {}), "no action");
  EXPECT_EQ(*set.ExecuteText("", {}), "");
}

TEST(TemplateTest, ExecutingAnUnknownTemplateNamesIt) {
  const Template set(TestFunctions());
  EXPECT_EQ(set.ExecuteTemplate("x", {}).error().message(),
            R"(template: no template "x" associated with template "")");
}

TEST(TemplateTest, FunctionsOfTheExecutionReplaceThoseOfTheSet) {
  const auto set = Template::Parse("t", "{{none}}", TestFunctions());
  const FunctionTable override = {
      {"none", [](std::span<const Value>) -> Result<Value> { return Value("now"); }}};
  EXPECT_EQ(*set->Execute({}), "none");
  EXPECT_EQ(*set->Execute({}, &override), "now");
}

TEST(TemplateTest, MissingKeyFollowsTheOption) {
  const std::string text = "{{.M.q}}|{{.q}}";
  EXPECT_EQ(Render(text, {.missing_key = MissingKey::kZero}), "|<no value>");
  EXPECT_EQ(Render(text, {.missing_key = MissingKey::kDefault}), "<no value>|<no value>");
  EXPECT_EQ(Render(text, {.missing_key = MissingKey::kError}),
            R"(ERROR template: t:1:4: executing "t" at <.M.q>: map has no entry for key "q")");
}

TEST(TemplateTest, RunawayRecursionIsAnError) {
  EXPECT_THAT(Render(R"({{define "r"}}{{template "r" .}}{{end}}{{template "r" .}})"),
              HasSubstr("exceeded maximum template depth"));
  EXPECT_THAT(Render(R"({{define "r"}}{{if true}}{{range .L}}{{template "r" $}}{{end}}{{end}})"
                     R"({{end}}{{template "r" .}})"),
              HasSubstr("exceeded maximum template depth"));
}

TEST(TemplateTest, DeepNestingIsAnErrorOfTheParser) {
  std::string deep = "{{";
  for (int i = 0; i < 100'000; ++i) deep += "(";
  EXPECT_THAT(Render(deep), HasSubstr("max expression depth exceeded"));
  std::string ifs;
  for (int i = 0; i < 100'000; ++i) ifs += "{{if .B}}";
  EXPECT_THAT(Render(ifs), HasSubstr("max expression depth exceeded"));
  std::string chain = "{{if .E}}";
  for (int i = 0; i < 100'000; ++i) chain += "{{else if .E}}";
  EXPECT_THAT(Render(chain), HasSubstr("max expression depth exceeded"));
}

TEST(TemplateTest, OutputIsBounded) {
  EXPECT_THAT(Render("{{range 1000}}0123456789{{end}}", {.max_output_bytes = 9999}),
              HasSubstr("output exceeds 9999 bytes"));
  EXPECT_EQ(Render("{{range 1000}}0123456789{{end}}", {.max_output_bytes = 10000}).size(), 10000u);
}

TEST(TemplateTest, TextThatDoublesItselfIsBounded) {
  EXPECT_THAT(Render("{{$x := .S}}{{range 100}}{{$x = print $x $x}}{{end}}"),
              HasSubstr("print makes more than 16777216 bytes"));
}

TEST(TemplateTest, LoopsInLoopsAreBounded) {
  EXPECT_THAT(Render("{{range 1000000000}}{{end}}", {.max_steps = 1000}),
              HasSubstr("exceeded maximum of 1000 steps"));
}

/// A named map with a method, as Alertmanager's label sets are.
class NamedMap final : public Object {
 public:
  std::string_view type_name() const override { return "template.KV"; }
  std::optional<Result<Value>> Call(std::string_view method,
                                    std::span<const Value> arguments) const override {
    if (method == "Count") return Result<Value>(Value(static_cast<int64_t>(arguments.size())));
    return std::nullopt;
  }
  Value Underlying() const override { return Value::StringMap({{"a", "1"}, {"b", "2"}}); }
};

TEST(TemplateTest, NamedMapIsAMapWithMethods) {
  const Template set{FunctionTable{}};
  const Value data(std::make_shared<NamedMap>());
  const auto render = [&](std::string_view text) { return *set.ExecuteText(text, data); };
  EXPECT_EQ(render("{{.a}}{{.missing}} {{.Count}} {{.Count 1 2}} {{1 | .Count}}"), "1 0 2 1");
  EXPECT_EQ(render("{{range $k, $v := .}}{{$k}}{{$v}}{{end}} {{len .}} {{index . \"b\"}} {{.}}"),
            "a1b2 2 2 map[a:1 b:2]");
  EXPECT_EQ(render("{{if .}}yes{{end}}"), "yes");
}

TEST(TemplateTest, StructHasItsFieldsOnly) {
  const Template set{FunctionTable{}};
  const Value data(std::make_shared<Struct>("template.Alert",
                                            Struct::FieldList{{"Status", "firing"}, {"Count", 2}}));
  EXPECT_EQ(*set.ExecuteText("{{.Status}} {{.}} {{printf \"%+v\" .}}", data),
            "firing {firing 2} {Status:firing Count:2}");
  EXPECT_EQ(set.ExecuteText("{{.Nope}}", data).error().message(),
            R"(template: :1:2: executing "" at <.Nope>: can't evaluate field Nope in type )"
            "template.Alert");
}

TEST(TemplateTest, CallInvokesAFunctionValue) {
  Map data;
  data.entries = {{"F", Value(Function([](std::span<const Value> arguments) -> Result<Value> {
                     return Value(static_cast<int64_t>(arguments.size()));
                   }))}};
  const Template set{FunctionTable{}};
  EXPECT_EQ(*set.ExecuteText("{{call .F 1 2 3}}", data), "3");
}

}  // namespace
}  // namespace tocsin::templates
