#include "app/runtime.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

#include "app/version.h"
#include "config/web_config_file.h"
#include "http/oauth2_client.h"
#include "http/url.h"

namespace tocsin::app {

namespace {

constexpr int kTimerWorkers = 4;
constexpr size_t kNotifyThreads = 2;
constexpr size_t kDiscoveryThreads = 4;

http::WebConfig ToWebConfig(const config::WebConfigFile& file) {
  http::WebConfig result;
  if (file.tls) {
    http::TlsServerConfig& tls = result.tls.emplace();
    tls.cert_file = file.tls->cert_file;
    tls.key_file = file.tls->key_file;
    tls.client_ca_file = file.tls->client_ca_file;
    tls.cert = file.tls->cert;
    tls.key = file.tls->key.reveal();
    tls.client_ca = file.tls->client_ca;
    tls.client_auth_type = file.tls->client_auth_type;
    tls.client_allowed_sans = file.tls->client_allowed_sans;
    tls.min_version = file.tls->min_version;
    tls.max_version = file.tls->max_version;
    tls.cipher_suites = file.tls->cipher_suites;
    tls.curve_preferences = file.tls->curve_preferences;
    tls.prefer_server_cipher_suites = file.tls->prefer_server_cipher_suites;
  }
  result.response_headers = file.headers;
  for (const auto& [user, hash] : file.basic_auth_users) {
    result.basic_auth_users.emplace_back(user, hash.reveal());
  }
  return result;
}

}  // namespace

Runtime::Runtime(std::unique_ptr<Logger> process_logger)
    : logger(std::move(process_logger)),
      client(http::WithOAuth2(http::MakeCurlClient(std::string("Tocsin/") + kVersion), clock)),
      timers(clock, kTimerWorkers),
      notify_pool("notify", kNotifyThreads),
      resolver(discovery::MakeSystemResolver()),
      discovery_pool("discovery", kDiscoveryThreads) {}

Result<std::unique_ptr<Logger>> MakeLogger(const FlagSet& flags) {
  const std::string& level_text = flags.String("log.level");
  const std::string& format_text = flags.String("log.format");
  LogLevel level = LogLevel::kInfo;
  if (level_text == "debug") {
    level = LogLevel::kDebug;
  } else if (level_text == "warn") {
    level = LogLevel::kWarn;
  } else if (level_text == "error") {
    level = LogLevel::kError;
  } else if (level_text != "info") {
    return Errorf(ErrorCode::kInvalidArgument,
                  "invalid value \"{}\" for flag --log.level: want debug, info, warn or error",
                  level_text);
  }
  if (format_text != "logfmt" && format_text != "json") {
    return Errorf(ErrorCode::kInvalidArgument,
                  "invalid value \"{}\" for flag --log.format: want logfmt or json", format_text);
  }
  return MakeStderrLogger(level, format_text == "json" ? LogFormat::kJson : LogFormat::kLogfmt);
}

void WarnAboutFlags(const FlagSet& flags, Logger& logger) {
  for (const std::string& flag : flags.AcceptedWithoutEffect()) {
    logger.Warn("Flag has no effect", {{"flag", flag}});
  }
}

void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

http::WebConfigLoader MakeWebConfigLoader(Fs& fs, const std::string& path) {
  if (path.empty()) return {};
  return [&fs, path]() -> Result<http::WebConfig> {
    TOCSIN_ASSIGN_OR_RETURN(const config::WebConfigFile file, config::LoadWebConfigFile(fs, path));
    return ToWebConfig(file);
  };
}

Result<std::string> ResolveExternalUrl(const std::string& configured,
                                       const std::string& listen_address) {
  std::string url = configured;
  if (url.empty()) {
    const size_t colon = listen_address.rfind(':');
    url = fmt::format("http://{}:{}/", HostName(), listen_address.substr(colon + 1));
  }
  auto parsed = http::ParseUrl(url);
  if (!parsed) return parsed.error().WithContext("external URL");
  if ((parsed->scheme != "http" && parsed->scheme != "https") || parsed->host.empty()) {
    return Errorf(ErrorCode::kInvalidArgument,
                  "external URL {}: want http://host/path or https://host/path", url);
  }
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string ResolveRoutePrefix(const std::string& configured, bool is_set,
                               const std::string& external_url) {
  std::string prefix = configured;
  if (!is_set) {
    const auto url = http::ParseUrl(external_url);
    prefix = url ? url->path : "";
  }
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty() && !prefix.starts_with('/')) prefix.insert(0, "/");
  return prefix;
}

std::optional<std::string> LookUpEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

}  // namespace tocsin::app
