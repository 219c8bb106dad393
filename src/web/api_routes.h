#pragma once

#include <functional>
#include <string_view>

#include "http/router.h"
#include "model/regex.h"
#include "web/api_result.h"

namespace tocsin::web {

/// What all endpoints of the API have in common.
struct ApiRoutesOptions {
  Regex cors_origin;  ///< Pages from matching origins may use the API; "" matches none.
  std::function<bool()> is_ready;  ///< Before it is true requests get a plain 503; null: always.
  std::function<bool()> is_stopping = {};  ///< Whether that 503 means that it will not be again.
};

/// Registers handlers below /api/v1, wrapped in what they have in common: the envelope, the headers
/// of cross-origin requests, and the gate that is closed until storage is ready. Keeps a reference
/// to the router; needed only while routes are being built.
class ApiRoutes {
 public:
  using Handler = std::function<ApiResult(http::Request&)>;

  /// Registers OPTIONS for every path too.
  ApiRoutes(http::Router& router, ApiRoutesOptions options);

  /// `path` as in "/query"; `methods` as in "GET,POST".
  void Handle(std::string_view methods, std::string_view path, Handler handler);
  /// The same, but open before storage is ready (status/walreplay).
  void HandleAlways(std::string_view methods, std::string_view path, Handler handler);
  /// For answers in a format of their own: behind the gate, but without the envelope.
  void HandleRaw(std::string_view methods, std::string_view path, http::Handler handler);

 private:
  void Register(std::string_view methods, std::string_view path, Handler handler, bool is_gated);

  http::Router& router_;
  const ApiRoutesOptions options_;
};

}  // namespace tocsin::web
