#include "http/response_encoding.h"

#include <memory>
#include <optional>

#include "base/compression.h"

namespace tocsin::http {
namespace {

// Below one packet compression saves nothing on the wire.
constexpr size_t kMinCompressedBytes = 1024;

using Format = StreamCompressor::Format;

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// "gzip;q=0" and its longer spellings refuse.
bool IsRefused(std::string_view parameters) {
  const size_t weight = parameters.find("q=");
  if (weight == std::string_view::npos) return false;
  return parameters.find_first_not_of("0. \t", weight + 2) == std::string_view::npos;
}

std::optional<Format> ChooseFormat(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view entry = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const size_t semicolon = std::min(entry.find(';'), entry.size());
    if (IsRefused(entry.substr(semicolon))) continue;
    const std::string_view coding = Trim(entry.substr(0, semicolon));
    if (coding == "gzip") return Format::kGzip;
    if (coding == "deflate") return Format::kZlib;
  }
  return std::nullopt;
}

void CompressBody(Format format, std::string& body) {
  std::string compressed;
  if (format == Format::kGzip) {
    GzipCompress(body, compressed);
  } else {
    StreamCompressor(format).Write(body, true, compressed);
  }
  body = std::move(compressed);
}

std::function<bool(std::string&)> CompressStream(Format format,
                                                 std::function<bool(std::string&)> stream) {
  return [source = std::move(stream), compressor = std::make_shared<StreamCompressor>(format),
          plain = std::string()](std::string& piece) mutable {
    piece.clear();
    bool has_more = true;
    while (has_more && piece.empty()) {  // The compressor may swallow several pieces first.
      plain.clear();
      has_more = source(plain);
      compressor->Write(plain, !has_more, piece);
    }
    return has_more;
  };
}

}  // namespace

void EncodeResponse(const Request& request, Response& response) {
  if (!response.stream && response.body.size() < kMinCompressedBytes) return;
  if (!FindHeader(response.headers, "Content-Encoding").empty()) return;
  const auto format = ChooseFormat(request.Header("Accept-Encoding"));
  if (!format) return;
  response.SetHeader("Content-Encoding", *format == Format::kGzip ? "gzip" : "deflate");
  response.SetHeader("Vary", "Accept-Encoding");
  if (response.stream) {
    response.stream = CompressStream(*format, std::move(response.stream));
  } else {
    CompressBody(*format, response.body);
  }
}

}  // namespace tocsin::http
