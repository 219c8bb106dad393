#include "http/url.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace tocsin::http {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 3986 §2.3 unreserved.
bool IsUnreserved(char c) {
  return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <typename IsPlain>
std::string Escape(std::string_view text, bool space_as_plus, IsPlain is_plain) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_plain(c)) {
      out.push_back(c);
    } else if (c == ' ' && space_as_plus) {
      out.push_back('+');
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kUpperHex[byte >> 4]);
      out.push_back(kUpperHex[byte & 15]);
    }
  }
  return out;
}

Result<std::string> Unescape(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const bool valid =
          i + 2 < text.size() && HexValue(text[i + 1]) >= 0 && HexValue(text[i + 2]) >= 0;
      if (!valid) {
        return Errorf(ErrorCode::kInvalidArgument, "invalid URL escape \"{}\"", text.substr(i, 3));
      }
      out.push_back(static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '+' && plus_is_space ? ' ' : text[i]);
    }
  }
  return out;
}

// Cuts `text` at the first `separator`; what follows it is returned, nothing when there is none.
std::optional<std::string_view> Cut(std::string_view& text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + 1);
  text = text.substr(0, at);
  return rest;
}

bool HasControlByte(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// scheme ":" as RFC 3986 §3.1, or nothing; a leading colon is an error.
Status TakeScheme(std::string_view& rest, Url& url) {
  for (size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == ':') {
      if (i == 0) return Error(ErrorCode::kInvalidArgument, "missing protocol scheme");
      url.scheme = rest.substr(0, i);
      std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(),
                     [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
      rest.remove_prefix(i + 1);
      return {};
    }
    const bool is_letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    const bool is_later =
        std::isdigit(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
    if (!is_letter && (i == 0 || !is_later)) return {};
  }
  return {};
}

Status ParsePort(std::string_view colon_port, Url& url) {
  if (colon_port.empty()) return {};
  const bool is_number =
      colon_port[0] == ':' && std::all_of(colon_port.begin() + 1, colon_port.end(),
                                          [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid port \"{}\" after host", colon_port);
  }
  url.port = colon_port.substr(1);
  return {};
}

// As Go: a host may escape only what cannot stand there as it is, non-ASCII bytes and the percent
// sign.
Result<std::string> UnescapeHost(std::string_view text) {
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    const bool is_ascii = text[i] == '%' && HexValue(text[i + 1]) < 8;
    if (is_ascii && text.substr(i, 3) != "%25") {
      return Errorf(ErrorCode::kInvalidArgument, "invalid URL escape \"{}\"", text.substr(i, 3));
    }
  }
  return PathUnescape(text);
}

std::string EscapeHost(std::string_view text) {
  return Escape(text, false,
                [](char c) { return c != '%' && static_cast<unsigned char>(c) < 0x80; });
}

Status ParseHost(std::string_view text, Url& url) {
  if (!text.empty() && text[0] == '[') {
    const size_t end = text.rfind(']');
    if (end == std::string_view::npos) {
      return Error(ErrorCode::kInvalidArgument, "missing ']' in host");
    }
    const std::string_view address = text.substr(1, end - 1);
    const std::string_view digits = address.substr(0, address.find('%'));
    if (digits.find(':') == std::string_view::npos ||
        digits.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) {
      return Errorf(ErrorCode::kInvalidArgument, "invalid host \"{}\"", text);
    }
    TOCSIN_ASSIGN_OR_RETURN(url.host, UnescapeHost(address));
    return ParsePort(text.substr(end + 1), url);
  }
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    TOCSIN_RETURN_IF_ERROR(ParsePort(text.substr(colon), url));
    text = text.substr(0, colon);
  }
  const size_t bad = text.find_first_of(" \"<>\\^`{|}/?#@:[]");
  if (bad != std::string_view::npos) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid character \"{}\" in host name", text[bad]);
  }
  TOCSIN_ASSIGN_OR_RETURN(url.host, UnescapeHost(text));
  return {};
}

