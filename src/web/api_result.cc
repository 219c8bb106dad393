#include "web/api_result.h"

#include <fmt/core.h>

#include <memory>

#include "base/json_writer.h"
#include "model/labels.h"

namespace tocsin::web {
namespace {

constexpr size_t kMaxAnnotations = 10;  // As upstream: the page of a query shows no more.

void AppendAnnotations(std::string& out, std::string_view key, std::string_view kind,
                       const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.append(",\"").append(key).append("\":");
  JsonWriter json(out);
  json.BeginArray();
  for (size_t i = 0; i < std::min(texts.size(), kMaxAnnotations); ++i) json.String(texts[i]);
  if (texts.size() > kMaxAnnotations) {
    json.String(
        fmt::format("{} more {} annotations omitted", texts.size() - kMaxAnnotations, kind));
  }
  json.EndArray();
}

void WriteError(const ApiError& error, http::Response& response) {
  std::string body;
  JsonWriter json(body);
  json.BeginObject();
  json.KeyString("status", "error");
  json.KeyString("errorType", ApiErrorTypeName(error.type));
  json.KeyString("error", error.message);
  json.EndObject();
  response.SetJson(ApiErrorStatus(error.type), std::move(body));
}

std::string EnvelopeEnd(const ApiResult& result) {
  std::string end;
  AppendAnnotations(end, "warnings", "warning", result.warnings);
  AppendAnnotations(end, "infos", "info", result.infos);
  end.push_back('}');
  return end;
}

// Sends what is there already, then what `more` gives, then the end of the envelope.
std::function<bool(std::string&)> MakeStream(std::string start,
                                             std::function<bool(std::string&)> more,
                                             std::string end) {
  struct State {
    std::string start;
    std::function<bool(std::string&)> more;
    std::string end;
  };
  auto state = std::make_shared<State>(State{std::move(start), std::move(more), std::move(end)});
  return [state](std::string& piece) {
    piece.clear();
    if (!state->start.empty()) {
      piece.swap(state->start);
      return true;
    }
    if (!state->more) return false;
    if (!state->more(piece)) {
      piece.append(state->end);
      state->more = nullptr;
    }
    return true;
  };
}

}  // namespace

std::string_view ApiErrorTypeName(ApiErrorType type) {
  switch (type) {
    case ApiErrorType::kBadData:
      return "bad_data";
    case ApiErrorType::kExecution:
      return "execution";
    case ApiErrorType::kCanceled:
      return "canceled";
    case ApiErrorType::kTimeout:
      return "timeout";
    case ApiErrorType::kInternal:
      return "internal";
    case ApiErrorType::kNotFound:
      return "not_found";
    case ApiErrorType::kNotAcceptable:
      return "not_acceptable";
    case ApiErrorType::kUnavailable:
      return "unavailable";
  }
  return "internal";
}

int ApiErrorStatus(ApiErrorType type) {
  switch (type) {
    case ApiErrorType::kBadData:
      return 400;
    case ApiErrorType::kExecution:
      return 422;
    case ApiErrorType::kCanceled:
      return 499;
    case ApiErrorType::kTimeout:
      return 503;
    case ApiErrorType::kNotFound:
      return 404;
    case ApiErrorType::kNotAcceptable:
      return 406;
    case ApiErrorType::kInternal:
    case ApiErrorType::kUnavailable:
      return 500;
  }
  return 500;
}

ApiError InvalidParameter(std::string_view name, std::string_view reason) {
  return {ApiErrorType::kBadData, fmt::format("invalid parameter {}: {}", GoQuote(name), reason)};
}

ApiError QueryError(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCanceled:
      return {ApiErrorType::kCanceled, error.message()};
    case ErrorCode::kTimeout:
      return {ApiErrorType::kTimeout, error.message()};
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kTooLarge:
      return {ApiErrorType::kExecution, error.message()};
    default:
      return {ApiErrorType::kInternal, error.message()};
  }
}

void WriteApiResult(ApiResult result, http::Response& response) {
  if (result.error) return WriteError(*result.error, response);
  if (!result.data && !result.more_data) {
    response.status = 204;
    return;
  }
  std::string body = "{\"status\":\"success\",\"data\":";
  if (result.data) body.append(*result.data);
  std::string end = EnvelopeEnd(result);
  if (!result.more_data) return response.SetJson(200, std::move(body.append(end)));
  response.SetJson(200, {});
  response.stream = MakeStream(std::move(body), std::move(result.more_data), std::move(end));
}

}  // namespace tocsin::web
