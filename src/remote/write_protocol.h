#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace tocsin::remote {

/// The two messages of remote write.
enum class WriteProtocol {
  kV1,  ///< prometheus.WriteRequest
  kV2,  ///< io.prometheus.write.v2.Request
};

/// The full name of the protobuf message.
std::string_view WriteMessageName(WriteProtocol protocol);
/// Its inverse; kInvalidArgument with upstream's text.
Result<WriteProtocol> ParseWriteMessageName(std::string_view name);

/// Which message a Content-Type announces; without a `proto` parameter, or when there is no
/// Content-Type at all, 1.0. kInvalidArgument with upstream's text, for a 415.
Result<WriteProtocol> ParseWriteContentType(std::string_view content_type);

/// Success, or why a message that is not among `accepted` is not, for a 415.
Status CheckAccepted(WriteProtocol protocol, std::span<const WriteProtocol> accepted);
/// Success for snappy or nothing; else the text of a 415.
Status CheckContentEncoding(std::string_view content_encoding);

}  // namespace tocsin::remote
