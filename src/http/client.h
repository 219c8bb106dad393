#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/timers.h"
#include "http/message.h"

namespace tocsin::http {

struct TlsOptions {
  std::string ca_file, cert_file, key_file;  ///< Re-read at each new connection.
  std::string ca, cert, key;                 ///< Inline PEM.
  std::string server_name;
  bool insecure_skip_verify = false;
  std::string min_version, max_version;  ///< "TLS12", … or empty.
};

struct ClientOptions;

/// Where bearer tokens come from: OAuth2's client credentials grant. See WithOAuth2.
struct OAuth2Options {
  std::string client_id;
  std::string client_secret;
  std::string client_secret_file;  ///< Read at each fetch when set.
  std::string token_url;
  Fields form;                                     ///< Of the request for a token.
  std::shared_ptr<const ClientOptions> transport;  ///< How that request is made.
};

/// How requests to one kind of peer are made: the resolved http client block. Value type; shared by
/// all requests of a job.
struct ClientOptions {
  std::optional<std::pair<std::string, std::string>> basic_auth;  ///< user, password
  std::string basic_auth_username_file;  ///< Read at each request when set.
  std::string basic_auth_password_file;  ///< Likewise.
  std::string authorization_type = "Bearer";
  std::string authorization_credentials;
  std::string authorization_credentials_file;  ///< Read at each request when set.
  TlsOptions tls;
  bool follow_redirects = true;
  bool enable_http2 = true;
  std::string proxy_url;
  std::string no_proxy;
  bool proxy_from_environment = false;
  Fields proxy_connect_headers;
  Fields headers;
  Fields header_files;  ///< Names, and files with the values, read at each request.
  std::shared_ptr<const OAuth2Options> oauth2;  ///< Only a client made by WithOAuth2 looks at it.
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Fields headers;
  std::string body;
  std::shared_ptr<const ClientOptions> options;  ///< Required; shared by the requests of a peer.
  int64_t timeout_ms = 10'000;                   ///< 0: it may take for ever.
  uint64_t max_body_bytes = uint64_t{64} << 20;  ///< After decompression; 0 means no limit.
  bool accept_gzip = true;
  /// Leaves a gzip body as it came, with its Content-Encoding; DecodeBody() undoes it on a thread
  /// of the caller's choice.
  bool defer_decoding = false;
  /// If set, gets the body of a 200 answer piece by piece as it arrives, on the I/O thread, in
  /// place of ClientResponse::body: for answers without an end. It must not block; false ends the
  /// request with kCanceled. No compression is asked for then and max_body_bytes does not count.
  std::function<bool(std::string_view piece)> on_body;
  std::string unix_socket;  ///< Connect to this path, whatever the URL's host; "" for the host.
  std::string body_buffer;  ///< Its capacity receives the body: give back the last response's.
};

struct ClientResponse {
  int status = 0;
  Fields headers;
  std::string body;       ///< Decompressed.
  std::string final_url;  ///< Where redirects led; the request's URL without any.
  uint64_t wire_bytes = 0;
  int64_t duration_ns = 0;
};

/// Replaces a gzip body by what it holds and drops its Content-Encoding; other bodies stay.
/// kTooLarge above `max_body_bytes` (0: no limit), kCorruption when it is no gzip.
Status DecodeBody(ClientResponse& response, uint64_t max_body_bytes);
/// The same through `buffer`: its capacity becomes the body's and the body's becomes its own.
Status DecodeBody(ClientResponse& response, uint64_t max_body_bytes, std::string& buffer);

/// Sends requests. One I/O thread serves all of them with keep-alive; a dead peer costs a socket,
/// not a thread. Errors: kTimeout ("context deadline exceeded"), kUnavailable
/// (connection refused, reset, TLS, DNS), kTooLarge (body limit), kCanceled; texts name the URL and
/// the reason. Any status code is a response, not an error. Thread-safe.
class Client {
 public:
  using Callback = std::function<void(Result<ClientResponse>)>;
  using RequestId = uint64_t;

  virtual ~Client() = default;

  /// Starts a request. `done` runs exactly once on the I/O thread: it must not block; hand work
  /// over.
  virtual RequestId Start(ClientRequest request, Callback done) = 0;
  /// `done` of a request still running is called soon with kCanceled. Does not wait.
  virtual void Cancel(RequestId id) = 0;

  /// Sends and waits. Not from the I/O thread.
  Result<ClientResponse> Send(ClientRequest request);
};

/// A client whose I/O thread also runs timers.
class IoClient : public Client {
 public:
  /// Timers for callbacks that do little more than start a request: they run on the I/O thread and
  /// must not block. Live as long as the client.
  virtual Timers& io_timers() = 0;
};

/// The client on libcurl, but for plain GETs over connections that are there already;
/// `user_agent` as in "Tocsin/0.1.0".
std::unique_ptr<IoClient> MakeCurlClient(std::string user_agent);

}  // namespace tocsin::http
