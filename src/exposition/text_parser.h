#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exposition/entry.h"
#include "exposition/label_spans.h"
#include "exposition/short_decimal.h"
#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::exposition {

/// Reads a page in Prometheus' text format (0.0.4, and 1.0.0 with its quoted UTF-8 names), entry by
/// entry, without copying: the page must outlive the parser and every view it hands out.
///
/// There are two ways forward. Next() lexes the next entry and checks all of it. A reader that has
/// met a text before need not have it lexed again: rest() shows what comes, and TakeSeries() or
/// TakeLine() step over as many bytes as the known text has; they refuse when what follows does not
/// fit, and then Next() tells what it is. Both ways give the same entries for the same page.
///
/// Accepts and refuses what upstream's promlex.l does and says so in its words, with the place
/// added: `expected value after metric, got "\n" ("INVALID") while parsing: "a\n" (line 1, column
/// 2)`. Deliberate differences: blanks before a metric name do not become part of it, and a series
/// text is at most kMaxSeriesBytes long. Confined to a thread.
class TextParser {
 public:
  using Entry = exposition::Entry;

  /// Label strings of ours hold 16 MiB; a series text beyond is an attack or a broken page.
  static constexpr size_t kMaxSeriesBytes = size_t{1} << 20;

  explicit TextParser(std::string_view page) : page_(page) {}

  /// Moves to the next entry. After kInvalid, error() says why, and the parser must not be used
  /// further.
  Entry Next();

  /// What is not parsed yet; begins at the start of a line.
  std::string_view rest() const {
    return {page_.data() + at_, at_ < page_.size() ? page_.size() - at_ : 0};
  }
  /// How long the series text of the coming line is if the line is well formed; 0 when it is no
  /// sample.
  size_t GuessSeriesSize() const;
  /// The size by which a known text of the coming line, of whatever kind, would be found again; 0
  /// at the end.
  size_t GuessEntrySize() const;
  /// Steps over a line of nothing but blanks; false when the coming line is none.
  bool TakeBlankLine();
  /// Takes the coming line as a sample whose series text, known to be well formed, is its first
  /// `size` bytes. False, and nothing has happened, unless exactly a value, an optional timestamp
  /// and the line's end follow. Sets series(), value() and timestamp_ms(), but not the labels.
  bool TakeSeries(size_t size);
  /// Takes the coming line as a comment or metadata known to be exactly its first `size` bytes.
  /// False, and nothing has happened, unless the line ends there.
  bool TakeLine(size_t size);

  // Of a kSeries entry.
  /// The line up to the value: name and labels as written, without the blanks that follow.
  std::string_view series() const { return text_; }
  double value() const { return value_; }
  std::optional<int64_t> timestamp_ms() const {
    return has_timestamp_ ? std::optional<int64_t>(timestamp_ms_) : std::nullopt;
  }
  bool has_timestamp() const { return has_timestamp_; }
  /// Replaces `labels` by the name and labels of the series that Next() gave, unescaped, with `le`
  /// and `quantile` in their canonical form under current_type(). Labels that are there but empty,
  /// which label sets do not hold, go to `empty_names`. kInvalidArgument: a label name twice.
  Status CopyLabels(LabelsBuilder& labels, std::vector<std::string>& empty_names) const;

  // Of a kHelp or kType entry.
  std::string family() const;
  std::string help() const;
  /// The whole line of a kHelp, kType or kComment entry, without the line's end.
  std::string_view line() const { return text_; }

  /// The type that the last TYPE line declared: it holds until the next one.
  MetricType current_type() const { return type_; }
  /// For TYPE lines that were stepped over with TakeLine().
  void set_current_type(MetricType type) { type_ = type; }

  const Error& error() const { return *error_; }

 private:
  enum class Token : uint8_t;

  // The page followed by the line's end that upstream appends; anything further does not exist.
  char At(size_t i) const { return i < page_.size() ? page_[i] : '\n'; }
  bool IsPastEnd(size_t i) const { return i > page_.size(); }

  void SkipBlanks();
  bool LexQuoted();
  Token LexInLabels();
  Token LexAfterSeries();
  Token LexAfterValue();

  Entry ParseHash();
  Entry ParseMetadata(bool is_type);
  bool ParseFamilyName(const char* keyword);
  Entry ParseComment();
  Entry ParseSample();
  bool ParseLabelList();
  bool ParseLabelValue(Span name);
  Entry ParseSuffix();
  bool TakeUnusualSeries(size_t size);
  bool ParseValue();
  bool ParseTimestamp();
  bool SetType(std::string_view word);

  Entry Fail(std::string_view message);
  Entry FailExpecting(std::string_view expectation, Token got);
  std::string QuotePage(size_t begin, size_t end) const;

  const std::string_view page_;
  size_t at_ = 0;
  size_t entry_begin_ = 0;  // Start of the entry's (first) line.
  size_t token_begin_ = 0;

  std::string_view text_;
  Span name_{};
  bool has_name_ = false;
  std::vector<LabelSpans> labels_;
  std::string_view help_;
  double value_ = 0;
  int64_t timestamp_ms_ = 0;
  bool has_timestamp_ = false;
  MetricType type_ = MetricType::kUnknown;
  std::optional<Error> error_;
};

// Inline: with the sequence cache these two are nearly all of a page's parsing.

inline bool TextParser::TakeSeries(size_t size) {
  const char* const begin = page_.data() + at_;
  const char* const end = page_.data() + page_.size();
  const char* at = begin + size;
  if (at != end && *at == ' ') [[likely]] {
    at = ParseShortDecimal(at + 1, end, value_);
    if (at != nullptr && (at == end || *at == '\n')) [[likely]] {
      text_ = std::string_view(begin, size);
      has_timestamp_ = false;
      at_ = static_cast<size_t>(at - page_.data()) + 1;
      return true;
    }
  }
  return TakeUnusualSeries(size);
}

inline bool TextParser::TakeLine(size_t size) {
  const size_t end = at_ + size;
  if (at_ >= page_.size() || end > page_.size() || (end < page_.size() && page_[end] != '\n')) {
    return false;
  }
  text_ = page_.substr(at_, size);
  at_ = end + 1;
  return true;
}

}  // namespace tocsin::exposition
