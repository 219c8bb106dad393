#include "exposition/openmetrics_parser.h"

#include <algorithm>
#include <cmath>

#include "exposition/escaping.h"
#include "exposition/page_error.h"
#include "exposition/sample_value.h"

namespace tocsin::exposition {

// The format, as upstream lexes it (model/textparse/openmetricslex.l); each blank is one ' ':
//   page     = { entry } "# EOF" [ "\n" ]
//   entry    = "# " ("HELP"|"TYPE"|"UNIT") " " family " " text "\n"
//            | series " " value [ " " seconds ] [ exemplar ] "\n"
//   series   = name [ "{" labels "}" ] | "{" labels "}"            labels hold the quoted name
//   labels   = { (name | quoted) [ "=" quoted ] [ "," ] }          a comma must follow but the last
//   exemplar = " # {" { (name | quoted) "=" quoted [ "," ] } "} " value [ " " seconds ]
//   value    = seconds = whatever stands before a blank or the line's end
// A token that fits no rule is INVALID; at_ is then where the lexer gave up, token_begin_ where it
// began. A NUL ends every token but a text and the value of a series' label.

enum class OpenMetricsParser::Token : uint8_t {
  kInvalid,
  kEnd,
  kLinebreak,
  kComment,
  kHelp,
  kType,
  kUnit,
  kEndWord,
  kMetricName,
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
constexpr std::string_view kTokenNames[] = {
    "INVALID", "EOF",    "LINEBREAK", "COMMENT", "HELP",   "TYPE",  "UNIT",  "EOFWORD",   "MNAME",
    "BOPEN",   "BCLOSE", "LNAME",     "QSTRING", "LVALUE", "COMMA", "EQUAL", "TIMESTAMP", "VALUE"};

constexpr std::string_view kEndLine = "# EOF";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c, bool may_be_colon) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c == ':' && may_be_colon);
}
bool IsWord(char c) { return c != ' ' && c != '\n' && c != '\0'; }

// Seconds as Go turns them into milliseconds on amd64: what does not fit becomes the smallest.
int64_t ToMilliseconds(double seconds) {
  const double milliseconds = seconds * 1000;
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!(milliseconds >= -kLimit && milliseconds < kLimit)) return INT64_MIN;
  return static_cast<int64_t>(milliseconds);
}

}  // namespace

Entry OpenMetricsParser::Next() {
  entry_begin_ = at_;
  token_begin_ = at_;
  has_exemplar_ = false;
  if (at_ >= page_.size()) return FailWithoutEnd();
  const char c = page_[at_];
  if (c == '{' || IsNameStart(c, true)) return ParseSample();
  if (c != '#') return FailExpecting("expected a valid start token", Token::kInvalid);
  const Token token = LexHash();
  if (token == Token::kEndWord) return ParseEnd();
  if (token == Token::kInvalid) return FailExpecting("expected a valid start token", token);
  return ParseMetadata(token);
}

// Lines that begin with #.

OpenMetricsParser::Token OpenMetricsParser::LexHash() {
  if (At(++at_) != ' ') return Token::kInvalid;
  ++at_;
  constexpr std::pair<std::string_view, Token> kWords[] = {{"HELP ", Token::kHelp},
                                                           {"TYPE ", Token::kType},
                                                           {"UNIT ", Token::kUnit},
                                                           {"EOF", Token::kEndWord}};
  for (const auto& [word, token] : kWords) {
    if (At(at_) != word.front()) continue;
    for (const char c : word) {
      if (At(at_) != c) return Token::kInvalid;
      ++at_;
    }
    return token;
  }
  return Token::kInvalid;
}

Entry OpenMetricsParser::ParseEnd() {
  if (At(at_) == '\n') ++at_;
  token_begin_ = at_;
  if (at_ >= page_.size()) return Entry::kEnd;
  return Fail("unexpected data after # EOF");
}

