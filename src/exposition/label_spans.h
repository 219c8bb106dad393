#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::exposition {

/// Bytes [begin, end) of a page.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

/// Where a label stands in a page, without its quotes.
struct LabelSpans {
  Span name;
  Span value;
};

/// Brings the value of a bucket's `le` or a summary's `quantile` into the one form that all formats
/// share ("1" is "1.0"); leaves everything else.
void CanonicalizeBound(MetricType type, std::string_view name, std::string& value);

/// Replaces `labels` by these pairs. Pairs with an empty value, which label sets do not hold, go to
/// `empty_names`. kInvalidArgument: a name twice.
Status BuildLabels(std::vector<std::pair<std::string, std::string>> pairs, LabelsBuilder& labels,
                   std::vector<std::string>& empty_names);

/// The same for a series whose name and labels stand escaped in `page`, with bounds in canonical
/// form under `type`.
Status BuildLabels(std::string_view page, Span name, const std::vector<LabelSpans>& spans,
                   MetricType type, LabelsBuilder& labels, std::vector<std::string>& empty_names);

}  // namespace tocsin::exposition
