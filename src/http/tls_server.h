#pragma once

#include <memory>

#include "base/result.h"
#include "http/transport.h"
#include "http/web_config.h"

namespace tocsin::http {

/// A certificate, its key and the rules for clients, ready to encrypt connections. Immutable,
/// thread-safe.
class TlsServerContext {
 public:
  virtual ~TlsServerContext() = default;
  /// The server's end of TLS on an accepted socket; keeps what it needs of this context.
  virtual std::unique_ptr<Transport> Accept(FileDescriptor fd) const = 0;
};

/// Reads certificate, key and client CAs named by file into the inline fields.
Result<TlsServerConfig> ReadTlsFiles(TlsServerConfig config);

/// `config` holds its PEM inline (ReadTlsFiles). kInvalidArgument names the field that is wrong.
Result<std::shared_ptr<const TlsServerContext>> MakeTlsServerContext(const TlsServerConfig& config);

}  // namespace tocsin::http
