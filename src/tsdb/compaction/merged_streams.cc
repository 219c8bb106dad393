#include "tsdb/compaction/merged_streams.h"

#include <algorithm>

namespace tocsin::tsdb {

Result<std::vector<std::string_view>> MergedStreams::Symbols() {
  std::vector<std::string_view> symbols;
  for (const auto& stream : streams_) {
    const auto middle = static_cast<ptrdiff_t>(symbols.size());
    TOCSIN_RETURN_IF_ERROR(stream->AppendSymbols(symbols));
    std::inplace_merge(symbols.begin(), symbols.begin() + middle, symbols.end());
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
  }
  return symbols;
}

Result<bool> MergedStreams::Next() {
  TOCSIN_RETURN_IF_ERROR(has_begun_ ? Advance() : Begin());
  parts_.clear();
  // Compactions have a handful of sources: looking at each is as good as a heap, and keeps order.
  for (SeriesStream* stream : open_) {
    if (!parts_.empty()) {
      const auto order = stream->labels() <=> parts_.front()->labels();
      if (order > 0) continue;
      if (order < 0) parts_.clear();
    }
    parts_.push_back(stream);
  }
  return !parts_.empty();
}

Status MergedStreams::Begin() {
  has_begun_ = true;
  for (const auto& stream : streams_) {
    TOCSIN_ASSIGN_OR_RETURN(const bool is_open, stream->Next());
    if (is_open) open_.push_back(stream.get());
  }
  return {};
}

Status MergedStreams::Advance() {
  for (SeriesStream* part : parts_) {
    TOCSIN_ASSIGN_OR_RETURN(const bool is_open, part->Next());
    if (!is_open) std::erase(open_, part);
  }
  return {};
}

}  // namespace tocsin::tsdb
