#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/secret.h"
#include "config/yaml_node.h"

namespace tocsin::config {

// The http client block that scrape configs, Alertmanagers, remote endpoints and receivers share.
// Paths of
// `*_file` keys are already joined to the directory of the configuration file. Value types.

struct BasicAuth {
  std::string username;
  std::string username_file;
  Secret password;
  std::string password_file;
};

struct Authorization {
  std::string type = "Bearer";
  Secret credentials;
  std::string credentials_file;
};

struct TlsConfig {
  std::string ca;
  std::string cert;
  Secret key;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
  std::string min_version;  ///< "TLS10" … "TLS13", or empty.
  std::string max_version;
  friend bool operator==(const TlsConfig&, const TlsConfig&) = default;
};

struct ProxyConfig {
  std::string proxy_url;
  std::string no_proxy;
  bool proxy_from_environment = false;
  std::map<std::string, std::vector<Secret>> proxy_connect_header;
};

struct OAuth2Config {
  std::string client_id;
  Secret client_secret;
  std::string client_secret_file;
  std::string client_certificate_key_id;
  Secret client_certificate_key;
  std::string client_certificate_key_file;
  std::string grant_type;
  std::string signature_algorithm;
  std::string iss;
  std::string audience;
  std::map<std::string, std::string> claims;
  std::vector<std::string> scopes;
  std::string token_url;
  std::map<std::string, std::string> endpoint_params;
  TlsConfig tls_config;
  ProxyConfig proxy;
};

/// One entry of `http_headers`: all values, secrets and contents of files are sent under its name.
struct HttpHeader {
  std::vector<std::string> values;
  std::vector<Secret> secrets;
  std::vector<std::string> files;
};

struct HttpClientConfig {
  std::optional<BasicAuth> basic_auth;
  std::optional<Authorization> authorization;  ///< bearer_token and bearer_token_file end up here.
  std::optional<OAuth2Config> oauth2;
  TlsConfig tls_config;
  bool follow_redirects = true;
  bool enable_http2 = true;
  ProxyConfig proxy;
  std::map<std::string, HttpHeader> http_headers;
};

}  // namespace tocsin::config