Entry OpenMetricsParser::ParseMetadata(Token keyword) {
  const std::string_view word = kTokenNames[static_cast<size_t>(keyword)];
  if (const Token token = LexFamilyName(); token != Token::kMetricName) {
    return FailExpecting("expected metric name after " + std::string(word), token);
  }
  const size_t end = page_.find('\n', at_);
  token_begin_ = at_;
  if (At(at_) != ' ' || end == page_.npos) return Fail("expected text in " + std::string(word));
  metadata_text_ = page_.substr(at_ + 1, end - at_ - 1);
  text_ = page_.substr(entry_begin_, end - entry_begin_);
  at_ = end + 1;
  if (keyword == Token::kType) {
    if (SetType(metadata_text_)) return Entry::kType;
    return Fail("invalid metric type " + GoQuote(metadata_text_));
  }
  if (keyword == Token::kUnit) return CheckUnit() ? Entry::kUnit : Entry::kInvalid;
  if (IsValidUtf8(metadata_text_)) return Entry::kHelp;
  return Fail("help text " + GoQuote(metadata_text_) + " is not a valid utf8 string");
}

OpenMetricsParser::Token OpenMetricsParser::LexFamilyName() {
  token_begin_ = at_;
  if (at_ >= page_.size()) {
    token_begin_ = entry_begin_;  // Where the keyword's token began, as upstream quotes it.
    return Token::kEnd;
  }
  if (At(at_) == '"') {
    if (!LexQuoted(true, false)) return Token::kInvalid;
    name_ = {token_begin_ + 1, at_ - 1};
    return Token::kMetricName;
  }
  if (!LexName(true)) return Token::kInvalid;
  name_ = {token_begin_, at_};
  return Token::kMetricName;
}

bool OpenMetricsParser::SetType(std::string_view word) {
  constexpr std::pair<std::string_view, MetricType> kTypes[] = {
      {"counter", MetricType::kCounter},     {"gauge", MetricType::kGauge},
      {"histogram", MetricType::kHistogram}, {"gaugehistogram", MetricType::kGaugeHistogram},
      {"summary", MetricType::kSummary},     {"info", MetricType::kInfo},
      {"stateset", MetricType::kStateset},   {"unknown", MetricType::kUnknown}};
  for (const auto& [name, type] : kTypes) {
    if (name != word) continue;
    type_ = type;
    return true;
  }
  return false;
}

bool OpenMetricsParser::CheckUnit() {
  const std::string_view family = page_.substr(name_.begin, name_.end - name_.begin);
  const std::string_view unit = metadata_text_;
  if (unit.empty()) return true;
  if (family.ends_with(unit) && family.size() > unit.size() &&
      family[family.size() - unit.size() - 1] == '_') {
    return true;
  }
  Fail("unit " + GoQuote(unit) + " not a suffix of metric " + GoQuote(family));
  return false;
}

std::string OpenMetricsParser::family() const {
  return Unescape(page_.substr(name_.begin, name_.end - name_.begin), EscapedIn::kLabelValue);
}

std::string OpenMetricsParser::help() const {
  return Unescape(metadata_text_, EscapedIn::kLabelValue);
}

// Samples.

Entry OpenMetricsParser::ParseSample() {
  labels_.clear();
  has_name_ = At(at_) != '{';
  if (has_name_) {
    LexName(true);
    name_ = {entry_begin_, at_};
  }
  if (At(at_) == '{') {
    token_begin_ = at_++;
    if (!ParseLabelList(labels_, false)) return Entry::kInvalid;
  }
  text_ = page_.substr(entry_begin_, at_ - entry_begin_);
  if (text_.size() > kMaxSeriesBytes) {
    return Fail(
        fmt::format("series text of {} bytes is longer than {}", text_.size(), kMaxSeriesBytes));
  }
  return ParseSuffix();
}

