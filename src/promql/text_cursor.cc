#include "promql/text_cursor.h"

#include <charconv>
#include <string>

#include "model/labels.h"
#include "promql/go_text.h"
#include "promql/number_literal.h"
#include "promql/parse_error.h"

namespace tocsin::promql {
namespace {

constexpr size_t kNumberWordSize = 3;  // inf, nan

// The end of the decimal number that starts at `at`.
size_t NumberEnd(std::string_view text, size_t at) {
  const auto is_digit = [&](size_t i) { return i < text.size() && IsDigit(text[i]); };
  while (is_digit(at) || (at < text.size() && (text[at] == '.' || text[at] == '_'))) ++at;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    size_t exponent = at + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (is_digit(exponent)) {
      at = exponent;
      while (is_digit(at)) ++at;
    }
  }
  return at;
}

bool IsDurationUnit(char c) { return std::string_view("smhdwy").find(c) != std::string_view::npos; }

}  // namespace

bool TextCursor::Accept(char c) {
  if (AtEnd() || text_[position_] != c) return false;
  ++position_;
  return true;
}

bool TextCursor::Accept(std::string_view prefix) {
  if (!IsAt(prefix)) return false;
  position_ += prefix.size();
  return true;
}

bool TextCursor::AcceptWord(std::string_view word) {
  const size_t after = position_ + word.size();
  if (after < text_.size() && IsAlphaNumeric(text_[after])) return false;
  return Accept(word);
}

bool TextCursor::SkipSpaces() {
  const size_t start = position_;
  while (!AtEnd() && IsSpace(text_[position_])) ++position_;
  return position_ > start;
}

std::string_view TextCursor::TakeWord() {
  const size_t start = position_;
  while (!AtEnd() && IsAlpha(text_[position_])) ++position_;
  return text_.substr(start, position_ - start);
}

bool TextCursor::AtNumberWord() const {
  std::string word;
  for (const char c : text_.substr(position_, kNumberWordSize)) word.push_back(ToLowerAscii(c));
  return word == "inf" || word == "nan";
}

Result<double> TextCursor::ParseSignedNumber() {
  const bool is_negative = Peek() == '-';
  if (Peek() == '+' || Peek() == '-') ++position_;
  size_t end = AtNumberWord() ? position_ + kNumberWordSize : NumberEnd(text_, position_);
  if (end == position_) return Unexpected("series values");
  bool is_duration = false;
  while (end < text_.size() &&
         (IsDurationUnit(text_[end]) || (is_duration && IsDigit(text_[end])))) {
    is_duration = true;
    ++end;
  }
  const std::string_view literal = text_.substr(position_, end - position_);
  const auto value = is_duration ? ParseDurationLiteral(literal) : ParseNumberLiteralText(literal);
  if (!value) return FailHere(value.error().message());
  position_ = end;
  return is_negative ? -*value : *value;
}

Result<uint64_t> TextCursor::ParseCount() {
  uint64_t count = 0;
  const char* const begin = text_.data() + position_;
  const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), count);
  if (stop == begin) return Unexpected("series values");
  if (error != std::errc()) return FailHere("invalid repetition in series values");
  position_ += static_cast<size_t>(stop - begin);
  return count;
}

Result<int64_t> TextCursor::ParseInteger() {
  int64_t value = 0;
  const char* const begin = text_.data() + position_;
  const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (stop == begin || error != std::errc()) return Unexpected("histogram description", "integer");
  position_ += static_cast<size_t>(stop - begin);
  return value;
}

Error TextCursor::FailHere(std::string_view message) const {
  const auto at = static_cast<int32_t>(position_);
  return MakeParseError(text_, {at, at}, message);
}

Error TextCursor::Unexpected(std::string_view context, std::string_view expected) const {
  std::string message = fmt::format("unexpected end of input in {}", context);
  if (!AtEnd()) {
    message = fmt::format("unexpected character in {}: {}", context,
                          QuoteRune(DecodeRune(text_, position_).code));
  }
  if (!expected.empty()) message.append(", expected ").append(expected);
  return FailHere(message);
}

}  // namespace tocsin::promql
