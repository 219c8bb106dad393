#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/file_descriptor.h"

namespace tocsin::http {

/// What a non-blocking step on a socket came to.
enum class IoOutcome {
  kDone,
  kNeedsRead,   ///< Try again when the socket is readable.
  kNeedsWrite,  ///< Try again when the socket is writable.
  kClosed,      ///< End of stream or a broken connection.
};

struct IoStep {
  IoOutcome outcome = IoOutcome::kDone;
  size_t size = 0;  ///< Bytes moved, when kDone.
};

/// The bytes of a connection, plain or encrypted. Never blocks. Confined to one thread at a time.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Brings the connection to where bytes flow; kDone at once for plain ones.
  virtual IoOutcome Handshake() = 0;
  virtual IoStep Read(char* out, size_t size) = 0;
  /// `more_follows`: the rest of the message comes with the next call.
  virtual IoStep Write(std::string_view bytes, bool more_follows) = 0;
  /// Says goodbye: nothing more will be written.
  virtual void ShutdownWrite() = 0;
  virtual bool is_encrypted() const = 0;
  virtual int fd() const = 0;
};

std::unique_ptr<Transport> MakePlainTransport(FileDescriptor fd);

}  // namespace tocsin::http
