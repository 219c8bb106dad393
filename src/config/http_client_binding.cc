#include "config/http_client_binding.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "model/labels.h"

namespace tocsin::config {
namespace {

int Count(std::initializer_list<bool> facts) {
  return static_cast<int>(std::count(facts.begin(), facts.end(), true));
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string Trim(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// As Go's http.CanonicalHeaderKey.
std::string CanonicalHeader(const std::string& name) {
  std::string canonical;
  bool upper = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    canonical.push_back(static_cast<char>(upper ? std::toupper(byte) : std::tolower(byte)));
    upper = c == '-';
  }
  return canonical;
}

constexpr std::array<std::string_view, 18> kReservedHeaders = {
    "Authorization",
    "Host",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "User-Agent",
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Www-Authenticate",
    "Accept-Encoding",
    "X-Prometheus-Remote-Write-Version",
    "X-Prometheus-Remote-Read-Version",
    "X-Prometheus-Scrape-Timeout-Seconds",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Amz-Content-Sha256"};

void ValidateBasicAuth(MappingReader& at, const BasicAuth& auth) {
  if (Count({!auth.username.empty(), !auth.username_file.empty()}) > 1)
    return at.Fail("basic_auth",
                   "at most one of basic_auth username, username_file & username_ref must be "
                   "configured");
  if (Count({!auth.password.empty(), !auth.password_file.empty()}) > 1)
    at.Fail("basic_auth",
            "at most one of basic_auth password, password_file & password_ref must be configured");
}

void ValidateAuthorization(MappingReader& at, HttpClientConfig& client) {
  Authorization& authorization = *client.authorization;
  if (!authorization.credentials.empty() && !authorization.credentials_file.empty())
    return at.Fail("authorization",
                   "at most one of authorization credentials & credentials_file must be "
                   "configured");
  authorization.type = Trim(authorization.type);
  if (authorization.type.empty()) authorization.type = "Bearer";
  if (Lower(authorization.type) == "basic")
    return at.Fail("authorization",
                   "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
  if (client.basic_auth || client.oauth2)
    at.Fail("authorization",
            "at most one of basic_auth, oauth2 & authorization must be configured");
}

void ValidateOAuth2(MappingReader& at, const HttpClientConfig& client) {
  const OAuth2Config& oauth2 = *client.oauth2;
  if (client.basic_auth)
    return at.Fail("oauth2",
                   "at most one of basic_auth, oauth2 & authorization must be configured");
  if (oauth2.client_id.empty()) return at.Fail("oauth2", "oauth2 client_id must be configured");
  if (oauth2.token_url.empty()) return at.Fail("oauth2", "oauth2 token_url must be configured");
  if (!oauth2.client_secret.empty() && !oauth2.client_secret_file.empty())
    at.Fail("oauth2",
            "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be "
            "configured");
}

// The old keys bearer_token and bearer_token_file; false when they make no sense here.
bool AdoptBearer(MappingReader& at, HttpClientConfig& client, const BearerKeys& bearer) {
  const bool has_token = !bearer.token.empty();
  const bool has_file = !bearer.token_file.empty();
  if (!has_token && !has_file) return true;
  const char* key = has_token ? "bearer_token" : "bearer_token_file";
  if (has_token && has_file)
    at.Fail(key, "at most one of bearer_token & bearer_token_file must be configured");
  else if (client.basic_auth || client.oauth2)
    at.Fail(key,
            "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be "
            "configured");
  else if (client.authorization)
    at.Fail(key, "authorization is not compatible with bearer_token & bearer_token_file");
  else
    client.authorization = Authorization{"Bearer", bearer.token, bearer.token_file};
  return !at.failed();
}

}  // namespace

void Validate(MappingReader& at, TlsConfig& tls) {
  if (!tls.ca.empty() && !tls.ca_file.empty())
    return at.Fail("ca", "at most one of ca and ca_file must be configured");
  if (!tls.cert.empty() && !tls.cert_file.empty())
    return at.Fail("cert", "at most one of cert and cert_file must be configured");
  if (!tls.key.empty() && !tls.key_file.empty())
    return at.Fail("key", "at most one of key and key_file must be configured");
  const bool has_cert = !tls.cert.empty() || !tls.cert_file.empty();
  const bool has_key = !tls.key.empty() || !tls.key_file.empty();
  if (has_cert && !has_key)
    at.Fail(
        "exactly one of key or key_file must be configured when a client certificate is "
        "configured");
  if (has_key && !has_cert)
    at.Fail("exactly one of cert or cert_file must be configured when a client key is configured");
}

void ValidateProxy(MappingReader& at, const ProxyConfig& proxy) {
  if (!proxy.proxy_connect_header.empty() && !proxy.proxy_from_environment &&
      proxy.proxy_url.empty())
    at.Fail("proxy_connect_header",
            "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also "
            "be configured");
  if (proxy.proxy_from_environment && !proxy.proxy_url.empty())
    at.Fail("proxy_url",
            "if proxy_from_environment is configured, proxy_url must not be configured");
  if (proxy.proxy_from_environment && !proxy.no_proxy.empty())
    at.Fail("no_proxy", "if proxy_from_environment is configured, no_proxy must not be configured");
  if (proxy.proxy_url.empty() && !proxy.no_proxy.empty())
    at.Fail("no_proxy", "if no_proxy is configured, proxy_url must also be configured");
}

void ValidateHttpClient(MappingReader& at, HttpClientConfig& client, const BearerKeys& bearer) {
  if (!AdoptBearer(at, client, bearer)) return;
  if (client.basic_auth) ValidateBasicAuth(at, *client.basic_auth);
  if (client.authorization) ValidateAuthorization(at, client);
  if (client.oauth2) ValidateOAuth2(at, client);
  for (const auto& [name, header] : client.http_headers) {
    const std::string canonical = CanonicalHeader(name);
    if (std::find(kReservedHeaders.begin(), kReservedHeaders.end(), canonical) !=
        kReservedHeaders.end())
      at.Fail("http_headers", fmt::format("setting header {} is not allowed", GoQuote(canonical)));
  }
}

}  // namespace tocsin::config
