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
#include "model/exemplar.h"
#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::exposition {

/// Reads a page in OpenMetrics text format (1.0.0 and 0.0.1), entry by entry, without copying: the
/// page must outlive the parser and every view it hands out. The two ways forward and their rules
/// are those of TextParser.
///
/// Accepts and refuses what upstream's openmetricslex.l does and says so in its words, with the
/// place added: one blank between things, a unit that is the end of its family's name, `# EOF` at
/// the end and nothing behind it. Timestamps are seconds. As upstream, a family's samples need not
/// fit its type, and an exemplar may stand behind any sample. Deliberate difference: a series text
/// is at most kMaxSeriesBytes long. Confined to a thread.
class OpenMetricsParser {
 public:
  using Entry = exposition::Entry;

  static constexpr size_t kMaxSeriesBytes = size_t{1} << 20;  // As TextParser, for the same reason.

  explicit OpenMetricsParser(std::string_view page) : page_(page) {}

  /// Moves to the next entry. After kInvalid, error() says why, and the parser must not be used
  /// further.
  Entry Next();

  std::string_view rest() const {
    return {page_.data() + at_, at_ < page_.size() ? page_.size() - at_ : 0};
  }
  /// The size by which a known text of the coming line would be found again; 0 at `# EOF`.
  size_t GuessEntrySize() const;
  /// There are none in this format.
  static bool TakeBlankLine() { return false; }
  /// As in TextParser; here the line's end must be on the page.
  bool TakeSeries(size_t size);
  bool TakeLine(size_t size);

  // Of a kSeries entry.
  std::string_view series() const { return text_; }
  double value() const { return value_; }
  std::optional<int64_t> timestamp_ms() const {
    return has_timestamp_ ? std::optional<int64_t>(timestamp_ms_) : std::nullopt;
  }
  bool has_timestamp() const { return has_timestamp_; }
  bool has_exemplar() const { return has_exemplar_; }
  /// Its labels as written, for upstream undoes no escapes in them. Without a time of its own its
  /// timestamp is 0.
  Exemplar CopyExemplar() const;
  /// As in TextParser.
  Status CopyLabels(LabelsBuilder& labels, std::vector<std::string>& empty_names) const;

  // Of a kHelp, kType or kUnit entry.
  std::string family() const;
  std::string help() const;
  std::string unit() const { return std::string(metadata_text_); }
  /// The whole line of a kHelp, kType or kUnit entry, without the line's end.
  std::string_view line() const { return text_; }

  /// The type that the last TYPE line declared: it holds until the next one.
  MetricType current_type() const { return type_; }
  /// For TYPE lines that were stepped over with TakeLine().
  void set_current_type(MetricType type) { type_ = type; }

  const Error& error() const { return *error_; }

 private:
  enum class Token : uint8_t;

  /// NUL stands for the end, as in upstream's lexer.
  char At(size_t i) const { return i < page_.size() ? page_[i] : '\0'; }

  Token LexHash();
  Token LexFamilyName();
  Token LexInLabels();
  Token LexLabelValue(bool is_exemplar);
  Token LexAfterSeries(bool is_exemplar);
  Token LexAfterValue(bool is_exemplar);
  bool LexQuoted(bool may_span_lines, bool skips_nul);
  bool LexName(bool may_have_colons);

  Entry ParseEnd();
  Entry ParseMetadata(Token keyword);
  bool SetType(std::string_view word);
  bool CheckUnit();
  Entry ParseSample();
  bool ParseLabelList(std::vector<LabelSpans>& labels, bool is_exemplar);
  Entry ParseSuffix();
  Entry FinishSample(Token token);
  bool ParseExemplar();
  bool ParseValue(Token token, const char* after, double& value);
  bool ParseSeconds(const char* what, int64_t& timestamp_ms);
  bool TakeUnusualSeries(size_t size);

  Entry Fail(std::string_view message);
  Entry FailExpecting(std::string_view expectation, Token got);
  Entry FailWithoutEnd();
  std::string QuotePage(size_t begin, size_t end) const;

  const std::string_view page_;
  size_t at_ = 0;
  size_t entry_begin_ = 0;
  size_t token_begin_ = 0;

  std::string_view text_;
  Span name_{};
  bool has_name_ = false;
  std::vector<LabelSpans> labels_;
  std::string_view metadata_text_;
  double value_ = 0;
  int64_t timestamp_ms_ = 0;
  bool has_timestamp_ = false;
  bool has_exemplar_ = false;
  std::vector<LabelSpans> exemplar_labels_;
  double exemplar_value_ = 0;
  int64_t exemplar_timestamp_ms_ = 0;
  bool has_exemplar_timestamp_ = false;
  MetricType type_ = MetricType::kUnknown;
  std::optional<Error> error_;
};

// Inline: with the sequence cache these two are nearly all of a page's parsing.

inline bool OpenMetricsParser::TakeSeries(size_t size) {
  const char* const begin = page_.data() + at_;
  const char* const end = page_.data() + page_.size();
  const char* at = begin + size;
  if (at != end && *at == ' ') [[likely]] {
    at = ParseShortDecimal(at + 1, end, value_);
    if (at != nullptr && at != end && *at == '\n') [[likely]] {
      text_ = std::string_view(begin, size);
      has_timestamp_ = false;
      has_exemplar_ = false;
      at_ = static_cast<size_t>(at - page_.data()) + 1;
      return true;
    }
  }
  return TakeUnusualSeries(size);
}

inline bool OpenMetricsParser::TakeLine(size_t size) {
  const size_t end = at_ + size;
  if (end >= page_.size() || page_[end] != '\n') return false;
  text_ = page_.substr(at_, size);
  at_ = end + 1;
  return true;
}

}  // namespace tocsin::exposition
