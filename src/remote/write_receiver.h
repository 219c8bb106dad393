#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "remote/series_ref_cache.h"
#include "remote/write_protocol.h"
#include "storage/appendable.h"
#include "telemetry/registry.h"

namespace tocsin::remote {

struct WriteScratch;

struct WriteReceiverOptions {
  /// In the order in which errors list them.
  std::vector<WriteProtocol> accepted = {WriteProtocol::kV1, WriteProtocol::kV2};
  size_t max_decoded_bytes = size_t{32} << 20;  ///< As upstream.
  /// Series whose references are remembered: 16 to 24 bytes each.
  size_t max_cached_series = size_t{4} << 20;
};

/// What was stored of a request.
struct WrittenCounts {
  uint64_t samples = 0;
  uint64_t histograms = 0;
  uint64_t exemplars = 0;
};

/// What to answer to a sender.
struct WriteAnswer {
  int status = 204;
  std::string text;       ///< Why not 204; ends with a line break.
  WrittenCounts written;  ///< For X-Prometheus-Remote-Write-…-Written; of 1.0 always zero.
};

/// Takes remote write requests, 1.0 and 2.0, into storage. What is answered with 204 can be
/// queried.
///
/// 1.0: a sample that storage refuses (out of order, duplicate, too old, an invalid histogram)
/// fails the whole request with 400, and nothing of it is stored; series with invalid labels are
/// left out silently, but counted. 2.0: what is fine is stored, the rest is listed, 400. Both: any
/// other error stores nothing, 500, so that the sender tries again. Thread-safe.
class WriteReceiver {
 public:
  /// The references must outlive it.
  WriteReceiver(storage::Appendable& storage, const Clock& clock, Logger& logger,
                telemetry::Registry& registry, WriteReceiverOptions options);
  ~WriteReceiver();

  /// `body` as it was sent, compressed.
  WriteAnswer Receive(std::string_view content_type, std::string_view content_encoding,
                      std::string_view body);

 private:
  WriteAnswer Store(WriteProtocol protocol, WriteScratch& scratch);
  std::unique_ptr<WriteScratch> TakeScratch();
  void ReturnScratch(std::unique_ptr<WriteScratch> scratch);

  storage::Appendable& storage_;
  const Clock& clock_;
  Logger& logger_;
  telemetry::Counter& invalid_label_samples_;
  telemetry::Counter& without_metadata_samples_;
  const WriteReceiverOptions options_;
  const uint64_t secret_;
  SeriesRefCache cache_;

  Mutex scratch_mutex_;
  std::vector<std::unique_ptr<WriteScratch>> free_scratch_ GUARDED_BY(scratch_mutex_);
};

}  // namespace tocsin::remote
