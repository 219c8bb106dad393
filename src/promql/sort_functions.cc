#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "promql/label_functions.h"

namespace tocsin::promql {
namespace {

/// The rows in the given order.
Result<FramePtr> Reorder(QueryContext& context, const Frame& frame,
                         const std::vector<size_t>& order) {
  const GridView in = frame.view();
  TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(order.size(), in.steps, context.memory()));
  std::vector<Labels> labels;
  std::vector<bool> drops_name;
  for (size_t i = 0; i < order.size(); ++i) {
    CopyRow(in, order[i], grid.view(), i);
    labels.push_back(frame.series().LabelsOf(order[i]));
    drops_name.push_back(frame.series().DropsName(order[i]));
  }
  return MakeFrame(context, std::make_shared<LabelList>(std::move(labels), std::move(drops_name)),
                   std::move(grid));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Cuts the next run of digits or of others off `text`.
std::string_view NextChunk(std::string_view& text) {
  size_t end = 1;
  while (end < text.size() && IsDigit(text[end]) == IsDigit(text[0])) ++end;
  const std::string_view chunk = text.substr(0, end);
  text.remove_prefix(end);
  return chunk;
}

/// The number of a chunk; false for other text and for what int64 does not hold.
bool ParseChunk(std::string_view chunk, int64_t& number) {
  const auto [end, error] = std::from_chars(chunk.data(), chunk.data() + chunk.size(), number);
  return IsDigit(chunk[0]) && error == std::errc() && end == chunk.data() + chunk.size();
}

/// Below 0, 0 or above 0.
int CompareByLabels(const Labels& a, const Labels& b, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string_view left = a.Get(name);
    const std::string_view right = b.Get(name);
    if (left != right) return NaturalLess(left, right) ? -1 : 1;
  }
  return a < b ? -1 : a == b ? 0 : 1;
}

}  // namespace

bool NaturalLess(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view left = NextChunk(a);
    const std::string_view right = NextChunk(b);
    int64_t left_number;
    int64_t right_number;
    if (ParseChunk(left, left_number) && ParseChunk(right, right_number)) {
      if (left_number != right_number) return left_number < right_number;
    } else if (left != right) {
      return left < right;
    }
  }
  return a.empty() && !b.empty();
}

Result<FramePtr> SortByValue(QueryContext& context, const Frame& frame, bool descending) {
  const GridView in = frame.view();
  std::vector<size_t> order;
  for (size_t row = 0; row < in.rows; ++row) {
    if (IsPresent(in.Present(row), 0) && in.HistogramAt(row, 0) == nullptr) order.push_back(row);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const double left = in.Values(a)[0];
    const double right = in.Values(b)[0];
    if (std::isnan(left) || std::isnan(right)) return !std::isnan(left);
    return descending ? left > right : left < right;
  });
  return Reorder(context, frame, order);
}

Result<FramePtr> SortByLabels(QueryContext& context, const Frame& frame,
                              const std::vector<std::string>& names, bool descending) {
  const std::vector<Labels> labels = AllLabels(frame.series());
  std::vector<size_t> order(frame.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const int comparison = CompareByLabels(labels[a], labels[b], names);
    return descending ? comparison > 0 : comparison < 0;
  });
  return Reorder(context, frame, order);
}

}  // namespace tocsin::promql
