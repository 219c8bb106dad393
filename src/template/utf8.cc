#include "template/utf8.h"

namespace tocsin::templates::internal {

namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t SequenceSize(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

bool IsValidCode(char32_t code, size_t size) {
  static constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return code >= kSmallest[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

}  // namespace

Rune DecodeRune(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t size = SequenceSize(lead);
  if (size == 1) return {lead, 1};
  if (size == 0 || text.size() < size) return {kReplacementRune, 1};
  char32_t code = lead & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return {kReplacementRune, 1};
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  if (!IsValidCode(code, size)) return {kReplacementRune, 1};
  return {code, size};
}

void AppendRune(std::string& out, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = kReplacementRune;
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | code >> 18));
    out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

size_t CountRunes(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(DecodeRune(text).size_bytes);
  return count;
}

std::string_view FirstRunes(std::string_view text, size_t count) {
  std::string_view rest = text;
  for (; count > 0 && !rest.empty(); --count) rest.remove_prefix(DecodeRune(rest).size_bytes);
  return text.substr(0, text.size() - rest.size());
}

bool IsIdentifierRune(char32_t code) {
  if (code < 0x80) {
    const auto c = static_cast<char>(code);
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  if (code < 0xC0) return code == 0xAA || code == 0xB5 || code == 0xBA;
  const bool is_punctuation = code == 0xD7 || code == 0xF7 || (code >= 0x2000 && code <= 0x206F) ||
                              (code >= 0x2190 && code <= 0x2BFF) ||
                              (code >= 0x3000 && code <= 0x3004) || code >= 0x1F000 ||
                              (code >= 0xE000 && code <= 0xF8FF) || code == kReplacementRune;
  return !is_punctuation;
}

}  // namespace tocsin::templates::internal
