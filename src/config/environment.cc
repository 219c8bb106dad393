#include "config/environment.h"

#include <cctype>
#include <utility>

namespace tocsin::config {
namespace {

bool IsSpecial(char c) {
  return std::string_view("*#$@!?-0123456789").find(c) != std::string_view::npos;
}

bool IsNameChar(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

// The name after a dollar sign and how many bytes it takes. Without a name: some bytes are bad
// syntax, which is dropped, and none means that the dollar sign stands for itself.
std::pair<std::string_view, size_t> TakeName(std::string_view text) {
  if (text[0] == '{') {
    if (text.size() > 2 && IsSpecial(text[1]) && text[2] == '}') return {text.substr(1, 1), 3};
    const size_t close = text.find('}');
    if (close == std::string_view::npos) return {"", 1};
    if (close == 1) return {"", 2};
    return {text.substr(1, close - 1), close + 1};
  }
  if (IsSpecial(text[0])) return {text.substr(0, 1), 1};
  size_t size = 0;
  while (size < text.size() && IsNameChar(text[size])) ++size;
  return {text.substr(0, size), size};
}

}  // namespace

std::string ExpandVariables(std::string_view text,
                            const std::function<std::string(const std::string&)>& lookup) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    const auto [name, size] = TakeName(text.substr(i + 1));
    if (name == "$")
      out.push_back('$');
    else if (!name.empty())
      out += lookup(std::string(name));
    else if (size == 0)
      out.push_back('$');
    i += size;
  }
  return out;
}

}  // namespace tocsin::config
