#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace tocsin::http {

/// `tls_server_config` of a web configuration file (exporter-toolkit). Each of certificate, key and
/// client CA is a file or inline PEM. Value type.
struct TlsServerConfig {
  std::string cert_file, key_file, client_ca_file;  ///< Re-read when they change.
  std::string cert, key, client_ca;
  /// Go's names: NoClientCert (or ""), RequestClientCert, RequireAnyClientCert, RequireClientCert,
  /// VerifyClientCertIfGiven, RequireAndVerifyClientCert.
  std::string client_auth_type;
  std::vector<std::string> client_allowed_sans;
  std::string min_version = "TLS12";  ///< TLS10 … TLS13
  std::string max_version = "TLS13";
  std::vector<std::string> cipher_suites;      ///< Go's names; TLS 1.3 suites are not configurable.
  std::vector<std::string> curve_preferences;  ///< CurveP256, CurveP384, CurveP521, X25519
  bool prefer_server_cipher_suites = true;

  bool operator==(const TlsServerConfig&) const = default;
};

/// A web configuration file: who may connect and how. Value type.
struct WebConfig {
  std::optional<TlsServerConfig> tls;
  Fields response_headers;  ///< `http_server_config.headers`, on every response.
  std::vector<std::pair<std::string, std::string>> basic_auth_users;  ///< name, bcrypt hash

  bool operator==(const WebConfig&) const = default;
};

/// Reads the web configuration file anew. Called on a server thread, about once a second under
/// load.
using WebConfigLoader = std::function<Result<WebConfig>()>;

}  // namespace tocsin::http
