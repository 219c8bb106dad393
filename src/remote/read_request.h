#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "storage/queryable.h"

namespace tocsin::remote {

/// One selection of a remote read request. Value type.
struct ReadQuery {
  int64_t start_ms = 0;  ///< Inclusive.
  int64_t end_ms = 0;    ///< Inclusive.
  std::vector<Matcher> matchers;
  storage::SelectHints hints;  ///< What the client said, within the range.
};

/// How samples come back.
enum class ReadResponseType {
  kSamples,    ///< SAMPLES: one message with all samples.
  kXorChunks,  ///< STREAMED_XOR_CHUNKS: frames of chunks, a series at a time.
};

struct ReadRequest {
  std::vector<ReadQuery> queries;
  std::vector<uint64_t> accepted_types;  ///< As sent, in order of preference; may be unknown.
};

/// Reads a request as it was sent (snappy), of at most `max_decoded_bytes`. kInvalidArgument for
/// what is malformed, for unknown matcher types and for regular expressions that do not compile.
Result<ReadRequest> DecodeReadRequest(std::string_view body, size_t max_decoded_bytes);

/// The first type that we know; without any, samples. kInvalidArgument with upstream's text.
Result<ReadResponseType> NegotiateResponseType(const std::vector<uint64_t>& accepted_types);
bool AcceptsSamples(const std::vector<uint64_t>& accepted_types);

/// What to ask storage when all its series are told to carry `external` labels, which they do not
/// have themselves: matchers that demand an external label demand that there is none.
std::vector<Matcher> WithoutExternalLabels(const std::vector<Matcher>& matchers,
                                           const Labels& external);

}  // namespace tocsin::remote
