#include "web/api_parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "model/duration.h"
#include "model/labels.h"
#include "model/number_text.h"
#include "promql/parser.h"

namespace tocsin::web {
namespace {

// Times that no four-digit year can express, as upstream prints and accepts them.
constexpr std::string_view kMinTimeText = "-292273086-05-16T16:47:06Z";
constexpr std::string_view kMaxTimeText = "292277025-08-18T07:12:54.999999999Z";

tl::unexpected<ApiError> Invalid(std::string_view name, std::string_view reason) {
  return tl::unexpected<ApiError>(InvalidParameter(name, reason));
}

// Whole seconds and the fraction apart, the latter rounded to milliseconds: upstream's rounding.
int64_t SecondsToMs(double seconds) {
  constexpr double kLimit = 9.2e15;
  if (std::isnan(seconds)) return 0;
  if (seconds >= kLimit) return kMaxTimeMs;
  if (seconds <= -kLimit) return kMinTimeMs;
  double whole = 0;
  const double fraction = std::modf(seconds, &whole);
  return static_cast<int64_t>(whole) * 1000 + static_cast<int64_t>(std::round(fraction * 1000));
}

int64_t FloorToMs(int64_t time_ns) {
  constexpr int64_t kNsPerMs = 1'000'000;
  const int64_t quotient = time_ns / kNsPerMs;
  return time_ns % kNsPerMs < 0 ? quotient - 1 : quotient;
}

}  // namespace

Result<int64_t> ParseTimeMs(std::string_view text) {
  if (const auto seconds = ParseGoFloat(text)) return SecondsToMs(*seconds);
  if (const auto time_ns = ParseRfc3339Ns(text)) return FloorToMs(*time_ns);
  if (text == kMinTimeText) return kMinTimeMs;
  if (text == kMaxTimeText) return kMaxTimeMs;
  return Errorf(ErrorCode::kInvalidArgument, "cannot parse {} to a valid timestamp", GoQuote(text));
}

Result<int64_t> ParseDurationNs(std::string_view text) {
  if (const auto seconds = ParseGoFloat(text)) {
    const double nanoseconds = *seconds * 1e9;
    constexpr double kLimit = 9223372036854775807.0;
    if (!(std::abs(nanoseconds) < kLimit)) {
      return Errorf(ErrorCode::kInvalidArgument,
                    "cannot parse {} to a valid duration. It overflows int64", GoQuote(text));
    }
    return static_cast<int64_t>(nanoseconds);
  }
  if (const auto duration_ms = ParseDurationMs(text)) return *duration_ms * 1'000'000;
  return Errorf(ErrorCode::kInvalidArgument, "cannot parse {} to a valid duration", GoQuote(text));
}

Parameter<int64_t> RequiredTime(const http::Request& request, std::string_view name) {
  const auto time_ms = ParseTimeMs(request.Parameter(name));
  if (!time_ms) return Invalid(name, time_ms.error().message());
  return *time_ms;
}

Parameter<int64_t> OptionalTime(const http::Request& request, std::string_view name,
                                int64_t fallback_ms) {
  const std::string_view text = request.Parameter(name);
  if (text.empty()) return fallback_ms;
  const auto time_ms = ParseTimeMs(text);
  if (time_ms) return *time_ms;
  return Invalid(name,
                 fmt::format("invalid time value for '{}': {}", name, time_ms.error().message()));
}

Parameter<TimeRange> RangeParameters(const http::Request& request) {
  const auto start_ms = OptionalTime(request, "start", kMinTimeMs);
  if (!start_ms) return tl::unexpected<ApiError>(start_ms.error());
  const auto end_ms = OptionalTime(request, "end", kMaxTimeMs);
  if (!end_ms) return tl::unexpected<ApiError>(end_ms.error());
  return TimeRange{*start_ms, *end_ms};
}

Parameter<size_t> LimitParameter(const http::Request& request) {
  std::string_view text = request.Parameter("limit");
  if (text.empty()) return size_t{0};
  const std::string quoted = GoQuote(text);
  if (text.size() > 1 && text.front() == '+') text.remove_prefix(1);
  int64_t limit = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, limit);
  if (error == std::errc::result_out_of_range) {
    return Invalid("limit", fmt::format("strconv.Atoi: parsing {}: value out of range", quoted));
  }
  if (error != std::errc() || stop != end) {
    return Invalid("limit", fmt::format("strconv.Atoi: parsing {}: invalid syntax", quoted));
  }
  if (limit < 0) return Invalid("limit", "limit must be non-negative");
  return static_cast<size_t>(limit);
}

Parameter<std::vector<std::vector<Matcher>>> MatchParameters(const http::Request& request) {
  std::vector<std::vector<Matcher>> sets;
  for (const std::string_view text : request.Parameters("match[]")) {
    auto matchers = promql::ParseMetricSelector(text);
    if (!matchers) return Invalid("match[]", matchers.error().message());
    sets.push_back(std::move(*matchers));
  }
  for (const std::vector<Matcher>& matchers : sets) {
    const bool matches_everything =
        std::all_of(matchers.begin(), matchers.end(),
                    [](const Matcher& matcher) { return matcher.MatchesEmpty(); });
    if (!matches_everything) continue;
    return Invalid("match[]", "match[] must contain at least one non-empty matcher");
  }
  return sets;
}

}  // namespace tocsin::web
