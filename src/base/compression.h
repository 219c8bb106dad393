#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin {

// Whole-buffer compression. Decoders are bounded: output above `max_bytes` is kTooLarge, malformed
// input kCorruption; neither allocates more than max_bytes.

/// Snappy block format (WAL records, remote write bodies). Replaces `out`.
void SnappyCompress(std::string_view bytes, std::string& out);
Status SnappyDecompress(std::string_view bytes, size_t max_bytes, std::string& out);

void ZstdCompress(std::string_view bytes, std::string& out);
Status ZstdDecompress(std::string_view bytes, size_t max_bytes, std::string& out);

/// gzip members (RFC 1952), whole bodies. Replaces `out`, keeping its capacity.
void GzipCompress(std::string_view bytes, std::string& out);
Status GzipDecompress(std::string_view bytes, size_t max_bytes, std::string& out);

/// Compresses a stream of pieces into one gzip member or zlib stream, so a large answer never
/// stands in memory twice. Confined to a thread.
class StreamCompressor {
 public:
  enum class Format { kGzip, kZlib };
  explicit StreamCompressor(Format format);
  ~StreamCompressor();
  /// Appends to `out` whatever compressed bytes are ready; with `finish` also the trailer.
  void Write(std::string_view bytes, bool finish, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin
