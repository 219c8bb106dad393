#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "model/labels.h"
#include "remote/read_gate.h"
#include "remote/read_request.h"
#include "storage/queryable.h"
#include "telemetry/registry.h"

namespace tocsin::remote {

struct ReadServerOptions {
  uint64_t sample_limit = 50'000'000;     ///< Of one SAMPLES query; 0: no limit.
  size_t concurrent_limit = 10;           ///< Reads at once; others wait.
  size_t max_bytes_in_frame = 1'048'576;  ///< Of a chunk frame; exceeded by one chunk at most.
  size_t max_decoded_bytes = size_t{32} << 20;
};

/// What to answer to a remote read request.
struct ReadAnswer {
  int status = 200;
  std::string content_type;
  std::string content_encoding;  ///< "snappy", or "" for none.
  std::string body;
  /// If set, gives the next piece of the body until it returns false, as http::Response::stream.
  std::function<bool(std::string& piece)> stream;
};

/// Answers remote read requests: SAMPLES in one message, STREAMED_XOR_CHUNKS frame by frame, which
/// holds one series at a time in memory. Series come sorted by their labels in storage; external
/// labels are added where a series does not have them. Thread-safe.
class ReadServer {
 public:
  /// `external_labels` gives those of the configuration in force; null is none. The references must
  /// outlive it, and it the streams it hands out.
  ReadServer(storage::Queryable& storage, std::function<Labels()> external_labels,
             telemetry::Registry& registry, ReadServerOptions options);

  /// `body` as it was sent. `cancel` may be null, and must outlive the answer's stream.
  ReadAnswer Answer(std::string_view body, const CancelToken* cancel);

 private:
  ReadAnswer AnswerSamples(const ReadRequest& request, const Labels& external,
                           const CancelToken* cancel);
  Result<std::string> EncodeQuery(const ReadQuery& query, const Labels& external,
                                  const CancelToken* cancel);

  storage::Queryable& storage_;
  const std::function<Labels()> external_labels_;
  const ReadServerOptions options_;
  ReadGate gate_;
};

}  // namespace tocsin::remote
