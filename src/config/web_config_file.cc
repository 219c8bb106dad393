#include "config/web_config_file.h"

#include <algorithm>
#include <array>

#include "config/yaml_parser.h"
#include "config/yaml_reader.h"

namespace tocsin::config {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 20;

// The only response headers that may be configured; Strict-Transport-Security takes any value.
struct HeaderRule {
  std::string_view name;
  std::array<std::string_view, 4> values;
};
constexpr HeaderRule kHeaders[] = {
    {"Strict-Transport-Security", {}},
    {"Content-Security-Policy", {}},
    {"X-Frame-Options", {"deny", "sameorigin"}},
    {"X-Content-Type-Options", {"nosniff"}},
    {"X-XSS-Protection", {}},
};

bool IsAllowed(const HeaderRule& rule, const std::string& value) {
  if (rule.values[0].empty()) return true;
  return std::find(rule.values.begin(), rule.values.end(), value) != rule.values.end() &&
         !value.empty();
}

void ReadTls(MappingReader& at, WebTlsConfig& tls) {
  static constexpr const char* kVersion = "unknown TLS version: {}";
  at.Field("cert_file", FilePath{tls.cert_file});
  at.Field("key_file", FilePath{tls.key_file});
  at.Field("client_ca_file", FilePath{tls.client_ca_file});
  at.Field("cert", tls.cert);
  at.Field("key", tls.key);
  at.Field("client_ca", tls.client_ca);
  at.Field("client_auth_type",
           Choice{tls.client_auth_type,
                  {"", "NoClientCert", "RequestClientCert", "RequireAnyClientCert",
                   "RequireClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"},
                  "Invalid ClientAuth: {}"});
  at.Field("client_allowed_sans", tls.client_allowed_sans);
  at.Field("min_version", Choice{tls.min_version, {"TLS10", "TLS11", "TLS12", "TLS13"}, kVersion});
  at.Field("max_version", Choice{tls.max_version, {"TLS10", "TLS11", "TLS12", "TLS13"}, kVersion});
  at.Field("cipher_suites", tls.cipher_suites);
  at.Field("curve_preferences", tls.curve_preferences);
  at.Field("prefer_server_cipher_suites", tls.prefer_server_cipher_suites);
  at.Finish();
}

void CheckTls(MappingReader& at, const WebTlsConfig& tls) {
  const bool has_cert = !tls.cert.empty() || !tls.cert_file.empty();
  const bool has_key = !tls.key.empty() || !tls.key_file.empty();
  const bool has_ca = !tls.client_ca.empty() || !tls.client_ca_file.empty();
  if (!tls.cert.empty() && !tls.cert_file.empty())
    return at.Fail("cert_file", "at most one of cert and cert_file must be configured");
  if (!tls.key.empty() && !tls.key_file.empty())
    return at.Fail("key_file", "at most one of key and key_file must be configured");
  if (!has_cert) return at.Fail("missing one of cert or cert_file");
  if (!has_key) return at.Fail("missing one of key or key_file");
  const bool verifies = tls.client_auth_type == "RequireAndVerifyClientCert" ||
                        tls.client_auth_type == "VerifyClientCertIfGiven";
  if (verifies && !has_ca)
    return at.Fail("client_auth_type", "client_ca_file is required by this client_auth_type (" +
                                           tls.client_auth_type + ")");
  if (has_ca && !verifies)
    at.Fail("client_auth_type", "Client CA's have been configured without a Client Auth Policy");
}

void ReadHttp(MappingReader& at, WebConfigFile& config) {
  at.Field("http2", config.http2);
  std::map<std::string, std::string> headers;
  at.Field("headers", headers);
  at.Finish();
  for (const auto& header : headers) {
    const std::string& name = header.first;
    const std::string& value = header.second;
    if (value.empty()) continue;
    const auto rule = std::find_if(std::begin(kHeaders), std::end(kHeaders),
                                   [&](const HeaderRule& entry) { return entry.name == name; });
    if (rule == std::end(kHeaders))
      return at.Fail("headers", fmt::format("HTTP header can not be configured ({})", name));
    if (!IsAllowed(*rule, value))
      return at.Fail("headers", fmt::format("invalid value for {} ({})", name, value));
    config.headers.emplace_back(name, value);
  }
}

}  // namespace

Result<WebConfigFile> ParseWebConfigFile(std::string_view text, const std::string& file_name) {
  TOCSIN_ASSIGN_OR_RETURN(const YamlNode node, ParseYaml(text, file_name));
  ConfigReader reader(file_name, nullptr);
  WebConfigFile config;
  MappingReader root(reader, node);
  if (const YamlNode* tls = root.Take("tls_server_config"); tls != nullptr && !tls->is_null()) {
    MappingReader at(reader, *tls);
    ReadTls(at, config.tls.emplace());
    if (!reader.failed()) CheckTls(at, *config.tls);
  }
  if (const YamlNode* http = root.Take("http_server_config")) {
    MappingReader at(reader, *http);
    ReadHttp(at, config);
  }
  root.Field("basic_auth_users", config.basic_auth_users);
  root.Finish();
  if (reader.failed()) return reader.error();
  return config;
}

Result<WebConfigFile> LoadWebConfigFile(Fs& fs, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, fs.ReadFile(path, kMaxFileBytes));
  return ParseWebConfigFile(text, path);
}

}  // namespace tocsin::config
