#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::templates::internal {

/// What an invalid byte decodes to.
inline constexpr char32_t kReplacementRune = 0xFFFD;

/// A code point and the bytes it took; an invalid byte is kReplacementRune of size 1.
struct Rune {
  char32_t code = 0;
  size_t size_bytes = 0;
};

/// Decodes the first code point of `text`, which is not empty.
Rune DecodeRune(std::string_view text);
void AppendRune(std::string& out, char32_t code);
/// Number of code points, invalid bytes counting one each, as Go's utf8.RuneCountInString.
size_t CountRunes(std::string_view text);
/// The first `count` code points.
std::string_view FirstRunes(std::string_view text, size_t count);
/// A letter, digit or underscore. Beyond ASCII everything but punctuation blocks counts as a
/// letter.
bool IsIdentifierRune(char32_t code);

}  // namespace tocsin::templates::internal
