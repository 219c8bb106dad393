#include "tsdb/block/block_querier.h"

#include <algorithm>

#include "tsdb/block/block_series_set.h"
#include "tsdb/block/index_selector.h"

namespace tocsin::tsdb {
namespace {

// Reading the entries of so many series a value costs more than looking at the value's postings.
constexpr size_t kSeriesPerValue = 16;

void Cut(std::vector<std::string>& texts, size_t limit) {
  if (limit != 0 && texts.size() > limit) texts.resize(limit);
}

// Whether a chunk of the series may have a sample in [start_ms, end_ms] that is not deleted.
Result<bool> HasSamples(const IndexReader& index, PostingId id, SeriesEntry entry,
                        std::span<const Tombstone> deleted, int64_t start_ms, int64_t end_ms) {
  entry.SkipLabels();
  for (ChunkMeta chunk; entry.NextChunk(chunk) && chunk.min_time_ms <= end_ms;) {
    if (chunk.max_time_ms < start_ms) continue;
    if (deleted.empty() || !AllDeleted(deleted, std::max(chunk.min_time_ms, start_ms),
                                       std::min(chunk.max_time_ms, end_ms))) {
      return true;
    }
  }
  if (entry.failed()) return index.Corrupt(index.OffsetOf(id), "malformed entry of series");
  return false;
}

// The symbols that `pick(pair)` gives for the labels of the series, as texts in order.
template <typename Pick>
Result<std::vector<std::string>> CollectSymbols(const IndexReader& index,
                                                std::span<const PostingId> ids, Pick pick) {
  std::vector<SymbolRef> symbols;
  for (const PostingId id : ids) {
    TOCSIN_ASSIGN_OR_RETURN(SeriesEntry entry, index.Series(id));
    for (SymbolPair pair; entry.NextLabel(pair);) pick(pair, symbols);
    // Keeps the list near the number of distinct symbols.
    if (symbols.size() < size_t{1} << 16 || symbols.size() < symbols.capacity()) continue;
    std::ranges::sort(symbols);
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
  }
  std::ranges::sort(symbols);
  symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
  std::vector<std::string> texts;
  for (const SymbolRef symbol : symbols) {
    TOCSIN_ASSIGN_OR_RETURN(const std::string_view text, index.Symbol(symbol));
    texts.emplace_back(text);
  }
  return texts;
}

bool HaveCommon(std::span<const PostingId> ids, PostingsView postings) {
  size_t position = 0;
  for (const PostingId id : ids) {
    position = postings.LowerBound(position, id);
    if (position == postings.size()) return false;
    if (postings[position] == id) return true;
  }
  return false;
}

Result<std::vector<std::string>> ValuesByPostings(const IndexReader& index, std::string_view name,
                                                  std::span<const PostingId> ids) {
  std::vector<std::string> values;
  Status status;
  index.ForEachValue(name, "", [&](std::string_view value, uint64_t offset) {
    const Result<PostingsView> postings = index.PostingsAt(offset);
    if (!postings) status = postings.error();
    if (status && HaveCommon(ids, *postings)) values.emplace_back(value);
    return status.ok();
  });
  TOCSIN_RETURN_IF_ERROR(status);
  return values;
}

}  // namespace

BlockQuerier::BlockQuerier(std::shared_ptr<const BlockReader> block, int64_t start_ms,
                           int64_t end_ms)
    : block_(std::move(block)),
      tombstones_(block_->tombstones()),
      start_ms_(start_ms),
      end_ms_(end_ms) {}

Result<std::unique_ptr<storage::SeriesSet>> BlockQuerier::Select(
    std::span<const Matcher> matchers, const storage::SelectHints& hints) {
  // Hints of zero are hints not given.
  const bool has_range = hints.start_ms != 0 || hints.end_ms != 0;
  const int64_t start_ms = has_range ? hints.start_ms : start_ms_;
  const int64_t end_ms = has_range ? hints.end_ms : end_ms_;
  std::vector<PostingId> ids;
  if (block_->Overlaps(start_ms, end_ms)) {
    const IndexReader& index = block_->index();
    TOCSIN_ASSIGN_OR_RETURN(ids, SelectFromIndex(index, matchers));
    const bool covers_block =
        start_ms <= block_->min_time_ms() && end_ms >= block_->max_time_ms() - 1;
    size_t kept = 0;
    for (const PostingId id : ids) {
      // Read in any case: a damaged entry is to fail here, not to show up without labels.
      TOCSIN_ASSIGN_OR_RETURN(const SeriesEntry entry, index.Series(id));
      bool has_samples = true;
      if (!covers_block || !tombstones_->empty()) {
        TOCSIN_ASSIGN_OR_RETURN(
            has_samples, HasSamples(index, id, entry, tombstones_->Of(id), start_ms, end_ms));
      }
      if (has_samples) ids[kept++] = id;
    }
    ids.resize(kept);
  }
  return std::make_unique<BlockSeriesSet>(*block_, *tombstones_, std::move(ids));
}

Result<std::vector<std::string>> BlockQuerier::LabelNames(std::span<const Matcher> matchers,
                                                          size_t limit) {
  std::vector<std::string> names;
  if (!block_->Overlaps(start_ms_, end_ms_)) return names;
  const IndexReader& index = block_->index();
  if (matchers.empty()) {
    for (size_t i = 0; i < index.label_name_count(); ++i) names.emplace_back(index.label_name(i));
  } else {
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<PostingId> ids, SelectFromIndex(index, matchers));
    TOCSIN_ASSIGN_OR_RETURN(names, CollectSymbols(index, ids, [](SymbolPair pair, auto& symbols) {
                              symbols.push_back(pair.name);
                            }));
  }
  Cut(names, limit);
  return names;
}

Result<std::vector<std::string>> BlockQuerier::LabelValues(const std::string& name,
                                                           std::span<const Matcher> matchers,
                                                           size_t limit) {
  std::vector<std::string> values;
  const IndexReader& index = block_->index();
  if (name.empty() || !block_->Overlaps(start_ms_, end_ms_)) return values;
  if (matchers.empty()) {
    index.ForEachValue(name, "", [&](std::string_view value, uint64_t) {
      values.emplace_back(value);
      return limit == 0 || values.size() < limit;
    });
    return values;
  }
  const auto symbol = index.FindSymbol(name);
  if (!symbol) return values;
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<PostingId> ids, SelectFromIndex(index, matchers));
  if (ids.size() / kSeriesPerValue > index.ValueCount(name)) {
    TOCSIN_ASSIGN_OR_RETURN(values, ValuesByPostings(index, name, ids));
  } else {
    TOCSIN_ASSIGN_OR_RETURN(
        values, CollectSymbols(index, ids, [wanted = *symbol](SymbolPair pair, auto& symbols) {
          if (pair.name == wanted) symbols.push_back(pair.value);
        }));
  }
  Cut(values, limit);
  return values;
}

}  // namespace tocsin::tsdb
