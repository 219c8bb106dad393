#include "exposition/page_error.h"

#include <algorithm>

#include "model/labels.h"

namespace tocsin::exposition {

namespace {

constexpr size_t kMaxQuotedBytes = 1024;

}  // namespace

std::string QuoteExcerpt(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) return GoQuote(text);
  return GoQuote(text.substr(0, kMaxQuotedBytes)) + "...";
}

Error ErrorAtPlace(std::string_view page, size_t at, std::string_view message) {
  const std::string_view before = page.substr(0, std::min(at, page.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0.
  return Errorf(ErrorCode::kInvalidArgument, "{} (line {}, column {})", message, line,
                at - line_begin + 1);
}

}  // namespace tocsin::exposition