bool OpenMetricsParser::ParseLabelList(std::vector<LabelSpans>& labels, bool is_exemplar) {
  Token token = LexInLabels();
  while (token != Token::kBraceClose) {
    const bool is_quoted = token == Token::kQuoted;
    if (!is_quoted && token != Token::kLabelName) {
      FailExpecting("expected label name", token);
      return false;
    }
    const Span name{token_begin_ + is_quoted, at_ - is_quoted};
    token = LexInLabels();
    if (token == Token::kComma || token == Token::kBraceClose) {
      // Text in quotes without a value is the metric's name; upstream takes a bare one, too, less
      // its first and last byte.
      if (is_exemplar) {
        FailExpecting("expected label name", token);
        return false;
      }
      if (has_name_ || !is_quoted) {
        Fail((has_name_ ? "metric name already set while parsing: "
                        : "metric name must be in quotes while parsing: ") +
             QuotePage(entry_begin_, at_));
        return false;
      }
      has_name_ = true;
      name_ = name;
      if (token == Token::kComma) token = LexInLabels();
      continue;
    }
    if (token != Token::kEqual) {
      FailExpecting("expected equal", token);
      return false;
    }
    if (const Token value = LexLabelValue(is_exemplar); value != Token::kLabelValue) {
      FailExpecting("expected label value", value);
      return false;
    }
    const std::string_view quoted = page_.substr(token_begin_, at_ - token_begin_);
    if (!IsValidUtf8(quoted)) {
      Fail("invalid UTF-8 label value: " + QuotePage(token_begin_, at_));
      return false;
    }
    labels.push_back({name, {token_begin_ + 1, at_ - 1}});
    token = LexInLabels();
    if (token == Token::kComma) {
      token = LexInLabels();
    } else if (token != Token::kBraceClose) {
      FailExpecting("expected comma or brace close", token);
      return false;
    }
  }
  return true;
}

// Reads a name at at_; false: there is none.
bool OpenMetricsParser::LexName(bool may_have_colons) {
  if (!IsNameStart(At(at_), may_have_colons)) return false;
  while (IsNameStart(At(at_), may_have_colons) || IsDigit(At(at_))) ++at_;
  return true;
}

// Reads a quoted string at at_. False leaves at_ where upstream's lexer gives up.
bool OpenMetricsParser::LexQuoted(bool may_span_lines, bool skips_nul) {
  ++at_;
  while (at_ < page_.size()) {
    const char c = page_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if ((c == '\0' && !skips_nul) || (c == '\n' && !may_span_lines)) return false;
    if (c == '\\') {
      ++at_;
      while (skips_nul && at_ < page_.size() && page_[at_] == '\0') ++at_;
      if (At(at_) == '\n' || At(at_) == '\0') return false;
    }
    ++at_;
  }
  return false;
}

OpenMetricsParser::Token OpenMetricsParser::LexInLabels() {
  if (at_ >= page_.size()) return Token::kEnd;
  token_begin_ = at_;
  const char c = page_[at_];
  if (c == '"') return LexQuoted(true, false) ? Token::kQuoted : Token::kInvalid;
  if (LexName(false)) return Token::kLabelName;
  Token token = Token::kInvalid;
  if (c == '}') token = Token::kBraceClose;
  if (c == '=') token = Token::kEqual;
  if (c == ',') token = Token::kComma;
  if (token != Token::kInvalid) ++at_;
  return token;
}

OpenMetricsParser::Token OpenMetricsParser::LexLabelValue(bool is_exemplar) {
  if (at_ >= page_.size()) return Token::kEnd;
  token_begin_ = at_;
  if (At(at_) == '"') {
    return LexQuoted(false, !is_exemplar) ? Token::kLabelValue : Token::kInvalid;
  }
  // An exemplar's labels and its value share a state of upstream's lexer.
  return is_exemplar ? LexAfterSeries(true) : Token::kInvalid;
}

OpenMetricsParser::Token OpenMetricsParser::LexAfterSeries(bool is_exemplar) {
  if (at_ >= page_.size()) return Token::kEnd;
  token_begin_ = at_;
  if (At(at_) == '{' && !is_exemplar) {
    ++at_;
    return Token::kBraceOpen;
  }
  if (At(at_) == '"' && is_exemplar) {
    return LexQuoted(false, false) ? Token::kLabelValue : Token::kInvalid;
  }
  if (At(at_) != ' ') return Token::kInvalid;
  ++at_;
  if (!IsWord(At(at_))) return Token::kInvalid;
  while (IsWord(At(at_))) ++at_;
  return Token::kValue;
}

