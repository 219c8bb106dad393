#include "remote/chunk_stream.h"

#include "remote/read_messages.h"

namespace tocsin::remote {
namespace {

// A piece is sent at once: small series share one.
constexpr size_t kPieceBytes = size_t{64} << 10;

}  // namespace

Status ChunkStream::NextQuery() {
  const ReadQuery& query = request_.queries[query_index_];
  TOCSIN_ASSIGN_OR_RETURN(querier_, storage_.MakeQuerier(query.start_ms, query.end_ms));
  const std::vector<Matcher> matchers = WithoutExternalLabels(query.matchers, external_);
  TOCSIN_ASSIGN_OR_RETURN(series_, querier_->Select(matchers, query.hints));
  series_index_ = 0;
  return {};
}

Status ChunkStream::Next(std::string& piece) {
  piece.clear();
  while (piece.size() < kPieceBytes && query_index_ < request_.queries.size()) {
    if (cancel_ != nullptr) TOCSIN_RETURN_IF_ERROR(cancel_->Check());
    if (series_ == nullptr) TOCSIN_RETURN_IF_ERROR(NextQuery());
    if (series_index_ < series_->size()) {
      TOCSIN_RETURN_IF_ERROR(EncodeSeries(piece));
      ++series_index_;
    } else {
      series_.reset();
      querier_.reset();
      ++query_index_;
    }
  }
  return {};
}

Status ChunkStream::EncodeSeries(std::string& piece) {
  const storage::SelectHints& hints = request_.queries[query_index_].hints;
  chunks_.clear();
  TOCSIN_RETURN_IF_ERROR(series_->ReadChunks(series_index_, hints.start_ms, hints.end_ms, chunks_));
  if (chunks_.empty()) return {};
  const Labels labels = series_->LabelsOf(series_index_);
  EncodeChunkFrames(MergeLabels(labels, external_), chunks_, static_cast<int64_t>(query_index_),
                    max_frame_bytes_, piece);
  return {};
}

}  // namespace tocsin::remote
