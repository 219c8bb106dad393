#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"
#include "tsdb/block/index_reader.h"

namespace tocsin::tsdb {

/// The series of the index for which all matchers match, rising, which is in order of labels.
/// Matchers are evaluated on the label's dictionary: literals and choices by lookup, prefixes by
/// range, and only then value by value. Without matchers: all series.
Result<std::vector<PostingId>> SelectFromIndex(const IndexReader& index,
                                               std::span<const Matcher> matchers);

}  // namespace tocsin::tsdb
