#pragma once

#include <memory>
#include <string>

#include "base/json_value.h"
#include "base/mutex.h"
#include "base/result.h"
#include "http/client.h"

namespace tocsin::discovery {

/// ^(?i:application\/json(;\s*charset=("utf-8"|utf-8))?)$
bool IsJsonContentType(std::string_view content_type);

/// How a discovery asks its server: one request after the other, waiting for each on its worker's
/// thread, until Stop(). Thread-safe.
class ApiClient {
 public:
  /// `client` outlives it.
  ApiClient(http::Client& client, std::shared_ptr<const http::ClientOptions> options,
            int64_t timeout_ms);

  /// All requests go to this socket, whatever host their URLs name; "" changes nothing. Before the
  /// first request.
  void UseUnixSocket(std::string path) { unix_socket_ = std::move(path); }

  /// Sends; fills in options and timeout. kCanceled after Stop().
  Result<http::ClientResponse> Send(http::ClientRequest request);
  /// GET, which must be answered with status 200; `headers` are sent along.
  Result<http::ClientResponse> Get(const std::string& url, http::Fields headers = {});
  /// The same, and the body as JSON.
  Result<JsonValue> GetJson(const std::string& url, http::Fields headers = {});

  /// Ends the request under way and refuses later ones.
  void Stop();
  bool is_stopped() const;

 private:
  static constexpr uint64_t kMaxBodyBytes = uint64_t{64} << 20;

  http::Client& client_;
  const std::shared_ptr<const http::ClientOptions> options_;
  const int64_t timeout_ms_;
  std::string unix_socket_;
  mutable Mutex mutex_;
  http::Client::RequestId running_ GUARDED_BY(mutex_) = 0;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin::discovery
