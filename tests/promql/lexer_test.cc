#include "promql/lexer.h"

#include <gmock/gmock.h>

namespace tocsin::promql {
namespace {

using testing::ElementsAre;

std::vector<std::string> TextsOf(std::string_view text) {
  Lexer lexer(text);
  std::vector<std::string> texts;
  for (;;) {
    const Token token = lexer.Next();
    if (token.kind == TokenKind::kEndOfInput) return texts;
    if (token.kind == TokenKind::kError) {
      texts.push_back("error " + lexer.error());
      return texts;
    }
    texts.emplace_back(token.text);
  }
}

std::vector<TokenKind> KindsOf(std::string_view text) {
  Lexer lexer(text);
  std::vector<TokenKind> kinds;
  for (;;) {
    kinds.push_back(lexer.Next().kind);
    if (kinds.back() == TokenKind::kEndOfInput || kinds.back() == TokenKind::kError) return kinds;
  }
}

TEST(LexerTest, CutsOperatorsWithoutSpaces) {
  EXPECT_THAT(TextsOf("a<=b</c>/d>=e!=f==g"),
              ElementsAre("a", "<=", "b", "</", "c", ">/", "d", ">=", "e", "!=", "f", "==", "g"));
}

TEST(LexerTest, WordsAreKeywordsOutsideBracesOnly) {
  EXPECT_THAT(
      KindsOf("by{by=\"x\"}"),
      ElementsAre(TokenKind::kBy, TokenKind::kLeftBrace, TokenKind::kIdentifier, TokenKind::kEqual,
                  TokenKind::kString, TokenKind::kRightBrace, TokenKind::kEndOfInput));
}

TEST(LexerTest, ColonIsPartOfANameButATokenInBrackets) {
  EXPECT_THAT(KindsOf("a:b[5m:1m]"),
              ElementsAre(TokenKind::kMetricIdentifier, TokenKind::kLeftBracket,
                          TokenKind::kDuration, TokenKind::kColon, TokenKind::kDuration,
                          TokenKind::kRightBracket, TokenKind::kEndOfInput));
}

TEST(LexerTest, NumbersEndWhereAnOperatorBegins) {
  EXPECT_THAT(TextsOf("1e3-0x1F+5m*1_0"), ElementsAre("1e3", "-", "0x1F", "+", "5m", "*", "1_0"));
}

TEST(LexerTest, FillIsAKeywordBeforeAParenthesisOnly) {
  EXPECT_THAT(KindsOf("fill fill ("), ElementsAre(TokenKind::kIdentifier, TokenKind::kFill,
                                                  TokenKind::kLeftParen, TokenKind::kError));
}

TEST(LexerTest, ErrorIsRepeated) {
  Lexer lexer("$ up");
  EXPECT_EQ(lexer.Next().kind, TokenKind::kError);
  EXPECT_EQ(lexer.Next().kind, TokenKind::kError);
  EXPECT_EQ(lexer.error(), "unexpected character: '$'");
}

TEST(LexerTest, EndIsRepeated) {
  Lexer lexer("");
  EXPECT_EQ(lexer.Next().kind, TokenKind::kEndOfInput);
  EXPECT_EQ(lexer.Next().kind, TokenKind::kEndOfInput);
}

TEST(LexerTest, TokensKnowWhereTheyAre) {
  Lexer lexer("  up\n+ 1");
  EXPECT_EQ(lexer.Next().range(), (PositionRange{2, 4}));
  EXPECT_EQ(lexer.Next().range(), (PositionRange{5, 6}));
  EXPECT_EQ(lexer.Next().range(), (PositionRange{7, 8}));
}

TEST(GoTextTest, QuotesCharactersAsGo) {
  EXPECT_EQ(QuoteRune('x'), "'x'");
  EXPECT_EQ(QuoteRune('\''), R"('\'')");
  EXPECT_EQ(QuoteRune('"'), R"('"')");
  EXPECT_EQ(QuoteRune('\\'), R"('\\')");
  EXPECT_EQ(QuoteRune(1), R"('\x01')");
  EXPECT_EQ(QuoteRune(0x4e16), "'世'");
  EXPECT_EQ(DescribeRune('q'), "U+0071 'q'");
  EXPECT_EQ(DescribeRune('\n'), "U+000A");
}

TEST(GoTextTest, DecodesOnlyWellFormedUtf8) {
  EXPECT_EQ(DecodeRune("é", 0).code, 0xe9);
  EXPECT_EQ(DecodeRune("\xc3", 0).code, Rune::kInvalid);
  EXPECT_EQ(DecodeRune("\xed\xa0\x80", 0).code, Rune::kInvalid);
  EXPECT_EQ(DecodeRune("\xf4\x90\x80\x80", 0).code, Rune::kInvalid);
  EXPECT_EQ(DecodeRune("\xc0\xaf", 0).code, Rune::kInvalid);
  EXPECT_EQ(DecodeRune("", 0).code, Rune::kEnd);
}

}  // namespace
}  // namespace tocsin::promql
