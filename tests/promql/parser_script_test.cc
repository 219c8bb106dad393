#include <gtest/gtest.h>

#include "parser_script.h"
#include "promql/printer.h"

namespace tocsin::promql {
namespace {

const std::vector<ParserCase>& Script() {
  static const std::vector<ParserCase> cases =
      ReadParserScript(TOCSIN_SOURCE_DIR "/tests/promql/testdata/parse.txt");
  return cases;
}

TEST(ParserScriptTest, AcceptedExpressionsPrintAsWritten) {
  for (const ParserCase& row : Script()) {
    if (!row.is_accepted) continue;
    const auto expr = ParseExpr(row.text, row.options);
    if (!expr) {
      ADD_FAILURE() << "line " << row.line << ": " << row.text << "\n  " << expr.error().message();
      continue;
    }
    EXPECT_EQ(PrintExpr(**expr), row.expected) << "line " << row.line << ": " << row.text;
  }
}

TEST(ParserScriptTest, RefusedExpressionsSayWhy) {
  for (const ParserCase& row : Script()) {
    if (row.is_accepted) continue;
    const auto expr = ParseExpr(row.text, row.options);
    if (expr) {
      ADD_FAILURE() << "line " << row.line << ": accepted: " << row.text;
      continue;
    }
    EXPECT_EQ(expr.error().message(), row.expected) << "line " << row.line << ": " << row.text;
  }
}

TEST(ParserScriptTest, PrintedExpressionsParseToTheSamePrint) {
  for (const ParserCase& row : Script()) {
    const auto expr = ParseExpr(row.text, row.options);
    if (!expr) continue;
    const std::string print = PrintExpr(**expr);
    const auto again = ParseExpr(print, row.options);
    ASSERT_TRUE(again) << "line " << row.line << ": " << print << ": " << again.error().message();
    EXPECT_EQ(PrintExpr(**again), print) << "line " << row.line;
    const auto pretty = ParseExpr(PrettyPrintExpr(**expr), row.options);
    ASSERT_TRUE(pretty) << "line " << row.line << ": " << pretty.error().message();
    EXPECT_EQ(PrintExpr(**pretty), print) << "line " << row.line;
  }
}

TEST(ParserScriptTest, ClonesPrintTheSame) {
  for (const ParserCase& row : Script()) {
    const auto expr = ParseExpr(row.text, row.options);
    if (!expr) continue;
    const ExprPtr clone = (*expr)->Clone();
    EXPECT_EQ(PrintExpr(*clone), PrintExpr(**expr)) << "line " << row.line;
    EXPECT_EQ(clone->height, (*expr)->height) << "line " << row.line;
  }
}

TEST(ParserScriptTest, TruncatedAtEveryByteNeverCrashes) {
  for (const ParserCase& row : Script()) {
    for (size_t size = 0; size < row.text.size(); ++size) {
      const auto expr = ParseExpr(std::string_view(row.text).substr(0, size), row.options);
      EXPECT_TRUE(expr || expr.error().message().find("parse error: ") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace tocsin::promql
