#include "http/client_config.h"

namespace tocsin::http {
namespace {

TlsOptions MakeTlsOptions(const config::TlsConfig& config) {
  TlsOptions tls;
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

void SetProxy(const config::ProxyConfig& config, ClientOptions& options) {
  options.proxy_url = config.proxy_url;
  options.no_proxy = config.no_proxy;
  options.proxy_from_environment = config.proxy_from_environment;
  for (const auto& [name, values] : config.proxy_connect_header) {
    for (const config::Secret& value : values) {
      options.proxy_connect_headers.emplace_back(name, value.reveal());
    }
  }
}

void SetAuthorization(const config::HttpClientConfig& config, ClientOptions& options) {
  if (config.basic_auth) {
    options.basic_auth = {config.basic_auth->username, config.basic_auth->password.reveal()};
    options.basic_auth_username_file = config.basic_auth->username_file;
    options.basic_auth_password_file = config.basic_auth->password_file;
  }
  if (config.authorization) {
    options.authorization_type = config.authorization->type;
    options.authorization_credentials = config.authorization->credentials.reveal();
    options.authorization_credentials_file = config.authorization->credentials_file;
  }
}

std::string Join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

Result<std::shared_ptr<const OAuth2Options>> MakeOAuth2Options(const config::OAuth2Config& config) {
  if (!config.grant_type.empty() && config.grant_type != "client_credentials") {
    return Errorf(ErrorCode::kInvalidArgument, "oauth2 grant_type {} is not supported yet",
                  config.grant_type);
  }
  auto oauth2 = std::make_shared<OAuth2Options>();
  oauth2->client_id = config.client_id;
  oauth2->client_secret = config.client_secret.reveal();
  oauth2->client_secret_file = config.client_secret_file;
  oauth2->token_url = config.token_url;
  oauth2->form.emplace_back("grant_type", "client_credentials");
  if (!config.scopes.empty()) oauth2->form.emplace_back("scope", Join(config.scopes));
  for (const auto& [name, value] : config.endpoint_params) oauth2->form.emplace_back(name, value);
  auto transport = std::make_shared<ClientOptions>();
  transport->tls = MakeTlsOptions(config.tls_config);
  SetProxy(config.proxy, *transport);
  oauth2->transport = std::move(transport);
  return oauth2;
}

}  // namespace

Result<ClientOptions> MakeClientOptions(const config::HttpClientConfig& config) {
  ClientOptions options;
  SetAuthorization(config, options);
  if (config.oauth2) {
    TOCSIN_ASSIGN_OR_RETURN(options.oauth2, MakeOAuth2Options(*config.oauth2));
  }
  options.tls = MakeTlsOptions(config.tls_config);
  options.follow_redirects = config.follow_redirects;
  options.enable_http2 = config.enable_http2;
  SetProxy(config.proxy, options);
  for (const auto& [name, header] : config.http_headers) {
    for (const std::string& value : header.values) options.headers.emplace_back(name, value);
    for (const config::Secret& secret : header.secrets) {
      options.headers.emplace_back(name, secret.reveal());
    }
    for (const std::string& file : header.files) options.header_files.emplace_back(name, file);
  }
  return options;
}

}  // namespace tocsin::http
