#include "scraper/client_options.h"

namespace tocsin::scraper {

namespace {

Status CheckSupported(const config::HttpClientConfig& config) {
  const char* what = nullptr;
  if (config.oauth2) what = "oauth2";
  if (config.basic_auth && !config.basic_auth->username_file.empty()) what = "username_file";
  if (!config.proxy.proxy_connect_header.empty()) what = "proxy_connect_header";
  for (const auto& [name, header] : config.http_headers) {
    if (!header.files.empty()) what = "files of http_headers";
  }
  if (what == nullptr) return {};
  return Errorf(ErrorCode::kInvalidArgument, "{} is not supported yet", what);
}

http::TlsOptions MakeTlsOptions(const config::TlsConfig& config) {
  http::TlsOptions tls;
  tls.ca_file = config.ca_file;
  tls.cert_file = config.cert_file;
  tls.key_file = config.key_file;
  tls.ca = config.ca;
  tls.cert = config.cert;
  tls.key = config.key.reveal();
  tls.server_name = config.server_name;
  tls.insecure_skip_verify = config.insecure_skip_verify;
  tls.min_version = config.min_version;
  tls.max_version = config.max_version;
  return tls;
}

void SetAuthorization(const config::HttpClientConfig& config, http::ClientOptions& options) {
  if (config.basic_auth) {
    options.basic_auth = {config.basic_auth->username, config.basic_auth->password.reveal()};
    options.basic_auth_password_file = config.basic_auth->password_file;
  }
  if (config.authorization) {
    options.authorization_type = config.authorization->type;
    options.authorization_credentials = config.authorization->credentials.reveal();
    options.authorization_credentials_file = config.authorization->credentials_file;
  }
}

}  // namespace

Result<http::ClientOptions> MakeClientOptions(const config::HttpClientConfig& config) {
  TOCSIN_RETURN_IF_ERROR(CheckSupported(config));
  http::ClientOptions options;
  SetAuthorization(config, options);
  options.tls = MakeTlsOptions(config.tls_config);
  options.follow_redirects = config.follow_redirects;
  options.enable_http2 = config.enable_http2;
  options.proxy_url = config.proxy.proxy_url;
  options.no_proxy = config.proxy.no_proxy;
  options.proxy_from_environment = config.proxy.proxy_from_environment;
  for (const auto& [name, header] : config.http_headers) {
    for (const std::string& value : header.values) options.headers.emplace_back(name, value);
    for (const config::Secret& secret : header.secrets) {
      options.headers.emplace_back(name, secret.reveal());
    }
  }
  return options;
}

}  // namespace tocsin::scraper
