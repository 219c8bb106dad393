#pragma once

#include "config/http_client_config.h"
#include "config/yaml_reader.h"
#include "config/yaml_writer.h"

namespace tocsin::config {

/// Keys that are read for compatibility and end up in HttpClientConfig::authorization.
struct BearerKeys {
  Secret token;
  std::string token_file;
};

// Each fails at the key that breaks the rule, with upstream's text.
void Validate(MappingReader& at, TlsConfig& tls);
void ValidateProxy(MappingReader& at, const ProxyConfig& proxy);
void ValidateHttpClient(MappingReader& at, HttpClientConfig& client, const BearerKeys& bearer);

template <typename Archive>
void Describe(Archive& archive, TlsConfig& tls) {
  static constexpr const char* kVersionError = "unknown TLS version: {}";
  archive.Field("ca", tls.ca);
  archive.Field("cert", tls.cert);
  archive.Field("key", tls.key);
  archive.Field("ca_file", FilePath{tls.ca_file});
  archive.Field("cert_file", FilePath{tls.cert_file});
  archive.Field("key_file", FilePath{tls.key_file});
  archive.Field("server_name", tls.server_name);
  const bool is_set = tls != TlsConfig{};
  archive.Field("insecure_skip_verify", tls.insecure_skip_verify,
                is_set ? Show::kAlways : Show::kUnlessZero);
  archive.Field("min_version",
                Choice{tls.min_version, {"TLS10", "TLS11", "TLS12", "TLS13"}, kVersionError});
  archive.Field("max_version",
                Choice{tls.max_version, {"TLS10", "TLS11", "TLS12", "TLS13"}, kVersionError});
}

template <typename Archive>
void Describe(Archive& archive, BasicAuth& auth) {
  archive.Field("username", auth.username, Show::kAlways);
  archive.Field("username_file", FilePath{auth.username_file});
  archive.Field("password", auth.password);
  archive.Field("password_file", FilePath{auth.password_file});
}

template <typename Archive>
void Describe(Archive& archive, Authorization& authorization) {
  archive.Field("type", authorization.type);
  archive.Field("credentials", authorization.credentials);
  archive.Field("credentials_file", FilePath{authorization.credentials_file});
}

/// Inline: the keys stand beside those of the block around them.
template <typename Archive>
void DescribeProxy(Archive& archive, ProxyConfig& proxy) {
  archive.Field("proxy_url", Url{proxy.proxy_url});
  archive.Field("no_proxy", proxy.no_proxy);
  archive.Field("proxy_from_environment", proxy.proxy_from_environment);
  archive.Field("proxy_connect_header", proxy.proxy_connect_header);
  if constexpr (Archive::kIsReader) ValidateProxy(archive, proxy);
}

template <typename Archive>
void Describe(Archive& archive, OAuth2Config& oauth2) {
  archive.Field("client_id", oauth2.client_id, Show::kAlways);
  archive.Field("client_secret", oauth2.client_secret);
  archive.Field("client_secret_file", FilePath{oauth2.client_secret_file});
  archive.Field("client_certificate_key_id", oauth2.client_certificate_key_id);
  archive.Field("client_certificate_key", oauth2.client_certificate_key);
  archive.Field("client_certificate_key_file", FilePath{oauth2.client_certificate_key_file});
  archive.Field("grant_type", oauth2.grant_type);
  archive.Field("signature_algorithm", oauth2.signature_algorithm);
  archive.Field("iss", oauth2.iss);
  archive.Field("audience", oauth2.audience);
  archive.Field("claims", oauth2.claims);
  archive.Field("scopes", oauth2.scopes);
  archive.Field("token_url", oauth2.token_url, Show::kAlways);
  archive.Field("endpoint_params", oauth2.endpoint_params);
  archive.Field("tls_config", oauth2.tls_config);
  DescribeProxy(archive, oauth2.proxy);
}

template <typename Archive>
void Describe(Archive& archive, HttpHeader& header) {
  archive.Field("values", header.values);
  archive.Field("secrets", header.secrets);
  archive.Field("files", FilePaths{header.files});
}

/// Inline: the keys stand beside those of the block around them.
template <typename Archive>
void DescribeHttpClient(Archive& archive, HttpClientConfig& client) {
  archive.Field("basic_auth", client.basic_auth);
  archive.Field("authorization", client.authorization);
  archive.Field("oauth2", client.oauth2);
  BearerKeys bearer;
  archive.Field("bearer_token", bearer.token);
  archive.Field("bearer_token_file", FilePath{bearer.token_file});
  archive.Field("tls_config", client.tls_config);
  archive.Field("follow_redirects", client.follow_redirects, Show::kAlways);
  archive.Field("enable_http2", client.enable_http2, Show::kAlways);
  DescribeProxy(archive, client.proxy);
  archive.Field("http_headers", client.http_headers);
  if constexpr (Archive::kIsReader) {
    if (!archive.failed()) ValidateHttpClient(archive, client, bearer);
  }
}

template <typename Archive>
void Describe(Archive& archive, HttpClientConfig& client) {
  DescribeHttpClient(archive, client);
}

}  // namespace tocsin::config
