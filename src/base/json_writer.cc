#include "base/json_writer.h"

#include <charconv>
#include <cmath>

#include "base/float_digits.h"

namespace tocsin {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void AppendUnicodeEscape(std::string& out, unsigned code) {
  const char escape[6] = {'\\',
                          'u',
                          kHexDigits[code >> 12 & 15],
                          kHexDigits[code >> 8 & 15],
                          kHexDigits[code >> 4 & 15],
                          kHexDigits[code & 15]};
  out.append(escape, 6);
}

// Length of the well-formed UTF-8 sequence at the front of `text` (RFC 3629), 0 if there is none.
size_t Utf8SequenceLength(std::string_view text) {
  const auto byte = [text](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto is_tail = [&byte](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return is_tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!is_tail(1) || !is_tail(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!is_tail(1) || !is_tail(2) || !is_tail(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

void AppendAsciiEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      AppendUnicodeEscape(out, static_cast<unsigned char>(c));
  }
}

bool NeedsEscape(char c, JsonWriter::Escape escape) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || c == '"' || c == '\\') return true;
  return escape == JsonWriter::Escape::kHtml && (c == '<' || c == '>' || c == '&');
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view value, JsonWriter::Escape escape) {
  out.push_back('"');
  size_t run = 0;  // Start of the bytes not yet copied.
  for (size_t i = 0; i < value.size();) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (byte < 0x80) {
      if (NeedsEscape(value[i], escape)) {
        out.append(value, run, i - run);
        AppendAsciiEscaped(out, value[i]);
        run = i + 1;
      }
      ++i;
      continue;
    }
    const size_t length = Utf8SequenceLength(value.substr(i));
    const bool is_line_separator = length == 3 && byte == 0xE2 && value[i + 1] == '\x80' &&
                                   (value[i + 2] == '\xA8' || value[i + 2] == '\xA9');
    if (length == 0 || is_line_separator) {
      out.append(value, run, i - run);
      AppendUnicodeEscape(out, length == 0 ? 0xFFFD : 0x2028u + (value[i + 2] == '\xA9' ? 1u : 0u));
      i += length == 0 ? 1 : 3;
      run = i;
      continue;
    }
    i += length;
  }
  out.append(value, run, value.size() - run);
  out.push_back('"');
}

void JsonWriter::Key(std::string_view key) {
  Separate();
  AppendJsonString(out_, key, escape_);
  out_.push_back(':');
  needs_comma_ = false;
}

void JsonWriter::String(std::string_view value) {
  Separate();
  AppendJsonString(out_, value, escape_);
}

void JsonWriter::Int(int64_t value) {
  Separate();
  char text[24];
  out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void JsonWriter::Uint(uint64_t value) {
  Separate();
  char text[24];
  out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void JsonWriter::Double(double value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  // encoding/json: fixed notation unless below 1e-6 or from 1e21 on; then e-09 is shortened to e-9.
  const double magnitude = std::fabs(value);
  const bool is_exponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  if (is_exponent) {
    AppendShortestExponent(out_, value, 1);
  } else {
    AppendShortestFixed(out_, value);
  }
}

void JsonWriter::Bool(bool value) {
  Separate();
  out_.append(value ? "true" : "false");
}

void JsonWriter::Null() {
  Separate();
  out_.append("null");
}

void JsonWriter::Raw(std::string_view json) {
  Separate();
  out_.append(json);
}

}  // namespace tocsin
