#include "promql/series_description.h"

#include <cmath>
#include <limits>
#include <string>

#include "model/sample.h"
#include "promql/go_text.h"
#include "promql/histogram_description.h"
#include "promql/number_literal.h"
#include "promql/parse_error.h"
#include "promql/parser.h"
#include "promql/text_cursor.h"

namespace tocsin::promql {
namespace {

// Where the metric ends: after its name, or after the brace that closes its labels.
size_t FindMetricEnd(std::string_view text, size_t at) {
  while (at < text.size() && (IsAlphaNumeric(text[at]) || text[at] == ':')) ++at;
  if (at == text.size() || text[at] != '{') return at;
  char quote = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == '\\' && quote != '`') ++at;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '}') {
      return at + 1;
    }
  }
  return text.size();
}

class SequenceParser {
 public:
  SequenceParser(std::string_view text, size_t position) : cursor_(text, position) {}

  Result<std::vector<SequenceValue>> Parse() {
    for (;;) {
      const bool had_space = cursor_.SkipSpaces();
      if (cursor_.AtEnd()) return std::move(values_);
      if (!had_space) return cursor_.Unexpected("series values");
      TOCSIN_RETURN_IF_ERROR(ParseItem());
    }
  }

 private:
  Status ParseItem() {
    if (cursor_.Accept('_')) {
      if (!cursor_.Accept('x')) return Repeat(Omitted(), 0, 1);
      TOCSIN_ASSIGN_OR_RETURN(const uint64_t times, cursor_.ParseCount());
      return Repeat(Omitted(), 0, times);
    }
    if (cursor_.IsAt("{{")) return ParseHistogramItem();
    return ParseNumberItem();
  }

  Status ParseNumberItem() {
    TOCSIN_ASSIGN_OR_RETURN(const double start, ParseValue());
    double step = 0;
    if (cursor_.Peek() == '+' || cursor_.Peek() == '-') {
      TOCSIN_ASSIGN_OR_RETURN(step, cursor_.ParseSignedNumber());
      if (cursor_.Peek() != 'x') return cursor_.Unexpected("series values");
    }
    if (!cursor_.Accept('x')) return Repeat(Number(start), 0, 1);
    TOCSIN_ASSIGN_OR_RETURN(const uint64_t times, cursor_.ParseCount());
    // The value at time 0 comes on top.
    return Repeat(Number(start), step, times + 1);
  }

  Result<double> ParseValue() {
    if (!IsAlpha(cursor_.Peek())) return cursor_.ParseSignedNumber();
    if (cursor_.AcceptWord("stale")) return kStaleNan;
    if (cursor_.AtNumberWord()) return cursor_.ParseSignedNumber();
    return cursor_.Unexpected("series values", "number or \"stale\"");
  }

  Status ParseHistogramItem() {
    TOCSIN_ASSIGN_OR_RETURN(HistogramDescription first, ParseHistogramDescription(cursor_));
    SequenceValue value;
    value.histogram = std::make_shared<const FloatHistogram>(std::move(first.histogram));
    value.has_counter_reset_hint = first.has_counter_reset_hint;
    if (cursor_.Accept('x')) {
      TOCSIN_ASSIGN_OR_RETURN(const uint64_t times, cursor_.ParseCount());
      return Repeat(value, 0, times + 1);
    }
    const bool is_minus = cursor_.Peek() == '-';
    if (!cursor_.Accept('+') && !cursor_.Accept('-')) return Repeat(value, 0, 1);
    TOCSIN_ASSIGN_OR_RETURN(const HistogramDescription step, ParseHistogramDescription(cursor_));
    if (!cursor_.Accept('x')) return cursor_.Unexpected("series values");
    TOCSIN_ASSIGN_OR_RETURN(const uint64_t times, cursor_.ParseCount());
    value.has_counter_reset_hint = step.has_counter_reset_hint;
    return RepeatHistogram(value, step.histogram, is_minus ? -1.0 : 1.0, times);
  }

  Status RepeatHistogram(SequenceValue value, const FloatHistogram& step, double sign,
                         uint64_t times) {
    TOCSIN_RETURN_IF_ERROR(Repeat(value, 0, 1));
    for (uint64_t i = 0; i < times; ++i) {
      auto next = AddHistograms(*value.histogram, step, sign);
      if (!next) return cursor_.FailHere(next.error().message());
      value.histogram = std::make_shared<const FloatHistogram>(std::move(*next));
      TOCSIN_RETURN_IF_ERROR(Repeat(value, 0, 1));
    }
    return {};
  }

  Status Repeat(SequenceValue value, double step, uint64_t count) {
    if (count > kMaxSequenceValues - values_.size()) {
      return cursor_.FailHere(
          fmt::format("too many values in the series, the limit is {}", kMaxSequenceValues));
    }
    for (uint64_t i = 0; i < count; ++i) {
      values_.push_back(value);
      // Adding step by step, not multiplying, is what expectations were computed with.
      value.value += step;
    }
    return {};
  }

  static SequenceValue Number(double number) {
    SequenceValue value;
    value.value = number;
    return value;
  }
  static SequenceValue Omitted() {
    SequenceValue value;
    value.is_omitted = true;
    return value;
  }

  TextCursor cursor_;
  std::vector<SequenceValue> values_;
};

}  // namespace

Result<SeriesDescription> ParseSeriesDescription(std::string_view text) {
  size_t start = 0;
  while (start < text.size() && IsSpace(text[start])) ++start;
  const size_t end = FindMetricEnd(text, start);
  SeriesDescription series;
  if (end > start) {
    TOCSIN_ASSIGN_OR_RETURN(series.labels, ParseMetric(text.substr(0, end)));
  }
  TOCSIN_ASSIGN_OR_RETURN(series.values, SequenceParser(text, end).Parse());
  return series;
}

}  // namespace tocsin::promql
