#include "remote/write_protocol.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tocsin::remote {
namespace {

constexpr std::string_view kMediaType = "application/x-protobuf";
constexpr std::string_view kNames[] = {"prometheus.WriteRequest", "io.prometheus.write.v2.Request"};

std::string_view TrimSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t end; (end = text.find(separator)) != std::string_view::npos;) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::string NamesOf(std::span<const WriteProtocol> protocols) {
  std::string names;
  for (const WriteProtocol protocol : protocols) {
    if (!names.empty()) names += ", ";
    names += WriteMessageName(protocol);
  }
  return names;
}

}  // namespace

std::string_view WriteMessageName(WriteProtocol protocol) {
  return kNames[static_cast<size_t>(protocol)];
}

Result<WriteProtocol> ParseWriteMessageName(std::string_view name) {
  if (name == kNames[0]) return WriteProtocol::kV1;
  if (name == kNames[1]) return WriteProtocol::kV2;
  return Errorf(ErrorCode::kInvalidArgument,
                "unknown type for remote write protobuf message {}, supported: {}, {}", name,
                kNames[0], kNames[1]);
}

Result<WriteProtocol> ParseWriteContentType(std::string_view content_type) {
  content_type = TrimSpace(content_type);
  if (content_type.empty()) return WriteProtocol::kV1;
  const std::vector<std::string_view> parts = Split(content_type, ';');
  if (parts[0] != kMediaType) {
    return Errorf(ErrorCode::kInvalidArgument,
                  "expected {} as the first (media) part, got {} content-type", kMediaType,
                  content_type);
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::vector<std::string_view> pair = Split(parts[i], '=');
    if (pair.size() != 2) {
      return Errorf(ErrorCode::kInvalidArgument,
                    "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters "
                    "to be key-values, got {} in {} content-type",
                    parts[i], content_type);
    }
    if (pair[0] != "proto") continue;
    auto protocol = ParseWriteMessageName(pair[1]);
    if (protocol) return protocol;
    return Errorf(ErrorCode::kInvalidArgument, "got {} content type; {}", content_type,
                  protocol.error().message());
  }
  return WriteProtocol::kV1;
}

Status CheckAccepted(WriteProtocol protocol, std::span<const WriteProtocol> accepted) {
  if (std::ranges::find(accepted, protocol) != accepted.end()) return {};
  return Errorf(ErrorCode::kInvalidArgument,
                "{} protobuf message is not accepted by this server; only accepts {}",
                WriteMessageName(protocol), NamesOf(accepted));
}

Status CheckContentEncoding(std::string_view content_encoding) {
  if (content_encoding.empty() || content_encoding == "snappy") return {};
  return Errorf(ErrorCode::kInvalidArgument,
                "{} encoding (compression) is not accepted by this server; only snappy is "
                "acceptable",
                content_encoding);
}

}  // namespace tocsin::remote