OpenMetricsParser::Token OpenMetricsParser::LexAfterValue(bool is_exemplar) {
  if (at_ >= page_.size()) return Token::kEnd;
  token_begin_ = at_;
  if (At(at_) == '\n') {
    ++at_;
    return Token::kLinebreak;
  }
  if (At(at_) != ' ') return Token::kInvalid;
  ++at_;
  if (!is_exemplar && At(at_) == '#' && At(at_ + 1) == ' ') {
    at_ += 2;
    if (At(at_) != '{') return Token::kInvalid;
    ++at_;
    return Token::kComment;
  }
  if (!IsWord(At(at_))) return Token::kInvalid;
  while (IsWord(At(at_))) ++at_;
  return Token::kTimestamp;
}

// What follows a series.

Entry OpenMetricsParser::ParseSuffix() {
  const Token token = LexAfterSeries(false);
  if (!has_name_) {
    return Fail("metric name not set while parsing: " + QuotePage(entry_begin_, at_));
  }
  if (!ParseValue(token, "metric", value_)) return Entry::kInvalid;
  has_timestamp_ = false;
  Token next = LexAfterValue(false);
  if (next == Token::kTimestamp) {
    has_timestamp_ = true;
    if (!ParseSeconds("timestamp", timestamp_ms_)) return Entry::kInvalid;
    next = LexAfterValue(false);
    if (next != Token::kLinebreak && next != Token::kComment) {
      return FailExpecting("expected next entry after timestamp", next);
    }
  }
  return FinishSample(next);
}

Entry OpenMetricsParser::FinishSample(Token token) {
  if (token == Token::kLinebreak) return Entry::kSeries;
  if (token == Token::kComment) return ParseExemplar() ? Entry::kSeries : Entry::kInvalid;
  if (token == Token::kEnd) return FailWithoutEnd();
  // Upstream takes the sample and stumbles over what follows when it looks for the next entry.
  entry_begin_ = at_;
  const Token got = LexAfterValue(false);
  return got == Token::kEnd ? FailWithoutEnd() : FailExpecting("expected a valid start token", got);
}

bool OpenMetricsParser::ParseExemplar() {
  exemplar_labels_.clear();
  if (!ParseLabelList(exemplar_labels_, true)) return false;
  if (!ParseValue(LexAfterSeries(true), "exemplar labels", exemplar_value_)) return false;
  has_exemplar_ = true;
  has_exemplar_timestamp_ = false;
  Token token = LexAfterValue(true);
  if (token == Token::kTimestamp) {
    has_exemplar_timestamp_ = true;
    if (!ParseSeconds("exemplar timestamp", exemplar_timestamp_ms_)) return false;
    token = LexAfterValue(true);
    if (token != Token::kLinebreak) {
      FailExpecting("expected next entry after exemplar timestamp", token);
      return false;
    }
  }
  if (token == Token::kLinebreak) return true;
  if (token == Token::kEnd) {
    FailWithoutEnd();
  } else {
    FailExpecting("expected timestamp or comment", token);
  }
  return false;
}

bool OpenMetricsParser::ParseValue(Token token, const char* after, double& value) {
  if (token != Token::kValue) {
    FailExpecting(std::string("expected value after ") + after, token);
    return false;
  }
  const std::string_view text = page_.substr(token_begin_ + 1, at_ - token_begin_ - 1);
  const Result<double> parsed = ParseSampleValue(text);
  if (parsed) {
    value = *parsed;
    return true;
  }
  Fail(parsed.error().message() + " while parsing: " + QuotePage(entry_begin_, at_));
  return false;
}