Status ParseAuthority(std::string_view text, Url& url) {
  const size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    std::string_view user = text.substr(0, at);
    const auto password = Cut(user, ':');
    TOCSIN_ASSIGN_OR_RETURN(url.username, PathUnescape(user));
    if (password) {
      TOCSIN_ASSIGN_OR_RETURN(url.password, PathUnescape(*password));
    }
    text = text.substr(at + 1);
  }
  return ParseHost(text, url);
}

Status ParseInto(std::string_view text, Url& url) {
  if (HasControlByte(text)) {
    return Error(ErrorCode::kInvalidArgument, "net/url: invalid control character in URL");
  }
  if (const auto fragment = Cut(text, '#')) {
    TOCSIN_ASSIGN_OR_RETURN(url.fragment, PathUnescape(*fragment));
  }
  TOCSIN_RETURN_IF_ERROR(TakeScheme(text, url));
  if (const auto query = Cut(text, '?')) url.raw_query = *query;
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    url.has_authority = true;
    const size_t slash = std::min(text.find('/'), text.size());
    TOCSIN_RETURN_IF_ERROR(ParseAuthority(text.substr(0, slash), url));
    text = text.substr(slash);
  }
  url.raw_path = text;
  TOCSIN_ASSIGN_OR_RETURN(url.path, PathUnescape(text));
  return {};
}

std::string Render(const Url& url, const std::optional<std::string>& password) {
  std::string out;
  if (!url.scheme.empty()) out += url.scheme + ":";
  if (url.has_authority) {
    out += "//";
    if (url.username) {
      out += PathEscape(*url.username);
      if (password) out += ":" + PathEscape(*password);
      out += "@";
    }
    out += EscapeHost(url.HostPort());
  }
  out += url.raw_path;
  if (!url.raw_query.empty()) out += "?" + url.raw_query;
  if (!url.fragment.empty()) out += "#" + PathEscape(url.fragment);
  return out;
}

}  // namespace

std::string Url::HostPort() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (!port.empty()) out += ":" + port;
  return out;
}

std::string Url::ToString() const { return Render(*this, password); }

std::string Url::Redacted() const {
  return Render(*this, password ? std::optional<std::string>("xxxxx") : std::nullopt);
}

Result<Url> ParseUrl(std::string_view text) {
  Url url;
  if (auto status = ParseInto(text, url); !status) {
    return status.error().WithContext(fmt::format("parse \"{}\"", text));
  }
  return url;
}

std::string QueryEscape(std::string_view text) { return Escape(text, true, IsUnreserved); }

std::string PathEscape(std::string_view text) {
  return Escape(text, false, [](char c) {
    return IsUnreserved(c) || c == '$' || c == '&' || c == '+' || c == '=' || c == ':' || c == '@';
  });
}

Result<std::string> QueryUnescape(std::string_view text) { return Unescape(text, true); }
Result<std::string> PathUnescape(std::string_view text) { return Unescape(text, false); }

std::string EncodeForm(const Fields& fields) {
  std::string out;
  for (const auto& [key, value] : fields) {
    if (!out.empty()) out.push_back('&');
    out += QueryEscape(key) + "=" + QueryEscape(value);
  }
  return out;
}

Status DecodeForm(std::string_view text, Fields& fields) {
  Status first_error;
  const auto note = [&](Error error) {
    if (first_error) first_error = std::move(error);
  };
  while (!text.empty()) {
    std::string_view key = text;
    text = Cut(key, '&').value_or(std::string_view());
    if (key.empty()) continue;
    if (key.find(';') != std::string_view::npos) {
      note(Error(ErrorCode::kInvalidArgument, "invalid semicolon separator in query"));
      continue;
    }
    const std::string_view value = Cut(key, '=').value_or(std::string_view());
    auto name = QueryUnescape(key);
    auto decoded = name ? QueryUnescape(value) : name;
    if (decoded) {
      fields.emplace_back(std::move(*name), std::move(*decoded));
    } else {
      note(decoded.error());
    }
  }
  return first_error;
}

}  // namespace tocsin::http
