#include "tsdb/compaction/querier_stream.h"

#include <algorithm>

#include "tsdb/chunks/chunk_writer.h"

namespace tocsin::tsdb {

Result<std::unique_ptr<QuerierStream>> QuerierStream::Make(
    std::shared_ptr<storage::Querier> querier, int64_t start_ms, int64_t end_ms) {
  std::unique_ptr<QuerierStream> stream(new QuerierStream(std::move(querier), start_ms, end_ms));
  TOCSIN_ASSIGN_OR_RETURN(stream->set_, stream->querier_->Select({}, {start_ms, end_ms, 0, 0}));
  return stream;
}

Status QuerierStream::AppendSymbols(std::vector<std::string_view>& out) {
  TOCSIN_ASSIGN_OR_RETURN(symbols_, querier_->LabelNames({}, 0));
  const size_t name_count = symbols_.size();
  for (size_t i = 0; i < name_count; ++i) {
    TOCSIN_ASSIGN_OR_RETURN(std::vector<std::string> values,
                            querier_->LabelValues(symbols_[i], {}, 0));
    std::ranges::move(values, std::back_inserter(symbols_));
  }
  std::ranges::sort(symbols_);
  symbols_.erase(std::unique(symbols_.begin(), symbols_.end()), symbols_.end());
  out.insert(out.end(), symbols_.begin(), symbols_.end());
  return {};
}

Result<bool> QuerierStream::Next() {
  if (next_ == 0) symbols_ = {};
  if (next_ == set_->size()) return false;
  labels_ = set_->LabelsOf(next_);
  TOCSIN_RETURN_IF_ERROR(ReadCurrent());
  ++next_;
  chunks_.clear();
  for (const storage::EncodedChunk& chunk : encoded_) {
    chunks_.push_back({chunk.min_time_ms, chunk.max_time_ms, chunk.encoding, chunk.bytes});
  }
  return true;
}

Status QuerierStream::ReadCurrent() {
  encoded_.clear();
  const Status read = set_->ReadChunks(next_, start_ms_, end_ms_, encoded_);
  if (read || read.error().code() != ErrorCode::kUnimplemented) return read;
  TOCSIN_RETURN_IF_ERROR(set_->Read(next_, start_ms_, end_ms_, samples_));
  ChunkWriter writer(encoded_);
  writer.Append(samples_);
  writer.Finish();
  return {};
}

}  // namespace tocsin::tsdb
