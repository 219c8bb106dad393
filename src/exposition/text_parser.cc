#include "exposition/text_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "exposition/escaping.h"
#include "exposition/page_error.h"
#include "exposition/sample_value.h"
#include "exposition/short_decimal.h"

namespace tocsin::exposition {

// The format, as upstream lexes it (model/textparse/promlex.l); blank = [ \t]:
//   page    = { entry }                     a missing last line's end is supplied
//   entry   = blank* "\n"
//           | "#" blank+ ("HELP"|"TYPE") blank+ family text "\n"
//           | "#" anything "\n"
//           | series blank* value [ blank+ timestamp ] blank* "\n"
//   series  = name [ blank* "{" labels "}" ] | "{" labels "}"      labels hold the quoted name
//   labels  = { (name | quoted) [ "=" quoted ] [ "," ] }
//   quoted  = '"' { "\\" any-but-newline | any-but-quote-and-backslash } '"'     may span lines
//   text    = whatever stands before the line's end; its first byte, the separator, does not count

enum class TextParser::Token : uint8_t {
  kInvalid,
  kEnd,
  kLinebreak,
  kBraceOpen,
  kBraceClose,
  kLabelName,
  kQuoted,
  kLabelValue,
  kComma,
  kEqual,
  kTimestamp,
  kValue,
};

namespace {

// Names of upstream's tokens by Token; users see them in the errors of their targets.
constexpr std::string_view kTokenNames[] = {"INVALID", "EOF",   "LINEBREAK", "BOPEN",
                                            "BCLOSE",  "LNAME", "QSTRING",   "LVALUE",
                                            "COMMA",   "EQUAL", "TIMESTAMP", "VALUE"};

enum CharClass : uint8_t {
  kNameStart = 1,  // [a-zA-Z_:]
  kDigit = 2,      // [0-9]
  kBlank = 4,      // [ \t]
  kValueEnd = 8,   // what no value holds: { blank newline NUL
  kColon = 16,
};

struct CharTable {
  uint8_t of[256] = {};
  constexpr CharTable() {
    for (int c = 'a'; c <= 'z'; ++c) of[c] = of[c - 'a' + 'A'] = kNameStart;
    for (int c = '0'; c <= '9'; ++c) of[c] = kDigit;
    of[static_cast<int>('_')] = kNameStart;
    of[static_cast<int>(':')] = kNameStart | kColon;
    of[static_cast<int>(' ')] = of[static_cast<int>('\t')] = kBlank | kValueEnd;
    of[static_cast<int>('{')] = of[static_cast<int>('\n')] = of[0] = kValueEnd;
  }
};
constexpr CharTable kChars;

bool Is(char c, int classes) { return (kChars.of[static_cast<unsigned char>(c)] & classes) != 0; }

bool IsLabelNameChar(char c, bool is_first) {
  return Is(c, is_first ? kNameStart : kNameStart | kDigit) && !Is(c, kColon);
}

}  // namespace

Entry TextParser::Next() {
  while (true) {
    entry_begin_ = at_;
    SkipBlanks();
    token_begin_ = at_;
    if (IsPastEnd(at_)) return Entry::kEnd;
    const char c = At(at_);
    if (c == '\n') {
      ++at_;
      continue;
    }
    if (c == '\0') return Entry::kEnd;  // Upstream's lexer takes it for the end.
    if (c == '#') return ParseHash();
    if (c == '{' || Is(c, kNameStart)) return ParseSample();
    return FailExpecting("expected a valid start token", Token::kInvalid);
  }
}

void TextParser::SkipBlanks() {
  while (Is(At(at_), kBlank)) ++at_;
}

// Comments and metadata.

Entry TextParser::ParseHash() {
  ++at_;
  const size_t after_hash = at_;
  SkipBlanks();
  const std::string_view word = page_.substr(std::min(at_, page_.size()), 4);
  const bool is_keyword = at_ > after_hash && (word == "HELP" || word == "TYPE");
  if (!is_keyword || !Is(At(at_ + 4), kBlank)) return ParseComment();
  at_ += 4;
  SkipBlanks();
  return ParseMetadata(word == "TYPE");
}

Entry TextParser::ParseComment() {
  at_ = std::min(page_.find('\n', std::min(at_, page_.size())), page_.size());
  text_ = page_.substr(entry_begin_, at_ - entry_begin_);
  ++at_;
  return Entry::kComment;
}

Entry TextParser::ParseMetadata(bool is_type) {
  const char* const keyword = is_type ? "TYPE" : "HELP";
  if (!ParseFamilyName(keyword)) return Entry::kInvalid;
  const size_t end = std::min(page_.find('\n', std::min(at_, page_.size())), page_.size());
  std::string_view text = page_.substr(std::min(at_, page_.size()), end - std::min(at_, end));
  // A text of nothing but blanks is lexed as white space, so not even its first byte is text.
  if (text.find_first_not_of(" \t") == text.npos) text = {};
  if (!text.empty()) text.remove_prefix(1);
  token_begin_ = at_;
  text_ = page_.substr(entry_begin_, end - entry_begin_);
  at_ = end + 1;
  if (is_type) {
    if (SetType(text)) return Entry::kType;
    return Fail("invalid metric type " + GoQuote(text));
  }
  if (!IsValidUtf8(text)) return Fail("help text " + GoQuote(text) + " is not a valid utf8 string");
  help_ = text;
  return Entry::kHelp;
}

bool TextParser::ParseFamilyName(const char* keyword) {
  token_begin_ = at_;
  if (At(at_) == '"' && LexQuoted()) {
    name_ = {token_begin_ + 1, at_ - 1};
    return true;
  }
  if (At(at_) != '"' && Is(At(at_), kNameStart)) {
    while (Is(At(at_), kNameStart | kDigit)) ++at_;
    name_ = {token_begin_, at_};
    return true;
  }
  FailExpecting(std::string("expected metric name after ") + keyword, Token::kInvalid);
  return false;
}

bool TextParser::SetType(std::string_view word) {
  if (word == "counter") {
    type_ = MetricType::kCounter;
  } else if (word == "gauge") {
    type_ = MetricType::kGauge;
  } else if (word == "histogram") {
    type_ = MetricType::kHistogram;
  } else if (word == "summary") {
    type_ = MetricType::kSummary;
  } else if (word == "untyped") {
    type_ = MetricType::kUnknown;
  } else {
    return false;
  }
  return true;
}

std::string TextParser::family() const {
  return Unescape(page_.substr(name_.begin, name_.end - name_.begin), EscapedIn::kLabelValue);
}

std::string TextParser::help() const { return Unescape(help_, EscapedIn::kHelp); }

// Samples.

Entry TextParser::ParseSample() {
  labels_.clear();
  has_name_ = At(at_) != '{';
  if (has_name_) {
    while (Is(At(at_), kNameStart | kDigit)) ++at_;
    name_ = {token_begin_, at_};
  }
  size_t series_end = at_;
  SkipBlanks();
  if (At(at_) == '{') {
    ++at_;
    if (!ParseLabelList()) return Entry::kInvalid;
    series_end = at_;
  } else {
    at_ = series_end;
  }
  text_ = page_.substr(entry_begin_, series_end - entry_begin_);
  if (text_.size() > kMaxSeriesBytes) {
    return Fail(
        fmt::format("series text of {} bytes is longer than {}", text_.size(), kMaxSeriesBytes));
  }
  return ParseSuffix();
}

bool TextParser::ParseLabelList() {
  Token token = LexInLabels();
  while (token != Token::kBraceClose) {
    Span name{token_begin_, at_};
    const bool is_quoted = token == Token::kQuoted;
    if (!is_quoted && token != Token::kLabelName) {
      FailExpecting("expected label name", token);
      return false;
    }
    if (is_quoted) name = {name.begin + 1, name.end - 1};
    token = LexInLabels();
    if (is_quoted && (token == Token::kComma || token == Token::kBraceClose)) {
      if (has_name_) {
        Fail("metric name already set while parsing: " + QuotePage(entry_begin_, at_));
        return false;
      }
      has_name_ = true;
      name_ = name;
    } else {
      if (token != Token::kEqual) {
        FailExpecting("expected equal", token);
        return false;
      }
      if (!ParseLabelValue(name)) return false;
      token = LexInLabels();
    }
    if (token == Token::kComma) token = LexInLabels();
  }
  return true;
}

bool TextParser::ParseLabelValue(Span name) {
  SkipBlanks();
  token_begin_ = at_;
  if (At(at_) != '"' || !LexQuoted()) {
    FailExpecting("expected label value", Token::kInvalid);
    return false;
  }
  const std::string_view quoted = page_.substr(token_begin_, at_ - token_begin_);
  if (!IsValidUtf8(quoted)) {
    Fail("invalid UTF-8 label value: " + QuotePage(token_begin_, at_));
    return false;
  }
  labels_.push_back({name, {token_begin_ + 1, at_ - 1}});
  return true;
}

// Reads a quoted string at at_. False leaves at_ where upstream's lexer gives up.
bool TextParser::LexQuoted() {
  ++at_;
  while (at_ < page_.size()) {
    const char c = page_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c == '\\') {
      ++at_;
      if (At(at_) == '\n') return false;
    }
    ++at_;
  }
  at_ = page_.size() + 1;
  return false;
}

