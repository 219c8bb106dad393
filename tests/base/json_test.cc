#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/json_value.h"
#include "base/json_writer.h"

namespace tocsin {
namespace {

std::string Quoted(std::string_view text, JsonWriter::Escape escape = JsonWriter::Escape::kHtml) {
  std::string out;
  AppendJsonString(out, text, escape);
  return out;
}

TEST(JsonWriterTest, EscapesAsGoDoes) {
  EXPECT_EQ(Quoted("a\"b\\c\n\r\t\x01"), R"("a\"b\\c\n\r\t\u0001")");
  EXPECT_EQ(Quoted("<a>&"), R"("\u003ca\u003e\u0026")");
  EXPECT_EQ(Quoted("<a>&", JsonWriter::Escape::kPlain), R"("<a>&")");
  EXPECT_EQ(Quoted("\xE2\x80\xA8-\xE2\x80\xA9"), R"("\u2028-\u2029")");
  EXPECT_EQ(Quoted("grün"), "\"grün\"");
  EXPECT_EQ(Quoted("\xFFx\xC3"), R"("\ufffdx\ufffd")");
}

TEST(JsonWriterTest, NestsAndSeparates) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.KeyInt("a", -1);
  json.Key("b");
  json.BeginArray();
  json.Bool(true);
  json.Null();
  json.BeginObject();
  json.EndObject();
  json.EndArray();
  json.KeyString("c", "d");
  json.EndObject();
  EXPECT_EQ(out, R"({"a":-1,"b":[true,null,{}],"c":"d"})");
}

TEST(JsonWriterTest, PrintsNumbersAsGoDoes) {
  const struct {
    double value;
    const char* text;
  } cases[] = {{0, "0"},
               {-0.0, "-0"},
               {1.5, "1.5"},
               {1e20, "100000000000000000000"},
               {1e21, "1e+21"},
               {1e-6, "0.000001"},
               {1.5e-9, "1.5e-9"},
               {1e-10, "1e-10"},
               {std::nan(""), "null"},
               {0.1, "0.1"},
               {123456789.125, "123456789.125"}};
  for (const auto& c : cases) {
    std::string out;
    JsonWriter(out).Double(c.value);
    EXPECT_EQ(out, c.text);
  }
}

TEST(JsonValueTest, ParsesEveryKind) {
  const auto value =
      ParseJson(R"({"a":[1,2.5,"x",true,null],"b":{"c":"d"},"b2":18446744073709551615})");
  ASSERT_TRUE(value.ok());
  const auto& items = *value->Find("a")->AsArray();
  EXPECT_EQ(*items[0].AsInt(), 1);
  EXPECT_EQ(items[1].number(), 2.5);
  EXPECT_EQ(*items[2].AsString(), "x");
  EXPECT_TRUE(*items[3].AsBool());
  EXPECT_TRUE(items[4].is_null());
  EXPECT_EQ(value->Find("b")->FindString("c"), "d");
  EXPECT_EQ(value->Find("missing"), nullptr);
}

TEST(JsonValueTest, RefusesWhatIsNoDocument) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":}", "nul", "1 2", "\"\xFF\""}) {
    EXPECT_FALSE(ParseJson(text).ok()) << text;
  }
}

TEST(JsonValueTest, RefusesDeepNesting) {
  EXPECT_FALSE(ParseJson(std::string(200, '[') + std::string(200, ']')).ok());
}

}  // namespace
}  // namespace tocsin
