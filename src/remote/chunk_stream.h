#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "model/labels.h"
#include "remote/read_request.h"
#include "storage/queryable.h"

namespace tocsin::remote {

/// Turns the queries of a request into chunk frames, series after series. Confined to a thread at a
/// time.
class ChunkStream {
 public:
  /// `storage` and `cancel` (may be null) must outlive it.
  ChunkStream(storage::Queryable& storage, ReadRequest request, Labels external,
              size_t max_frame_bytes, const CancelToken* cancel)
      : storage_(storage),
        request_(std::move(request)),
        external_(std::move(external)),
        max_frame_bytes_(max_frame_bytes),
        cancel_(cancel) {}

  /// Replaces `piece` by some whole frames; none: the end.
  Status Next(std::string& piece);

 private:
  Status NextQuery();
  Status EncodeSeries(std::string& piece);

  storage::Queryable& storage_;
  const ReadRequest request_;
  const Labels external_;
  const size_t max_frame_bytes_;
  const CancelToken* const cancel_;
  size_t query_index_ = 0;  // Of the query at hand, once `series_` is set.
  std::unique_ptr<storage::Querier> querier_;
  std::unique_ptr<storage::SeriesSet> series_;
  size_t series_index_ = 0;
  std::vector<storage::EncodedChunk> chunks_;
};

}  // namespace tocsin::remote