TextParser::Token TextParser::LexInLabels() {
  SkipBlanks();
  token_begin_ = at_;
  const char c = At(at_);
  if (c == '"') return LexQuoted() ? Token::kQuoted : Token::kInvalid;
  if (IsLabelNameChar(c, true)) {
    while (IsLabelNameChar(At(at_), false)) ++at_;
    return Token::kLabelName;
  }
  Token token = Token::kInvalid;
  if (c == '}') token = Token::kBraceClose;
  if (c == '=') token = Token::kEqual;
  if (c == ',') token = Token::kComma;
  if (token != Token::kInvalid) ++at_;
  return token;
}

TextParser::Token TextParser::LexAfterSeries() {
  SkipBlanks();
  token_begin_ = at_;
  if (At(at_) == '{') {
    ++at_;
    return Token::kBraceOpen;
  }
  while (!Is(At(at_), kValueEnd)) ++at_;
  return at_ > token_begin_ ? Token::kValue : Token::kInvalid;
}

TextParser::Token TextParser::LexAfterValue() {
  SkipBlanks();
  token_begin_ = at_;
  if (IsPastEnd(at_)) return Token::kEnd;
  if (At(at_) == '\n') {
    ++at_;
    return Token::kLinebreak;
  }
  if (At(at_) == '-' && Is(At(at_ + 1), kDigit)) ++at_;
  while (Is(At(at_), kDigit)) ++at_;
  return at_ > token_begin_ ? Token::kTimestamp : Token::kInvalid;
}

