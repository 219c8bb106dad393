#include "config/remote_binding.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace tocsin::config {
namespace {

constexpr std::array<std::string_view, 15> kReservedHeaders = {"host",
                                                               "content-encoding",
                                                               "content-length",
                                                               "content-type",
                                                               "user-agent",
                                                               "connection",
                                                               "keep-alive",
                                                               "proxy-authenticate",
                                                               "proxy-authorization",
                                                               "www-authenticate",
                                                               "accept-encoding",
                                                               "x-prometheus-remote-write-version",
                                                               "x-prometheus-remote-read-version",
                                                               "x-amz-date",
                                                               "x-amz-security-token"};

void CheckHeaders(MappingReader& at, const std::map<std::string, std::string>& headers,
                  std::string_view authorization_message) {
  for (const auto& [name, value] : headers) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (lower == "authorization") return at.Fail("headers", authorization_message);
    if (lower == "x-amz-content-sha256" ||
        std::find(kReservedHeaders.begin(), kReservedHeaders.end(), lower) !=
            kReservedHeaders.end())
      return at.Fail("headers",
                     fmt::format("{} is a reserved header. It must not be changed", name));
  }
}

constexpr std::string_view kUseAuthBlocks =
    "authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, "
    "azuread "
    "or google_iam parameter";

void CheckSingleAuth(MappingReader& at, const RemoteWriteConfig& write) {
  std::string configured;
  int count = 0;
  const auto note = [&](bool is_set, std::string_view name) {
    if (!is_set) return;
    ++count;
    configured.append(configured.empty() ? "" : " ").append(name);
  };
  note(write.http_client.basic_auth.has_value(), "basic_auth");
  note(write.http_client.authorization.has_value(), "authorization");
  note(write.http_client.oauth2.has_value(), "oauth2");
  note(write.sigv4.has_value(), "sigv4");
  note(write.azuread.has_value(), "azuread");
  note(write.google_iam.has_value(), "google_iam");
  if (count > 1)
    at.Fail(
        fmt::format("at most one of basic_auth, authorization, oauth2, sigv4, azuread or "
                    "google_iam must be configured. Currently configured: [{}]",
                    configured));
}

std::string Trim(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

void SanitizeAttributes(MappingReader& at, std::string_view key,
                        std::vector<std::string>& attributes, std::string_view adjective) {
  const YamlNode* list = at.node().Find(key);
  std::set<std::string> seen;
  for (size_t i = 0; i < attributes.size(); ++i) {
    attributes[i] = Trim(attributes[i]);
    if (attributes[i].empty())
      return at.reader().Fail(
          list->items[i],
          fmt::format("invalid '{}': empty {} OTel resource attribute", key, adjective));
    if (!seen.insert(attributes[i]).second)
      return at.reader().Fail(
          list->items[i], fmt::format("invalid '{}': duplicated {} OTel resource attribute {}", key,
                                      adjective, GoQuote(attributes[i])));
  }
}

}  // namespace

void Validate(MappingReader& at, RemoteQueueConfig& queue) {
  const auto require_positive = [&](std::string_view key, int64_t value) {
    if (value <= 0) at.Fail(key, fmt::format("{} must be greater than 0 ({})", key, value));
  };
  require_positive("capacity", queue.capacity);
  require_positive("max_shards", queue.max_shards);
  require_positive("min_shards", queue.min_shards);
  require_positive("max_samples_per_send", queue.max_samples_per_send);
  if (queue.min_shards > queue.max_shards)
    at.Fail("min_shards", fmt::format("min_shards must not be greater than max_shards ({} > {})",
                                      queue.min_shards, queue.max_shards));
  if (queue.min_backoff > queue.max_backoff)
    at.Fail("max_backoff", "max_backoff must not be less than min_backoff");
}

void Validate(MappingReader& at, RemoteWriteConfig& write) {
  if (write.url.empty()) return at.Fail("url", "url for remote_write is empty");
  CheckHeaders(at, write.headers, kUseAuthBlocks);
  CheckSingleAuth(at, write);
}

void Validate(MappingReader& at, RemoteReadConfig& read) {
  if (read.url.empty()) return at.Fail("url", "url for remote_read is empty");
  CheckHeaders(at, read.headers, kUseAuthBlocks);
}

void Validate(MappingReader& at, OtlpConfig& otlp) {
  if (otlp.promote_all_resource_attributes) {
    if (!otlp.promote_resource_attributes.empty())
      return at.Fail(
          "promote_all_resource_attributes",
          "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be "
          "configured simultaneously");
    SanitizeAttributes(at, "ignore_resource_attributes", otlp.ignore_resource_attributes,
                       "ignored");
    return;
  }
  if (!otlp.ignore_resource_attributes.empty())
    return at.Fail("ignore_resource_attributes",
                   "'ignore_resource_attributes' cannot be configured unless "
                   "'promote_all_resource_attributes' is true");
  SanitizeAttributes(at, "promote_resource_attributes", otlp.promote_resource_attributes,
                     "promoted");
}

void Validate(MappingReader& at, TracingConfig& tracing) {
  CheckHeaders(at, tracing.headers,
               "custom authorization header configuration is not yet supported");
  if (tracing.endpoint.empty()) at.Fail("endpoint", "tracing endpoint must be set");
  if (!tracing.compression.empty() && tracing.compression != "gzip")
    at.Fail("compression", fmt::format("invalid compression type {} provided, valid options: gzip",
                                       tracing.compression));
}

}  // namespace tocsin::config
