#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace tocsin::web {

/// The `errorType` of an answer of the HTTP API; each has its HTTP status.
enum class ApiErrorType {
  kBadData,        ///< 400
  kExecution,      ///< 422
  kCanceled,       ///< 499
  kTimeout,        ///< 503
  kInternal,       ///< 500
  kNotFound,       ///< 404
  kNotAcceptable,  ///< 406
  kUnavailable,    ///< 500, as upstream
};

struct ApiError {
  ApiErrorType type = ApiErrorType::kInternal;
  std::string message;
};

/// What a handler of the HTTP API answers: data, or nothing (204), or an error. Value type.
struct ApiResult {
  ApiResult() = default;
  ApiResult(ApiError failure) : error(std::move(failure)) {}  // NOLINT: implicit by design

  static ApiResult Json(std::string data) {
    ApiResult result;
    result.data = std::move(data);
    return result;
  }

  std::optional<ApiError> error;
  std::optional<std::string> data;  ///< JSON.
  /// If set, gives the rest of the data after `data`, as http::Response::stream does.
  std::function<bool(std::string& piece)> more_data;
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

/// "bad_data", "execution", … and the status that goes with it.
std::string_view ApiErrorTypeName(ApiErrorType type);
int ApiErrorStatus(ApiErrorType type);

/// kBadData with `invalid parameter "name": reason`.
ApiError InvalidParameter(std::string_view name, std::string_view reason);

/// The error of a query that failed while it ran: canceled, timeout, internal (storage) or
/// execution.
ApiError QueryError(const Error& error);

/// Puts the result into its envelope: {"status":"success","data":…,"warnings":[…],"infos":[…]} or
/// {"status":"error","errorType":…,"error":…}. At most ten warnings and ten infos are shown, then a
/// line that counts the rest.
void WriteApiResult(ApiResult result, http::Response& response);

}  // namespace tocsin::web
