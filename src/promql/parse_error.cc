#include "promql/parse_error.h"

#include <algorithm>

namespace tocsin::promql {

std::string DescribePosition(std::string_view text, int32_t offset) {
  if (text.empty()) return "unknown position";
  if (offset < 0 || static_cast<size_t>(offset) > text.size()) return "invalid position";
  const std::string_view before = text.substr(0, static_cast<size_t>(offset));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_break = before.rfind('\n');
  const size_t line_start = line_break == std::string_view::npos ? 0 : line_break + 1;
  return fmt::format("{}:{}", line, before.size() - line_start + 1);
}

Error MakeParseError(std::string_view text, PositionRange position, std::string_view message) {
  return Errorf(ErrorCode::kInvalidArgument, "{}: parse error: {}",
                DescribePosition(text, position.start), message);
}

}  // namespace tocsin::promql
