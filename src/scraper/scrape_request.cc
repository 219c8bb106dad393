#include "scraper/scrape_request.h"

#include <algorithm>
#include <array>

#include "model/number_text.h"

namespace tocsin::scraper {

namespace {

struct StatusText {
  int status;
  const char* text;
};

// The reason phrases of Go's net/http for what a scrape may meet.
constexpr std::array kStatusTexts = {
    StatusText{201, "Created"},
    StatusText{202, "Accepted"},
    StatusText{204, "No Content"},
    StatusText{206, "Partial Content"},
    StatusText{301, "Moved Permanently"},
    StatusText{302, "Found"},
    StatusText{303, "See Other"},
    StatusText{304, "Not Modified"},
    StatusText{307, "Temporary Redirect"},
    StatusText{308, "Permanent Redirect"},
    StatusText{400, "Bad Request"},
    StatusText{401, "Unauthorized"},
    StatusText{403, "Forbidden"},
    StatusText{404, "Not Found"},
    StatusText{405, "Method Not Allowed"},
    StatusText{406, "Not Acceptable"},
    StatusText{407, "Proxy Authentication Required"},
    StatusText{408, "Request Timeout"},
    StatusText{409, "Conflict"},
    StatusText{410, "Gone"},
    StatusText{413, "Request Entity Too Large"},
    StatusText{415, "Unsupported Media Type"},
    StatusText{418, "I'm a teapot"},
    StatusText{421, "Misdirected Request"},
    StatusText{422, "Unprocessable Entity"},
    StatusText{429, "Too Many Requests"},
    StatusText{431, "Request Header Fields Too Large"},
    StatusText{500, "Internal Server Error"},
    StatusText{501, "Not Implemented"},
    StatusText{502, "Bad Gateway"},
    StatusText{503, "Service Unavailable"},
    StatusText{504, "Gateway Timeout"},
    StatusText{505, "HTTP Version Not Supported"},
};

std::string DescribeStatus(int status) {
  const auto* const found =
      std::find_if(kStatusTexts.begin(), kStatusTexts.end(),
                   [status](const StatusText& entry) { return entry.status == status; });
  std::string text = std::to_string(status);
  if (found != kStatusTexts.end()) text.append(" ").append(found->text);
  return text;
}

// A page of exactly the limit is over it, as upstream; the smallest limit leaves nothing to ask
// for.
uint64_t MaxBodyBytes(const ScrapeSettings& settings) {
  const uint64_t limit = settings.config.body_size_limit_bytes;
  return limit == 0 ? kMaxBodyBytes : std::max<uint64_t>(limit - 1, 1);
}

}  // namespace

http::ClientRequest MakeScrapeRequest(const Target& target, const ScrapeSettings& settings) {
  http::ClientRequest request;
  request.unix_socket = target.all_labels.Get("__unix_socket__");
  request.url = target.url;
  request.options = settings.client_options;
  request.timeout_ms = target.timeout_ms;
  request.max_body_bytes = MaxBodyBytes(settings);
  request.accept_gzip = settings.config.enable_compression;
  request.defer_decoding = true;
  request.headers.emplace_back("Accept", settings.accept_header);
  if (!request.accept_gzip) request.headers.emplace_back("Accept-Encoding", "identity");
  request.headers.emplace_back("X-Prometheus-Scrape-Timeout-Seconds",
                               FormatFloatFixed(static_cast<double>(target.timeout_ms) / 1000));
  return request;
}

Status OpenScrapeResponse(Result<http::ClientResponse>& response, const ScrapeSettings& settings) {
  const auto refuse = [](const Error& error) {
    if (error.code() != ErrorCode::kTooLarge) return error;
    return Error(ErrorCode::kTooLarge, "body size limit exceeded");
  };
  if (!response) return refuse(response.error());
  if (response->status != 200) {
    return Error(ErrorCode::kUnavailable,
                 "server returned HTTP status " + DescribeStatus(response->status));
  }
  const Status decoded = http::DecodeBody(*response, MaxBodyBytes(settings));
  if (!decoded) return refuse(decoded.error());
  const uint64_t limit = settings.config.body_size_limit_bytes;
  if (limit > 0 && response->body.size() >= limit) return refuse(Error(ErrorCode::kTooLarge, ""));
  return {};
}

}  // namespace tocsin::scraper
