#pragma once

#include <string>
#include <string_view>

#include "base/json_value.h"
#include "base/result.h"
#include "http/message.h"

namespace tocsin::alertmanager {

// The framework's refusals (go-openapi): `{"code":N,"message":"..."}`. Codes from 600 on are its
// own and travel with status 422. A handler's own errors are a bare JSON string instead.

/// A refusal by the framework, on its way to the client.
struct ApiRefusal {
  int code = 400;
  std::string message;
};

void SendRefusal(const ApiRefusal& refusal, http::Response& response);
/// `text` as a JSON string and a newline.
void SendErrorText(int status, std::string_view text, http::Response& response);
/// `json` and a newline.
void SendJson(std::string json, http::Response& response);

// The framework's texts.
ApiRefusal MissingField(std::string_view path, std::string_view where = "body");
ApiRefusal WrongType(std::string_view path, std::string_view where, std::string_view type,
                     std::string_view value);
ApiRefusal UnreadableBody(std::string_view name, std::string_view why);

/// Reads the body as JSON; on failure answers and returns false. `name` is the parameter's in the
/// specification: "alerts", "silence".
bool ReadJsonBody(const http::Request& request, std::string_view name, JsonValue& body,
                  http::Response& response);

/// The boolean query parameter, or `fallback` when it is absent. What is no word for yes is a no.
bool ReadBool(const http::Request& request, std::string_view name, bool fallback);

}  // namespace tocsin::alertmanager