bool OpenMetricsParser::ParseSeconds(const char* what, int64_t& timestamp_ms) {
  const std::string_view text = page_.substr(token_begin_ + 1, at_ - token_begin_ - 1);
  const Result<double> seconds = ParseSampleValue(text);
  if (!seconds) {
    Fail(seconds.error().message() + " while parsing: " + QuotePage(entry_begin_, at_));
    return false;
  }
  if (!std::isfinite(*seconds)) {
    const char* const word = std::isnan(*seconds) ? "NaN" : *seconds > 0 ? "+Inf" : "-Inf";
    Fail(fmt::format("invalid {} {}", what, word));
    return false;
  }
  timestamp_ms = ToMilliseconds(*seconds);
  return true;
}

Exemplar OpenMetricsParser::CopyExemplar() const {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const LabelSpans& label : exemplar_labels_) {
    const auto text_of = [this](Span span) {
      return std::string(page_.substr(span.begin, span.end - span.begin));
    };
    pairs.emplace_back(text_of(label.name), text_of(label.value));
  }
  Exemplar exemplar;
  exemplar.labels = Labels::FromPairs(std::move(pairs));
  exemplar.value = exemplar_value_;
  exemplar.has_timestamp = has_exemplar_timestamp_;
  exemplar.timestamp_ms = has_exemplar_timestamp_ ? exemplar_timestamp_ms_ : 0;
  return exemplar;
}

Status OpenMetricsParser::CopyLabels(LabelsBuilder& labels,
                                     std::vector<std::string>& empty_names) const {
  return BuildLabels(page_, name_, labels_, type_, labels, empty_names);
}

// Known texts.

size_t OpenMetricsParser::GuessEntrySize() const {
  const std::string_view ahead = rest();
  if (ahead.empty()) return 0;
  if (ahead.front() == '#') {
    return ahead.starts_with(kEndLine) ? 0 : std::min(ahead.find('\n'), ahead.size());
  }
  if (ahead.front() != '{' && !IsNameStart(ahead.front(), true)) return 0;
  size_t size = 0;
  while (size < ahead.size() && (IsNameStart(ahead[size], true) || IsDigit(ahead[size]))) ++size;
  if (size == ahead.size() || ahead[size] != '{') return size;
  bool is_in_quotes = false;
  for (++size; size < ahead.size(); ++size) {
    const char c = ahead[size];
    if (c == '"') is_in_quotes = !is_in_quotes;
    if (c == '\\' && is_in_quotes) ++size;
    if (c == '}' && !is_in_quotes) return size + 1;
    if (c == '\n' && !is_in_quotes) break;
  }
  return 0;
}

bool OpenMetricsParser::TakeUnusualSeries(size_t size) {
  const size_t begin = at_;
  // A bare name must end here, and no labels may follow it.
  if (begin + size >= page_.size() || page_[begin + size] != ' ') return false;
  entry_begin_ = begin;
  text_ = page_.substr(begin, size);
  has_name_ = true;
  has_exemplar_ = false;
  at_ += size;
  if (ParseSuffix() == Entry::kSeries) return true;
  error_.reset();
  has_exemplar_ = false;
  at_ = begin;
  return false;
}

// Errors.

Entry OpenMetricsParser::Fail(std::string_view message) {
  error_ = ErrorAtPlace(page_, token_begin_, message);
  return Entry::kInvalid;
}

Entry OpenMetricsParser::FailExpecting(std::string_view expectation, Token got) {
  const size_t end = std::min(page_.size(), at_ + 1);
  return Fail(fmt::format("{}, got {} (\"{}\") while parsing: {}", expectation,
                          QuotePage(token_begin_, end), kTokenNames[static_cast<size_t>(got)],
                          QuotePage(entry_begin_, end)));
}

Entry OpenMetricsParser::FailWithoutEnd() {
  token_begin_ = page_.size();
  return Fail("data does not end with # EOF");
}

std::string OpenMetricsParser::QuotePage(size_t begin, size_t end) const {
  return QuoteExcerpt(page_.substr(begin, end - begin));
}

}  // namespace tocsin::exposition
