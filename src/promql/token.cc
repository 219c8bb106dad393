#include "promql/token.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/labels.h"
#include "promql/go_text.h"

namespace tocsin::promql {
namespace {

using enum TokenKind;

constexpr std::pair<std::string_view, TokenKind> kKeywords[] = {
    {"anchored", kAnchored},
    {"and", kAnd},
    {"atan2", kAtan2},
    {"avg", kAvg},
    {"bool", kBool},
    {"bottomk", kBottomK},
    {"by", kBy},
    {"count", kCount},
    {"count_values", kCountValues},
    {"end", kEnd},
    {"fill", kFill},
    {"fill_left", kFillLeft},
    {"fill_right", kFillRight},
    {"group", kGroup},
    {"group_left", kGroupLeft},
    {"group_right", kGroupRight},
    {"ignoring", kIgnoring},
    {"inf", kNumber},
    {"limit_ratio", kLimitRatio},
    {"limitk", kLimitK},
    {"max", kMax},
    {"max_of", kMaxOf},
    {"min", kMin},
    {"min_of", kMinOf},
    {"nan", kNumber},
    {"offset", kOffset},
    {"on", kOn},
    {"or", kOr},
    {"quantile", kQuantile},
    {"range", kRange},
    {"smoothed", kSmoothed},
    {"start", kStart},
    {"stddev", kStddev},
    {"stdvar", kStdvar},
    {"step", kStep},
    {"sum", kSum},
    {"topk", kTopK},
    {"unless", kUnless},
    {"without", kWithout},
};
constexpr size_t kLongestKeyword = std::string_view("count_values").size();

constexpr bool IsOperator(TokenKind kind) { return kind >= kAdd && kind <= kAtan2; }
constexpr bool IsAggregator(TokenKind kind) { return kind >= kAvg && kind <= kTopK; }
constexpr bool IsKeyword(TokenKind kind) { return kind >= kAnchored && kind <= kWithout; }

// Long texts are cut after ten characters.
std::string QuoteShort(std::string_view text) {
  constexpr size_t kShown = 10;
  if (text.size() <= kShown) return GoQuote(text);
  return GoQuote(FirstRunes(text, kShown)) + "...";
}

}  // namespace

std::optional<TokenKind> FindKeyword(std::string_view word) {
  if (word.size() > kLongestKeyword) return std::nullopt;
  std::array<char, kLongestKeyword> buffer;
  for (size_t i = 0; i < word.size(); ++i) buffer[i] = ToLowerAscii(word[i]);
  const std::string_view lower(buffer.data(), word.size());
  const auto at = std::lower_bound(std::begin(kKeywords), std::end(kKeywords), lower,
                                   [](const auto& row, auto wanted) { return row.first < wanted; });
  if (at == std::end(kKeywords) || at->first != lower) return std::nullopt;
  return at->second;
}

std::string DescribeToken(const Token& token) {
  switch (token.kind) {
    case kEndOfInput:
      return "end of input";
    case kError:
      return "error";
    case kIdentifier:
      return "identifier " + GoQuote(token.text);
    case kMetricIdentifier:
      return "metric identifier " + GoQuote(token.text);
    case kNumber:
      return "number " + QuoteShort(token.text);
    case kDuration:
      return "duration " + QuoteShort(token.text);
    case kString:
      return "string " + QuoteShort(token.text);
    default:
      break;
  }
  if (IsKeyword(token.kind)) return fmt::format("<{}>", token.text);
  if (IsOperator(token.kind)) return fmt::format("<op:{}>", token.text);
  if (IsAggregator(token.kind)) return fmt::format("<aggr:{}>", token.text);
  return QuoteShort(token.text);
}

std::optional<BinaryOp> BinaryOpOf(TokenKind kind) {
  switch (kind) {
    case kAdd:
      return BinaryOp::kAdd;
    case kSub:
      return BinaryOp::kSub;
    case kMul:
      return BinaryOp::kMul;
    case kDiv:
      return BinaryOp::kDiv;
    case kMod:
      return BinaryOp::kMod;
    case kPow:
      return BinaryOp::kPow;
    case kAtan2:
      return BinaryOp::kAtan2;
    case kEqualEqual:
      return BinaryOp::kEqual;
    case kNotEqual:
      return BinaryOp::kNotEqual;
    case kLess:
      return BinaryOp::kLess;
    case kLessOrEqual:
      return BinaryOp::kLessOrEqual;
    case kGreater:
      return BinaryOp::kGreater;
    case kGreaterOrEqual:
      return BinaryOp::kGreaterOrEqual;
    case kTrimUpper:
      return BinaryOp::kTrimUpper;
    case kTrimLower:
      return BinaryOp::kTrimLower;
    case kAnd:
      return BinaryOp::kAnd;
    case kOr:
      return BinaryOp::kOr;
    case kUnless:
      return BinaryOp::kUnless;
    default:
      return std::nullopt;
  }
}

std::optional<AggregateOp> AggregateOpOf(TokenKind kind) {
  switch (kind) {
    case kAvg:
      return AggregateOp::kAvg;
    case kBottomK:
      return AggregateOp::kBottomK;
    case kCount:
      return AggregateOp::kCount;
    case kCountValues:
      return AggregateOp::kCountValues;
    case kGroup:
      return AggregateOp::kGroup;
    case kLimitK:
      return AggregateOp::kLimitK;
    case kLimitRatio:
      return AggregateOp::kLimitRatio;
    case kMax:
      return AggregateOp::kMax;
    case kMin:
      return AggregateOp::kMin;
    case kQuantile:
      return AggregateOp::kQuantile;
    case kStddev:
      return AggregateOp::kStddev;
    case kStdvar:
      return AggregateOp::kStdvar;
    case kSum:
      return AggregateOp::kSum;
    case kTopK:
      return AggregateOp::kTopK;
    default:
      return std::nullopt;
  }
}

std::optional<MatchType> MatchTypeOf(TokenKind kind) {
  switch (kind) {
    case kEqual:
      return MatchType::kEqual;
    case kNotEqual:
      return MatchType::kNotEqual;
    case kRegexEqual:
      return MatchType::kRegex;
    case kRegexNotEqual:
      return MatchType::kNotRegex;
    default:
      return std::nullopt;
  }
}

bool CanNameMetric(TokenKind kind) {
  switch (kind) {
    case kIdentifier:
    case kMetricIdentifier:
    case kAnd:
    case kOr:
    case kUnless:
    case kAnchored:
    case kBy:
    case kFill:
    case kFillLeft:
    case kFillRight:
    case kOffset:
    case kSmoothed:
    case kWithout:
      return true;
    default:
      return IsAggregator(kind) || kind >= kEnd;
  }
}

bool CanNameLabel(TokenKind kind) {
  switch (kind) {
    case kBool:
    case kGroupLeft:
    case kGroupRight:
    case kIgnoring:
    case kOn:
    case kAtan2:
      return true;
    case kWithout:
      return false;
    default:
      return CanNameMetric(kind);
  }
}

}  // namespace tocsin::promql
