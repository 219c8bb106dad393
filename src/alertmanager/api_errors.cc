#include "alertmanager/api_errors.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "base/json_writer.h"
#include "model/labels.h"

namespace tocsin::alertmanager {

namespace {

constexpr int kFirstFrameworkCode = 600;
constexpr int kInvalidTypeCode = 601;
constexpr int kRequiredCode = 602;

std::string_view MediaType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

}  // namespace

void SendRefusal(const ApiRefusal& refusal, http::Response& response) {
  std::string json;
  JsonWriter writer(json);
  writer.BeginObject();
  writer.KeyInt("code", refusal.code);
  writer.KeyString("message", refusal.message);
  writer.EndObject();
  response.SetJson(refusal.code >= kFirstFrameworkCode ? 422 : refusal.code, std::move(json));
}

void SendErrorText(int status, std::string_view text, http::Response& response) {
  std::string json;
  AppendJsonString(json, text, JsonWriter::Escape::kPlain);
  json.push_back('\n');
  response.SetJson(status, std::move(json));
}

void SendJson(std::string json, http::Response& response) {
  json.push_back('\n');
  response.SetJson(200, std::move(json));
}

ApiRefusal MissingField(std::string_view path, std::string_view where) {
  return {kRequiredCode, fmt::format("{} in {} is required", path, where)};
}

ApiRefusal WrongType(std::string_view path, std::string_view where, std::string_view type,
                     std::string_view value) {
  return {kInvalidTypeCode,
          fmt::format("{} in {} must be of type {}: {}", path, where, type, GoQuote(value))};
}

ApiRefusal UnreadableBody(std::string_view name, std::string_view why) {
  return {400, fmt::format("parsing {} body from \"\" failed, because {}", name, why)};
}

bool ReadJsonBody(const http::Request& request, std::string_view name, JsonValue& body,
                  http::Response& response) {
  const std::string_view content_type = request.Header("Content-Type");
  const std::string_view media_type =
      content_type.empty() ? "application/octet-stream" : MediaType(content_type);
  if (media_type != "application/json") {
    SendRefusal({415, fmt::format("unsupported media type {}, only [application/json] are allowed",
                                  GoQuote(media_type))},
                response);
    return false;
  }
  if (request.body.empty()) {
    SendRefusal(MissingField(name), response);
    return false;
  }
  auto parsed = ParseJson(request.body);
  if (!parsed) {
    SendRefusal(UnreadableBody(name, parsed.error().message()), response);
    return false;
  }
  if (parsed->is_null()) {
    SendRefusal(MissingField(name), response);
    return false;
  }
  body = *std::move(parsed);
  return true;
}

bool ReadBool(const http::Request& request, std::string_view name, bool fallback) {
  std::string text(request.Parameter(name));
  if (text.empty()) return fallback;
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  constexpr std::string_view kTrueWords[] = {"true", "1",        "yes",     "ok", "y",
                                             "on",   "selected", "checked", "t",  "enabled"};
  return std::find(std::begin(kTrueWords), std::end(kTrueWords), text) != std::end(kTrueWords);
}

}  // namespace tocsin::alertmanager
