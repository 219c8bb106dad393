#include "exposition/content_type.h"

#include <algorithm>
#include <vector>

#include "model/labels.h"

namespace tocsin::exposition {

namespace {

constexpr int kFirstQualityTenths = 6;  // As upstream: the number of protocols it knows, plus one.

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

bool IsToken(std::string_view text) {
  constexpr std::string_view kSeparators = "()<>@,;:\\\"/[]?=";
  return !text.empty() && std::all_of(text.begin(), text.end(), [=](char c) {
    return c > ' ' && c < 0x7f && kSeparators.find(c) == kSeparators.npos;
  });
}

// Splits one `; name=value` off the front of `rest`; false when it is malformed.
bool TakeParameter(std::string_view& rest, std::string& name) {
  rest = Trim(rest.substr(1));
  if (rest.empty()) return true;  // A trailing semicolon is fine.
  const size_t equal = rest.find('=');
  if (equal == rest.npos) return false;
  name = std::string(Trim(rest.substr(0, equal)));
  rest = Trim(rest.substr(equal + 1));
  size_t end = 0;
  if (!rest.empty() && rest.front() == '"') {
    for (end = 1; end < rest.size() && rest[end] != '"'; ++end) end += rest[end] == '\\';
    if (++end > rest.size()) return false;
  } else {
    end = std::min(rest.find(';'), rest.size());
    if (!IsToken(Trim(rest.substr(0, end)))) return false;
  }
  rest = Trim(rest.substr(end));
  return IsToken(name) && (rest.empty() || rest.front() == ';');
}

// The lower-case media type; the message on error is that of Go's mime.ParseMediaType.
Result<std::string> ParseMediaType(std::string_view content_type) {
  const auto invalid = [](const char* what) { return Error(ErrorCode::kInvalidArgument, what); };
  const size_t semicolon = std::min(content_type.find(';'), content_type.size());
  std::string type(Trim(content_type.substr(0, semicolon)));
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (type.empty()) return invalid("mime: no media type");
  const size_t slash = type.find('/');
  if (!IsToken(std::string_view(type).substr(0, slash))) return invalid("mime: no media type");
  if (slash == type.npos) return invalid("mime: expected slash after first token");
  if (!IsToken(std::string_view(type).substr(slash + 1))) {
    return invalid("mime: expected token after slash");
  }
  std::vector<std::string> names;
  for (std::string_view rest = content_type.substr(semicolon); !rest.empty();) {
    std::string name;
    if (!TakeParameter(rest, name)) return invalid("mime: invalid media parameter");
    if (name.empty()) continue;
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return invalid("mime: duplicate parameter name");
    }
    names.push_back(name);
  }
  return type;
}

struct MediaType {
  std::string_view name;
  Format format;
};
constexpr MediaType kMediaTypes[] = {
    {"text/plain", Format::kText},
    {"application/openmetrics-text", Format::kOpenMetrics},
    {"application/vnd.google.protobuf", Format::kProtobuf},
};

const MediaType* FindMediaType(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kMediaTypes), std::end(kMediaTypes),
                   [name](const MediaType& type) { return type.name == name; });
  return found == std::end(kMediaTypes) ? nullptr : found;
}

struct Protocol {
  std::string_view name;
  std::string_view media_range;
  bool takes_escaping;
};
constexpr Protocol kProtocols[] = {
    {"PrometheusProto",
     "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
     false},
    {"PrometheusText0.0.4", "text/plain;version=0.0.4", false},
    {"PrometheusText1.0.0", "text/plain;version=1.0.0", true},
    {"OpenMetricsText0.0.1", "application/openmetrics-text;version=0.0.1", false},
    {"OpenMetricsText1.0.0", "application/openmetrics-text;version=1.0.0", true},
};

const Protocol* FindProtocol(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kProtocols), std::end(kProtocols),
                   [name](const Protocol& protocol) { return protocol.name == name; });
  return found == std::end(kProtocols) ? nullptr : found;
}

const MediaType* MediaTypeOfProtocol(std::string_view protocol_name) {
  const Protocol* const protocol = FindProtocol(protocol_name);
  if (protocol == nullptr) return nullptr;
  return FindMediaType(protocol->media_range.substr(0, protocol->media_range.find(';')));
}

}  // namespace

Result<FormatChoice> ChooseFormat(std::string_view content_type,
                                  std::string_view fallback_protocol) {
  const MediaType* const fallback = MediaTypeOfProtocol(fallback_protocol);
  const auto choose = [&](const std::string& what, const char* none,
                          const std::string& detail) -> Result<FormatChoice> {
    if (fallback == nullptr) return Error(ErrorCode::kInvalidArgument, what + none + detail);
    return FormatChoice{fallback->format, what + ", using fallback_scrape_protocol " +
                                              GoQuote(fallback->name) + detail};
  };
  if (content_type.empty()) {
    return choose("non-compliant scrape target sending blank Content-Type",
                  " and no fallback_scrape_protocol specified for target", "");
  }
  const Result<std::string> type = ParseMediaType(content_type);
  if (!type) {
    const std::string reason = "\n" + type.error().message();
    if (fallback != nullptr) {
      return choose("could not parse received Content-Type " + GoQuote(content_type), "", reason);
    }
    return choose("cannot parse Content-Type " + GoQuote(content_type),
                  " and no fallback_scrape_protocol for target", reason);
  }
  if (const MediaType* known = FindMediaType(*type)) return FormatChoice{known->format, ""};
  return choose("received unsupported Content-Type " + GoQuote(content_type),
                " and no fallback_scrape_protocol specified for target", "");
}

std::string AcceptHeader(std::span<const std::string> protocols, std::string_view escaping_scheme) {
  std::string header;
  int quality_tenths = kFirstQualityTenths;
  for (const std::string& name : protocols) {
    const Protocol* const protocol = FindProtocol(name);
    if (protocol == nullptr) continue;
    header += protocol->media_range;
    if (protocol->takes_escaping && !escaping_scheme.empty()) {
      header.append(";escaping=").append(escaping_scheme);
    }
    header += fmt::format(";q=0.{},", quality_tenths--);
  }
  return header + fmt::format("*/*;q=0.{}", quality_tenths);
}

}  // namespace tocsin::exposition
