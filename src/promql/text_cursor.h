#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tocsin::promql {

/// A place in the text of a series description, with what its parts have in common. Errors are
/// worded as ParseExpr's. Confined to a thread.
class TextCursor {
 public:
  /// `text` must outlive the cursor.
  TextCursor(std::string_view text, size_t position) : text_(text), position_(position) {}

  bool AtEnd() const { return position_ >= text_.size(); }
  /// The character here, 0 at the end.
  char Peek() const { return AtEnd() ? '\0' : text_[position_]; }
  bool IsAt(std::string_view prefix) const {
    return text_.substr(position_, prefix.size()) == prefix;
  }
  bool Accept(char c);
  bool Accept(std::string_view prefix);
  /// Accepts a whole word: a name character must not follow.
  bool AcceptWord(std::string_view word);
  /// Whether there was any.
  bool SkipSpaces();
  /// Letters and underscores, possibly none.
  std::string_view TakeWord();

  /// Whether `inf` or `nan` in any case begins here.
  bool AtNumberWord() const;
  /// [+-] then a decimal number, inf, nan or a duration in seconds.
  Result<double> ParseSignedNumber();
  /// A whole number of repetitions.
  Result<uint64_t> ParseCount();
  /// [-] whole number.
  Result<int64_t> ParseInteger();

  Error FailHere(std::string_view message) const;
  /// "unexpected character in `context`: 'x'" or "unexpected end of input in `context`", and what
  /// would have been right.
  Error Unexpected(std::string_view context, std::string_view expected = {}) const;

 private:
  const std::string_view text_;
  size_t position_;
};

}  // namespace tocsin::promql
