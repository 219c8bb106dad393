#include "template/escape.h"

#include <fmt/core.h>

#include "template/utf8.h"

namespace tocsin::templates {

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\0':
        out.append("\uFFFD");
        break;
      case '"':
        out.append("&#34;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string EscapeJs(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out.append("\\\\");
        break;
      case '\'':
        out.append("\\'");
        break;
      case '"':
        out.append("\\\"");
        break;
      case '<':
        out.append("\\u003C");
        break;
      case '>':
        out.append("\\u003E");
        break;
      case '&':
        out.append("\\u0026");
        break;
      case '=':
        out.append("\\u003D");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out.append(fmt::format("\\u{:04X}", static_cast<unsigned>(c)));
        } else {
          out.push_back(c);
        }
    }
  }
  return out;
}

std::string EscapeUrlQuery(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (is_plain) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      out.append(fmt::format("%{:02X}", static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace tocsin::templates
