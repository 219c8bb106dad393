#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel.h"

namespace tocsin::http {

/// Header fields or parameters in order of arrival; header names compare without case.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// The first header named `name` (any case), or "".
std::string_view FindHeader(const Fields& headers, std::string_view name);

/// A request as a handler sees it. Confined to the handler's call.
struct Request {
  std::string method;
  std::string path;      ///< Decoded, without query; the route prefix is stripped.
  std::string raw_path;  ///< As sent, without query.
  std::string raw_query;
  Fields headers;
  std::string body;
  /// Of the URL and, for application/x-www-form-urlencoded, of the body (body first, as Go's
  /// FormValue).
  Fields parameters;
  /// "", or why some pair of a query or form was skipped (Go's ParseForm error).
  std::string parameter_error;
  Fields path_parameters;  ///< What `{name}` in the route matched.
  std::string route;       ///< The pattern that matched, "" before and when none did.
  std::string remote_address;
  /// Canceled when the client goes away or the server stops.
  CancelToken* cancel = nullptr;

  bool HasParameter(std::string_view name) const;
  /// The first value, or "".
  std::string_view Parameter(std::string_view name) const;
  std::vector<std::string_view> Parameters(std::string_view name) const;
  std::string_view PathParameter(std::string_view name) const;
  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
};

/// A response that the handler fills. Either `body` or `stream` is used.
struct Response {
  int status = 200;
  Fields headers;
  std::string body;
  /// If set, called repeatedly for the next piece of the body until it returns false; each call
  /// replaces `piece`. Sent chunked; compressed like `body` when the client accepts it.
  std::function<bool(std::string& piece)> stream;

  void SetHeader(std::string_view name, std::string_view value);
  void SetText(int new_status, std::string text);
  void SetJson(int new_status, std::string json);
};

}  // namespace tocsin::http
