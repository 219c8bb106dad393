#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "http/connection.h"
#include "http/message.h"

namespace tocsin::http {

/// How one request on a connection is read, answered and written.
struct ExchangeOptions {
  uint64_t max_body_bytes = 0;
  int64_t body_timeout_ms = 0;
  int64_t write_timeout_ms = 0;  ///< Without the client taking a byte.
};

/// Reads a request whose headers have arrived, has it answered, and writes the answer. Thread-safe:
/// one serves all connections.
class Exchange {
 public:
  using Answer = std::function<void(Request&, Response&)>;

  enum class Outcome {
    kKeepAlive,  ///< The next request may come.
    kLinger,     ///< The answer is written; close when the client has read it.
    kBroken,     ///< Close at once.
  };

  virtual ~Exchange() = default;
  /// Serves the request at the start of the connection's input, whose headers are `header_bytes`
  /// long.
  virtual Outcome Serve(Connection& connection, size_t header_bytes) = 0;
  /// From now on answers say `Connection: close`.
  virtual void StopKeepingAlive() = 0;
  /// From now on streams end early.
  virtual void Abort() = 0;
};

/// On cpp-httplib's request parser and response writer.
std::unique_ptr<Exchange> MakeHttplibExchange(const ExchangeOptions& options, const Clock& clock,
                                              Exchange::Answer answer);

}  // namespace tocsin::http
