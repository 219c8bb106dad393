// What a print does not show: the shape of trees, positions, limits.
#include <gtest/gtest.h>

#include "promql/durations.h"
#include "promql/parser.h"
#include "promql/printer.h"

namespace tocsin::promql {
namespace {

ExprPtr Parse(std::string_view text) {
  auto expr = ParseExpr(text, {true, true, true, true});
  EXPECT_TRUE(expr) << text << ": " << expr.error().message();
  return expr ? std::move(*expr) : nullptr;
}

// Every operation in parentheses: ((a + b) * c).
std::string Shape(const Expr& expr) {
  if (const auto* binary = TryAs<BinaryExpr>(&expr)) {
    return "(" + Shape(*binary->lhs) + std::string(BinaryOpText(binary->op)) + Shape(*binary->rhs) +
           ")";
  }
  if (const auto* unary = TryAs<UnaryExpr>(&expr)) {
    return std::string(unary->is_minus ? "(-" : "(+") + Shape(*unary->expr) + ")";
  }
  return PrintExpr(expr);
}

TEST(ParserTreeTest, OperatorsBindByPrecedence) {
  const std::pair<const char*, const char*> cases[] = {
      {"a or b and c", "(aor(bandc))"},
      {"a and b or c", "((aandb)orc)"},
      {"a unless b and c", "((aunlessb)andc)"},
      {"a and b == c", "(aand(b==c))"},
      {"a == b + c", "(a==(b+c))"},
      {"a < b > c", "((a<b)>c)"},
      {"a + b * c", "(a+(b*c))"},
      {"a * b + c", "((a*b)+c)"},
      {"a - b - c", "((a-b)-c)"},
      {"a * b / c % d", "(((a*b)/c)%d)"},
      {"a atan2 b * c", "((aatan2b)*c)"},
      {"a ^ b ^ c", "(a^(b^c))"},
      {"a * b ^ c", "(a*(b^c))"},
      {"-a ^ b", "(-(a^b))"},
      {"-a * b", "((-a)*b)"},
      {"-1 ^ 2", "(-(1^2))"},
      {"a ^ -b ^ c", "(a^(-(b^c)))"},
      {"a ^ -b * c", "((a^(-b))*c)"},
      {"a + -b", "(a+(-b))"},
      {"a </ 5 == b", "((a</5)==b)"},
      {"a + b >/ 5", "((a+b)>/5)"},
      {"a offset 1m ^ b", "(a offset 1m^b)"},
  };
  for (const auto& [text, shape] : cases) {
    EXPECT_EQ(Shape(*Parse(text)), shape) << text;
  }
}

TEST(ParserTreeTest, PositionsCoverTheText) {
  const std::string_view text = "sum by (x) (rate(foo{a=\"b\"}[5m] offset 1m)) / -bar[1h:5m]";
  const auto with_positions = ParseExpr("  " + std::string(text.substr(0, 43)));
  ASSERT_TRUE(with_positions);
  const Expr& sum = **with_positions;
  EXPECT_EQ(sum.position, (PositionRange{2, 45}));
  const Expr& rate = *As<AggregateExpr>(sum).expr;
  EXPECT_EQ(rate.position, (PositionRange{14, 44}));
  const auto& matrix = As<MatrixSelector>(*As<Call>(rate).args[0]);
  EXPECT_EQ(matrix.position, (PositionRange{19, 43}));
  EXPECT_EQ(matrix.selector->position, (PositionRange{19, 29}));
}

TEST(ParserTreeTest, AggregationEndsAtItsOwnParenthesis) {
  const ExprPtr expr = Parse("(sum(a) )");
  EXPECT_EQ(As<ParenExpr>(*expr).expr->position, (PositionRange{1, 7}));
  EXPECT_EQ(Parse("sum(a) by (x)")->position, (PositionRange{0, 13}));
}

TEST(ParserTreeTest, NumbersCarryTheirSign) {
  const ExprPtr expr = Parse("-5m");
  const auto* number = TryAs<NumberLiteral>(expr.get());
  ASSERT_NE(number, nullptr);
  EXPECT_EQ(number->value, -300);
  EXPECT_TRUE(number->is_duration);
  EXPECT_EQ(number->position, (PositionRange{0, 3}));
}

TEST(ParserTreeTest, SelectorsKeepTheirTimes) {
  const ExprPtr expr = Parse("foo[5m] @ 1.5 offset -1m");
  const auto& matrix = As<MatrixSelector>(*expr);
  EXPECT_EQ(matrix.range_ms, 300'000);
  EXPECT_EQ(matrix.selector->time.original_offset_ms, -60'000);
  EXPECT_EQ(matrix.selector->time.offset_ms, -60'000);
  EXPECT_EQ(matrix.selector->time.at, AtModifier::kTimestamp);
  EXPECT_EQ(matrix.selector->time.at_timestamp_ms, 1500);
}

TEST(ParserTreeTest, MatchingIsKeptBetweenVectorsOnly) {
  EXPECT_TRUE(As<BinaryExpr>(*Parse("a + b")).matching.has_value());
  EXPECT_FALSE(As<BinaryExpr>(*Parse("a + 1")).matching.has_value());
  EXPECT_FALSE(As<BinaryExpr>(*Parse("1 + 1")).matching.has_value());
  EXPECT_EQ(As<BinaryExpr>(*Parse("a and b")).matching->card, MatchCardinality::kManyToMany);
}

TEST(ParserTreeTest, NameMatcherComesLast) {
  const ExprPtr expr = Parse("up{job=\"x\"}");
  const auto& selector = As<VectorSelector>(*expr);
  ASSERT_EQ(selector.matchers.size(), 2U);
  EXPECT_EQ(selector.matchers[0].ToString(), "job=\"x\"");
  EXPECT_EQ(selector.matchers[1].ToString(), "__name__=\"up\"");
}

TEST(ParserTreeTest, TypesFollowTheParts) {
  EXPECT_EQ(Parse("1 + 1")->type(), ValueType::kScalar);
  EXPECT_EQ(Parse("(a + 1)")->type(), ValueType::kVector);
  EXPECT_EQ(Parse("-a")->type(), ValueType::kVector);
  EXPECT_EQ(Parse("\"x\"")->type(), ValueType::kString);
  EXPECT_EQ(Parse("a[5m]")->type(), ValueType::kMatrix);
  EXPECT_EQ(Parse("a[5m:]")->type(), ValueType::kMatrix);
  EXPECT_EQ(Parse("scalar(a)")->type(), ValueType::kScalar);
}

TEST(ParserTreeTest, InfoSelectorMayMatchEverything) {
  const ExprPtr expr = Parse("info(a, {b=\"\"})");
  EXPECT_TRUE(As<VectorSelector>(*As<Call>(*expr).args[1]).may_match_empty);
}

std::string Repeat(std::string_view text, size_t count) {
  std::string result;
  for (; count > 0; --count) result.append(text);
  return result;
}

TEST(ParserLimitsTest, DeepNestingIsRefusedClearly) {
  for (const char* opening : {"(", "-", "sum(", "abs(", "2 ^ ", "a + (", "a[5m + ("}) {
    const auto expr = ParseExpr(Repeat(opening, 20'000) + "a");
    ASSERT_FALSE(expr) << opening;
    EXPECT_FALSE(expr.error().message().empty()) << opening;
  }
  const auto parens = ParseExpr(Repeat("(", 5'000) + "a" + Repeat(")", 5'000));
  ASSERT_FALSE(parens);
  EXPECT_NE(parens.error().message().find("nested too deeply, the limit is 500"),
            std::string::npos);
}

TEST(ParserLimitsTest, OrdinaryNestingPasses) {
  EXPECT_TRUE(ParseExpr(Repeat("(", 400) + "a" + Repeat(")", 400)));
}

TEST(ParserLimitsTest, LongChainsAreRefusedClearly) {
  EXPECT_TRUE(ParseExpr("a" + Repeat(" or a", 1'900)));
  for (const char* link : {" or a", "[5m:1m]", " + 1"}) {
    const auto expr = ParseExpr("a" + Repeat(link, 9'000));
    ASSERT_FALSE(expr) << link;
  }
  const auto chain = ParseExpr("a" + Repeat(" or a", 9'000));
  EXPECT_NE(chain.error().message().find("too many operations, the limit is 2000"),
            std::string::npos);
}

TEST(DurationsTest, EvaluatesWithStepAndRange) {
  const std::pair<const char*, int64_t> cases[] = {
      {"a[5m + 1m]", 360'000},
      {"a[1h / 2]", 1'800'000},
      {"a[2 ^ 3]", 8'000},
      {"a[1h % 7m]", 240'000},
      {"a[-(5m) + 10m]", 300'000},
      {"a[step()]", 15'000},
      {"a[range()]", 120'000},
      {"a[step() * 2 + 1]", 31'000},
      {"a[min_of(step(), 1s)]", 1'000},
      {"a[max_of(step(), 1s)]", 15'000},
      {"a[(1.5005)]", 1'500},
  };
  for (const auto& [text, range_ms] : cases) {
    ExprPtr expr = Parse(text);
    ASSERT_TRUE(HasDurationExprs(*expr)) << text;
    ASSERT_TRUE(ResolveDurations(*expr, {0, 120'000, 15'000})) << text;
    EXPECT_EQ(As<MatrixSelector>(*expr).range_ms, range_ms) << text;
  }
}

TEST(DurationsTest, OffsetsMayBeNegative) {
  ExprPtr expr = Parse("a offset -(step() + 5)");
  ASSERT_TRUE(ResolveDurations(*expr, {0, 0, 10'000}));
  EXPECT_EQ(As<VectorSelector>(*expr).time.offset_ms, -15'000);
  EXPECT_EQ(As<VectorSelector>(*expr).time.original_offset_ms, -15'000);
}

TEST(DurationsTest, RefusesWhatIsNoRange) {
  const std::pair<const char*, const char*> cases[] = {
      {"a[step() - 1h]", "2:13: duration must be greater than 0"},
      {"a[range() - 2m]", "2:14: duration must be greater than 0"},
      {"a[1h / (step() - step())]", "2:23: division by zero"},
      {"a[1h % (step() - step())]", "2:23: modulo by zero"},
      {"a[100y ^ 100]", "2:12: duration is out of range"},
      {"sum_over_time(a[1h:step() - 1h])", "19:30: duration must be greater than 0"},
  };
  for (const auto& [text, message] : cases) {
    const ExprPtr expr = Parse(text);
    const Status status = ResolveDurations(*expr, {0, 120'000, 15'000});
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().message(), message) << text;
  }
}

TEST(FunctionsTableTest, FindsEveryFunctionByItsName) {
  for (size_t i = 0; i < kFunctionCount; ++i) {
    const Function& function = FunctionOf(static_cast<FunctionId>(i));
    EXPECT_EQ(FindFunction(function.name), &function);
    EXPECT_EQ(static_cast<size_t>(function.id), i);
  }
  EXPECT_EQ(FindFunction("Rate"), nullptr);
  EXPECT_EQ(FindFunction(""), nullptr);
  EXPECT_EQ(FindFunction("zzz"), nullptr);
}

}  // namespace
}  // namespace tocsin::promql
