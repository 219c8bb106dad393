#pragma once

#include <span>
#include <string>

#include "storage/queryable.h"
#include "tsdb/block/index_reader.h"

namespace tocsin::tsdb {

/// Groups series of an index by the labels in `names` or, with `without`, by all others but the
/// metric name: compares symbols, and builds label sets for the groups alone. Unreadable series get
/// a group without labels.
storage::SeriesGrouping GroupBySymbols(const IndexReader& index, std::span<const PostingId> ids,
                                       std::span<const std::string> names, bool without);

}  // namespace tocsin::tsdb
