#include "promql/printer.h"

#include <gtest/gtest.h>

#include "promql/parser.h"

namespace tocsin::promql {
namespace {

std::string Pretty(std::string_view text) {
  const auto expr = ParseExpr(text, {true, true, true, true});
  EXPECT_TRUE(expr) << text << ": " << expr.error().message();
  return expr ? PrettyPrintExpr(**expr) : "";
}

// Longer than a line by itself together with almost anything.
constexpr char kLong[] =
    "a_metric_with_a_rather_long_name_to_fill_the_line{instance=\"somewhere\"}";

TEST(PrettyPrinterTest, ShortExpressionsStayOnOneLine) {
  EXPECT_EQ(Pretty("sum by(x)(rate(a[5m]))/2"), "sum by (x) (rate(a[5m])) / 2");
  EXPECT_EQ(Pretty("a[5m:1m]"), "a[5m:1m]");
}

TEST(PrettyPrinterTest, BinaryOperationsBreakAroundTheOperator) {
  const std::string l(kLong);
  EXPECT_EQ(Pretty(l + " * on(x) group_left() " + l),
            "  " + l + "\n* on (x) group_left ()\n  " + l);
  EXPECT_EQ(Pretty(l + " == bool " + l), "  " + l + "\n== bool\n  " + l);
  EXPECT_EQ(Pretty(l + " + 1 + " + l), "  " + l + " + 1\n+\n  " + l);
}

TEST(PrettyPrinterTest, CallsAndAggregationsIndentTheirArguments) {
  const std::string l(kLong);
  EXPECT_EQ(Pretty("sum by (some_label, another_label) (" + l + ")"),
            "sum by (some_label, another_label) (\n  " + l + "\n)");
  EXPECT_EQ(Pretty("topk(5, " + l + " + on (a_label, b_label) c)"),
            "topk(\n  5,\n  " + l + " + on (a_label, b_label) c\n)");
  EXPECT_EQ(
      Pretty("label_replace(" + l + ", \"destination\", \"$1\", \"source\", \"(.*)\")"),
      "label_replace(\n  " + l + ",\n  \"destination\",\n  \"$1\",\n  \"source\",\n  \"(.*)\"\n)");
}

TEST(PrettyPrinterTest, ParenthesesAndSignsKeepTheirLine) {
  const std::string l(kLong);
  EXPECT_EQ(Pretty("(" + l + " + " + l + ")"), "(\n    " + l + "\n  +\n    " + l + "\n)");
  EXPECT_EQ(Pretty("-(" + l + " + " + l + ")"), "-(\n    " + l + "\n  +\n    " + l + "\n)");
}

TEST(PrettyPrinterTest, SubqueriesBreakInsideAndKeepTheirSuffix) {
  const std::string l(kLong);
  EXPECT_EQ(Pretty("(" + l + " + " + l + ")[1h:5m] offset 1m"),
            "(\n    " + l + "\n  +\n    " + l + "\n)[1h:5m] offset 1m");
}

TEST(PrettyPrinterTest, SelectorsNeverBreak) {
  const std::string many = std::string(kLong) + "[5m] offset 1w";
  const std::string longer = "another_metric_of_the_same_kind{" + std::string(90, 'x') + "=\"1\"}";
  EXPECT_EQ(Pretty(longer), longer);
  EXPECT_EQ(Pretty("rate(" + many + ")"), "rate(" + many + ")");
}

}  // namespace
}  // namespace tocsin::promql
