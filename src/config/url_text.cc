#include "config/url_text.h"

#include <algorithm>

#include "model/labels.h"

namespace tocsin::config {
namespace {

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

Error ParseError(std::string_view url, std::string_view reason) {
  return Errorf(ErrorCode::kInvalidArgument, "parse {}: {}", GoQuote(url), reason);
}

struct UrlParts {
  std::string_view scheme;
  std::string_view authority;  // user:password@host:port
  bool has_authority = false;
};

// The scheme ends at the first ':' if only scheme characters come before it.
Result<UrlParts> Split(std::string_view url) {
  UrlParts parts;
  std::string_view rest = url;
  for (size_t i = 0; i < url.size(); ++i) {
    const char c = url[i];
    if (c == ':') {
      if (i == 0) return ParseError(url, "missing protocol scheme");
      parts.scheme = url.substr(0, i);
      rest = url.substr(i + 1);
      break;
    }
    if (IsAlpha(c)) continue;
    if (i > 0 && (IsDigit(c) || c == '+' || c == '-' || c == '.')) continue;
    break;
  }
  if (parts.scheme.empty()) {
    const std::string_view segment = rest.substr(0, rest.find_first_of("/?#"));
    if (segment.find(':') != std::string_view::npos && !rest.starts_with("/"))
      return ParseError(url, "first path segment in URL cannot contain colon");
  }
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    parts.has_authority = true;
    parts.authority = rest.substr(0, rest.find_first_of("/?#"));
  }
  return parts;
}

Status CheckEscapes(std::string_view url) {
  for (size_t i = url.find('%'); i != std::string_view::npos; i = url.find('%', i + 1)) {
    const std::string_view escape = url.substr(i, 3);
    if (escape.size() < 3 || !IsHex(escape[1]) || !IsHex(escape[2]))
      return ParseError(url, fmt::format("invalid URL escape {}", GoQuote(escape)));
  }
  return {};
}

Status CheckHost(std::string_view url, std::string_view authority) {
  const size_t at = authority.rfind('@');
  std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (host.starts_with('[')) {
    const size_t close = host.find(']');
    if (close == std::string_view::npos) return ParseError(url, "missing ']' in host");
    host.remove_prefix(close + 1);
  } else {
    for (const char c : host) {
      if (c == ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == '{' || c == '}')
        return ParseError(url, fmt::format("invalid character {} in host name",
                                           GoQuote(std::string_view(&c, 1))));
    }
    const size_t colon = host.rfind(':');
    host = colon == std::string_view::npos ? "" : host.substr(colon);
  }
  if (host.empty()) return {};
  if (host[0] != ':' || !std::all_of(host.begin() + 1, host.end(), IsDigit))
    return ParseError(url, fmt::format("invalid port {} after host", GoQuote(host)));
  return {};
}

}  // namespace

Status CheckUrl(std::string_view url) {
  for (const char c : url) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return ParseError(url, "net/url: invalid control character in URL");
  }
  TOCSIN_ASSIGN_OR_RETURN(const UrlParts parts, Split(url));
  TOCSIN_RETURN_IF_ERROR(CheckEscapes(url.substr(0, url.find('?'))));
  return CheckHost(url, parts.authority);
}

Status CheckHttpUrl(std::string_view url) {
  TOCSIN_RETURN_IF_ERROR(CheckUrl(url));
  TOCSIN_ASSIGN_OR_RETURN(const UrlParts parts, Split(url));
  if (parts.scheme != "http" && parts.scheme != "https")
    return Errorf(ErrorCode::kInvalidArgument, "unsupported scheme {} for URL",
                  GoQuote(parts.scheme));
  if (parts.authority.empty())
    return Errorf(ErrorCode::kInvalidArgument, "missing host for URL ({})", url);
  return {};
}

std::string RedactUrl(std::string_view url) {
  const Result<UrlParts> parts = Split(url);
  if (!parts) return std::string(url);
  const size_t at = parts->authority.rfind('@');
  const size_t colon = parts->authority.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at)
    return std::string(url);
  const size_t begin = static_cast<size_t>(parts->authority.data() - url.data());
  std::string redacted(url.substr(0, begin + colon + 1));
  redacted += "xxxxx";
  redacted += url.substr(begin + at);
  return redacted;
}

}  // namespace tocsin::config
