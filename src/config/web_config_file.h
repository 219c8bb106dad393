#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "config/secret.h"

namespace tocsin::config {

/// `tls_server_config` of a web configuration file (exporter-toolkit). Names are Go's. Value type.
struct WebTlsConfig {
  std::string cert_file, key_file, client_ca_file;  ///< Joined to the directory of the file.
  std::string cert, client_ca;
  Secret key;
  std::string client_auth_type;  ///< "NoClientCert", "RequireAndVerifyClientCert", … or empty.
  std::vector<std::string> client_allowed_sans;
  std::string min_version = "TLS12";
  std::string max_version = "TLS13";
  std::vector<std::string> cipher_suites;
  std::vector<std::string> curve_preferences;
  bool prefer_server_cipher_suites = true;
};

/// A whole --web.config.file. Value type.
struct WebConfigFile {
  std::optional<WebTlsConfig> tls;
  bool http2 = true;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Sent with every response.
  std::map<std::string, Secret> basic_auth_users;            ///< Name to bcrypt hash.
};

/// Reads and validates `path`. Errors are `file:line:column: what (value)`.
Result<WebConfigFile> LoadWebConfigFile(Fs& fs, const std::string& path);
Result<WebConfigFile> ParseWebConfigFile(std::string_view text, const std::string& file_name);

}  // namespace tocsin::config
