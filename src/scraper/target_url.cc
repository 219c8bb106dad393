#include "scraper/target_url.h"

#include <map>
#include <utility>

#include "http/url.h"

namespace tocsin::scraper {

namespace {

constexpr std::string_view kParamPrefix = "__param_";

// Go's escaping of a whole path: the separators and "reserved" characters stay, but for '?'.
std::string EscapePath(std::string_view path) {
  constexpr std::string_view kKept = "-_.~$&+,/:;=@";
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_alphanumeric || kKept.find(c) != kKept.npos) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

// The label of a parameter stands for its first value.
http::Fields Parameters(const Labels& labels, const config::ScrapeConfig& config) {
  std::map<std::string, std::vector<std::string>> values = config.params;
  for (const LabelView label : labels) {
    if (!label.name.starts_with(kParamPrefix)) continue;
    auto& list = values[std::string(label.name.substr(kParamPrefix.size()))];
    if (list.empty()) list.emplace_back();
    list.front() = std::string(label.value);
  }
  http::Fields fields;
  for (const auto& [name, list] : values) {
    for (const std::string& value : list) fields.emplace_back(name, value);
  }
  return fields;
}

std::pair<std::string, std::string> SplitHostPort(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return {address, ""};
  return {address.substr(0, colon), address.substr(colon + 1)};
}

}  // namespace

std::string MakeTargetUrl(const Labels& labels, const config::ScrapeConfig& config) {
  std::string url(labels.Get("__scheme__"));
  if (!url.empty()) url += ':';
  url.append("//").append(labels.Get("__address__"));
  const std::string_view path = labels.Get("__metrics_path__");
  if (!path.empty() && path.front() != '/') url += '/';
  url += EscapePath(path);
  const std::string query = http::EncodeForm(Parameters(labels, config));
  if (!query.empty()) url.append("?").append(query);
  return url;
}

std::string MakeGlobalUrl(const std::string& url, const GlobalUrlOptions& options) {
  Result<http::Url> parsed = http::ParseUrl(url);
  if (!parsed || parsed->port.empty()) return url;
  const bool is_local =
      parsed->host == "localhost" || parsed->host == "127.0.0.1" || parsed->host == "::1";
  if (!is_local || options.external_host.empty()) return url;
  auto [host, port] = SplitHostPort(options.external_host);
  if (parsed->port == SplitHostPort(options.listen_address).second) {
    // That is this very server: scheme and port are known as well.
    parsed->scheme = options.external_scheme;
    parsed->port = port;
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  parsed->host = host;
  return parsed->ToString();
}

}  // namespace tocsin::scraper
