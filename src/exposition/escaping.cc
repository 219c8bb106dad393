#include "exposition/escaping.h"

namespace tocsin::exposition {

std::string Unescape(std::string_view text, EscapedIn where) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == '\\' || next == 'n' || (next == '"' && where == EscapedIn::kLabelValue)) {
      out.push_back(next == 'n' ? '\n' : next);
      ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

void AppendEscaped(std::string& out, std::string_view text, EscapedIn where) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && where == EscapedIn::kLabelValue) {
      out += "\\\"";
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace tocsin::exposition