Entry TextParser::ParseSuffix() {
  const Token token = LexAfterSeries();
  if (!has_name_) {
    return Fail("metric name not set while parsing: " + QuotePage(entry_begin_, at_));
  }
  if (token != Token::kValue) return FailExpecting("expected value after metric", token);
  if (!ParseValue()) return Entry::kInvalid;
  has_timestamp_ = false;
  const Token next = LexAfterValue();
  if (next == Token::kLinebreak) return Entry::kSeries;
  if (next != Token::kTimestamp) return FailExpecting("expected timestamp or new record", next);
  if (!ParseTimestamp()) return Entry::kInvalid;
  const Token last = LexAfterValue();
  if (last == Token::kLinebreak) return Entry::kSeries;
  return FailExpecting("expected next entry after timestamp", last);
}

bool TextParser::ParseValue() {
  const std::string_view text = page_.substr(token_begin_, at_ - token_begin_);
  if (ParseShortDecimal(text.data(), text.data() + text.size(), value_) != nullptr) return true;
  const Result<double> value = ParseSampleValue(text);
  if (value) {
    value_ = *value;
    return true;
  }
  Fail(value.error().message() + " while parsing: " + QuotePage(entry_begin_, at_));
  return false;
}

bool TextParser::ParseTimestamp() {
  const std::string_view text = page_.substr(token_begin_, at_ - token_begin_);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), timestamp_ms_);
  has_timestamp_ = parsed.ec == std::errc();
  if (has_timestamp_) return true;
  Fail("strconv.ParseInt: parsing " + GoQuote(text) +
       ": value out of range while parsing: " + QuotePage(entry_begin_, at_));
  return false;
}

