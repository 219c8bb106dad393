#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/file_descriptor.h"
#include "http/message.h"

namespace tocsin::http {

/// An answer as it came over the wire. `status` 0: the connection ended before one was complete.
struct RawResponse {
  int status = 0;
  Fields headers;
  std::string body;  ///< Chunks put together.

  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
};

/// A client that sends exactly the bytes it is told, whole requests or not. Reads wait at most ten
/// seconds.
class RawClient {
 public:
  explicit RawClient(uint16_t port, const std::string& ip = "127.0.0.1");

  bool is_connected() const { return fd_.is_open(); }
  bool Send(std::string_view bytes);
  void ShutdownWrite();
  void Close() { fd_.Reset(); }
  /// Closes with a reset instead of a goodbye.
  void Abort();
  /// `has_body` false for answers to HEAD.
  RawResponse ReadResponse(bool has_body = true);
  /// Everything up to the end of the connection; false when it does not end in time.
  bool ReadToEnd(std::string& out);
  int fd() const { return fd_.get(); }

 private:
  bool Fill();
  bool FillUntil(size_t size);
  bool ReadChunks(std::string& body);

  FileDescriptor fd_;
  std::string input_;
};

/// Sends a GET and returns the answer.
RawResponse Get(RawClient& client, std::string_view target, std::string_view more_headers = "");

}  // namespace tocsin::http
