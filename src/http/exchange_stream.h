#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/connection.h"
#include "http/exchange.h"

namespace tocsin::http {

/// The bytes of one exchange: the header first, which is there, then the body, waiting for more up
/// to the time allowed; and the answer, gathered so that it leaves in few system calls. Confined to
/// a thread.
class ExchangeStream {
 public:
  ExchangeStream(Connection& connection, size_t header_bytes, const ExchangeOptions& options,
                 const Clock& clock)
      : connection_(connection), options_(options), clock_(clock), header_left_(header_bytes) {}

  /// Blocks for at least a byte; 0 at the end, on an error, or when the time for bodies is over.
  /// While a header is read, its last byte is the end.
  size_t Read(char* out, size_t size);
  /// Queues or sends; false once the connection is broken.
  bool Write(std::string_view bytes);
  bool Flush();

  bool has_failed() const { return has_failed_; }
  bool has_timed_out() const { return has_timed_out_; }
  /// Bytes of the header that nobody read.
  size_t header_left() const { return header_left_; }
  Connection& connection() { return connection_; }

 private:
  size_t TakeInput(char* out, size_t size);
  bool FillInput();
  bool Send(std::string_view bytes, bool more_follows);

  Connection& connection_;
  const ExchangeOptions& options_;
  const Clock& clock_;
  size_t header_left_;
  int64_t body_deadline_ns_ = 0;
  bool has_failed_ = false;
  bool has_timed_out_ = false;
  std::string output_;
};

}  // namespace tocsin::http
