#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "model/matcher.h"
#include "web/api_result.h"

namespace tocsin::web {

/// The ends of time as the API accepts and means them when a parameter is missing.
inline constexpr int64_t kMinTimeMs = INT64_MIN;
inline constexpr int64_t kMaxTimeMs = INT64_MAX;

/// A value, or why the request is bad.
template <typename T>
using Parameter = tl::expected<T, ApiError>;

/// A time: seconds with a fraction, or RFC 3339. The error is `cannot parse "x" to a valid
/// timestamp`.
Result<int64_t> ParseTimeMs(std::string_view text);

/// A duration in nanoseconds: seconds with a fraction, or "5m". The error is `cannot parse "x" to a
/// valid duration` or says that it overflows.
Result<int64_t> ParseDurationNs(std::string_view text);

/// The parameter `name` as a time; it must be there.
Parameter<int64_t> RequiredTime(const http::Request& request, std::string_view name);
/// The same, `fallback_ms` when it is missing or empty. The wording of the error differs, as
/// upstream's.
Parameter<int64_t> OptionalTime(const http::Request& request, std::string_view name,
                                int64_t fallback_ms);

/// `limit`: 0, or missing, is no limit.
Parameter<size_t> LimitParameter(const http::Request& request);

/// Every match[], each of which must have a matcher that refuses the empty string. May be none.
Parameter<std::vector<std::vector<Matcher>>> MatchParameters(const http::Request& request);

/// The range of `start` and `end`, unbounded where they are missing.
struct TimeRange {
  int64_t start_ms = kMinTimeMs;
  int64_t end_ms = kMaxTimeMs;
};
Parameter<TimeRange> RangeParameters(const http::Request& request);

}  // namespace tocsin::web

/// Evaluates `expr` (a Parameter) into `lhs`, or returns its error as an ApiResult.
#define TOCSIN_ASSIGN_PARAMETER(lhs, expr) \
  TOCSIN_ASSIGN_PARAMETER_INNER(TOCSIN_CONCAT(tocsin_parameter_, __LINE__), lhs, expr)
#define TOCSIN_ASSIGN_PARAMETER_INNER(parameter, lhs, expr) \
  auto parameter = (expr);                                  \
  if (!parameter) return std::move(parameter).error();      \
  lhs = std::move(parameter).value()