Status TextParser::CopyLabels(LabelsBuilder& labels, std::vector<std::string>& empty_names) const {
  return BuildLabels(page_, name_, labels_, type_, labels, empty_names);
}

// Known texts.

bool TextParser::TakeBlankLine() {
  const std::string_view ahead = rest();
  const size_t blanks = ahead.find_first_not_of(" \t");
  return blanks != ahead.npos && ahead[blanks] == '\n' && TakeLine(blanks);
}

size_t TextParser::GuessEntrySize() const {
  const std::string_view ahead = rest();
  if (ahead.empty()) return 0;
  return ahead.front() == '#' ? std::min(ahead.find('\n'), ahead.size()) : GuessSeriesSize();
}

size_t TextParser::GuessSeriesSize() const {
  size_t at = at_;
  while (Is(At(at), kBlank)) ++at;
  if (at >= page_.size() || (page_[at] != '{' && !Is(page_[at], kNameStart))) return 0;
  while (Is(At(at), kNameStart | kDigit)) ++at;
  const size_t name_end = at;
  while (Is(At(at), kBlank)) ++at;
  if (At(at) != '{') return name_end - at_;
  bool is_in_quotes = false;
  for (++at; at < page_.size(); ++at) {
    const char c = page_[at];
    if (c == '"') is_in_quotes = !is_in_quotes;
    if (c == '\\' && is_in_quotes) ++at;
    if (c == '}' && !is_in_quotes) return at + 1 - at_;
    if (c == '\n' && !is_in_quotes) break;
  }
  return 0;
}

bool TextParser::TakeUnusualSeries(size_t size) {
  const size_t begin = at_;
  if (begin + size >= page_.size()) return false;
  // A bare name must end here, and no labels may follow it.
  if (page_[begin + size - 1] != '}' && !Is(page_[begin + size], kBlank)) return false;
  entry_begin_ = begin;
  text_ = page_.substr(begin, size);
  has_name_ = true;
  at_ += size;
  if (ParseSuffix() == Entry::kSeries) return true;
  error_.reset();
  at_ = begin;
  return false;
}

// Errors.

Entry TextParser::Fail(std::string_view message) {
  error_ = ErrorAtPlace(page_, token_begin_, message);
  return Entry::kInvalid;
}

Entry TextParser::FailExpecting(std::string_view expectation, Token got) {
  const size_t end = std::min(page_.size() + 1, at_ + 1);
  return Fail(fmt::format("{}, got {} (\"{}\") while parsing: {}", expectation,
                          QuotePage(token_begin_, end), kTokenNames[static_cast<size_t>(got)],
                          QuotePage(entry_begin_, end)));
}

std::string TextParser::QuotePage(size_t begin, size_t end) const {
  std::string text(page_.substr(std::min(begin, page_.size()), end - begin));
  if (text.size() < end - begin) text += '\n';
  return QuoteExcerpt(text);
}

}  // namespace tocsin::exposition
