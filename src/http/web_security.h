#pragma once

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "http/basic_auth.h"
#include "http/tls_server.h"
#include "http/web_config.h"

namespace tocsin::http {

/// The web configuration in force, read again about once a second so that new certificates and
/// users count without a restart. A file that became bad is logged and the old state goes on.
/// Thread-safe.
class WebSecurity {
 public:
  /// What one reading of the file came to. Immutable.
  struct Snapshot {
    WebConfig config;                             ///< With PEM inline.
    std::shared_ptr<const TlsServerContext> tls;  ///< Null without TLS; also held by nobody else.
  };

  /// Reads once; fails if that does. An empty `load` is no TLS and no users.
  static Result<std::unique_ptr<WebSecurity>> Make(WebConfigLoader load, const Clock& clock,
                                                   Logger& logger);

  /// The newest snapshot; shared with requests under way that began with it.
  std::shared_ptr<const Snapshot> Current() EXCLUDES(mutex_);
  BasicAuthenticator& authenticator() { return authenticator_; }

 private:
  WebSecurity(WebConfigLoader load, const Clock& clock, Logger& logger)
      : load_(std::move(load)), clock_(clock), logger_(logger) {}

  Result<std::shared_ptr<const Snapshot>> Read(const Snapshot* old) const;
  void Refresh() EXCLUDES(mutex_);

  const WebConfigLoader load_;
  const Clock& clock_;
  Logger& logger_;
  BasicAuthenticator authenticator_;
  std::atomic<int64_t> next_read_ns_{0};

  Mutex mutex_;
  std::shared_ptr<const Snapshot> current_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::http
