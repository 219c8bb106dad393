#include "model/labels.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(LabelsTest, SortsAndDropsEmptyValues) {
  const Labels labels{{"b", "2"}, {"a", "1"}, {"c", ""}};
  EXPECT_EQ(labels.ToString(), R"({a="1", b="2"})");
  EXPECT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels.Get("b"), "2");
  EXPECT_EQ(labels.Get("c"), "");
  EXPECT_FALSE(labels.Has("c"));
}

TEST(LabelsTest, HoldsLongStrings) {
  for (const size_t size : {size_t{254}, size_t{255}, size_t{256}, size_t{70'000}}) {
    const std::string value(size, 'x');
    const Labels labels{{"a", value}, {"b", "1"}};
    EXPECT_EQ(labels.Get("a"), value);
    EXPECT_EQ(labels.Get("b"), "1");
  }
}

// The vectors stand in upstream Alertmanager's api/v2/api_test.go and template/template_test.go.
TEST(LabelsTest, FingerprintIsAlertmanagers) {
  EXPECT_EQ((Labels{{"alertname", "alert1"}, {"severity", "critical"}}).Fingerprint(),
            0x0223b772b51c29e1u);
  EXPECT_EQ((Labels{{"job", "foo"}, {"severity", "warning"}}).Fingerprint(), 0x9266ef3da838ad95u);
  EXPECT_EQ(Labels().Fingerprint(), 0xcbf29ce484222325u);
}

TEST(LabelsTest, ComparesByNameThenValueThenLength) {
  const Labels a{{"a", "1"}};
  const Labels a2{{"a", "2"}};
  const Labels ab{{"a", "1"}, {"b", "1"}};
  const Labels b{{"b", "0"}};
  EXPECT_LT(a, a2);
  EXPECT_LT(a, ab);
  EXPECT_LT(ab, a2);
  EXPECT_LT(a2, b);
  EXPECT_EQ(a <=> a, std::strong_ordering::equal);
}

TEST(LabelsTest, SelectsAndRemovesNames) {
  const Labels labels{{"__name__", "m"}, {"a", "1"}, {"b", "2"}};
  EXPECT_EQ(labels.Without({"a"}).ToString(), R"({__name__="m", b="2"})");
  EXPECT_EQ(labels.Only({"b", "a"}).ToString(), R"({a="1", b="2"})");
  EXPECT_EQ(labels.WithoutName().ToString(), R"({a="1", b="2"})");
}

TEST(LabelsBuilderTest, SetsReplacesAndDeletes) {
  LabelsBuilder builder(Labels{{"a", "1"}, {"b", "2"}});
  builder.Set("a", "3");
  builder.Set("b", "");
  builder.Set("0", "x");
  EXPECT_EQ(builder.Build(), (Labels{{"0", "x"}, {"a", "3"}}));
}

TEST(GoQuoteTest, EscapesAsStrconvQuote) {
  EXPECT_EQ(GoQuote("a\"b\\\n\x01\x7f"), R"("a\"b\\\n\x01\x7f")");
  EXPECT_EQ(GoQuote("grün \xF0\x9F\x94\x94"), "\"grün \xF0\x9F\x94\x94\"");
  EXPECT_EQ(GoQuote("\xFF"), R"("\xff")");
  EXPECT_EQ(GoQuote("\xC2\xA0\xE2\x80\xA8"), R"("\u00a0\u2028")");
}

TEST(NameTest, LegacyRules) {
  EXPECT_TRUE(IsLegacyLabelName("_a1"));
  EXPECT_FALSE(IsLegacyLabelName("1a"));
  EXPECT_FALSE(IsLegacyLabelName("a:b"));
  EXPECT_TRUE(IsLegacyMetricName("a:b"));
  EXPECT_FALSE(IsLegacyMetricName("a-b"));
  EXPECT_FALSE(IsLegacyMetricName(""));
}

TEST(Utf8Test, RefusesMalformedSequences) {
  EXPECT_TRUE(IsValidUtf8("aß水\xF0\x9F\x94\x94"));
  for (const char* text :
       {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x9F\x94"}) {
    EXPECT_FALSE(IsValidUtf8(text));
  }
}

}  // namespace
}  // namespace tocsin
