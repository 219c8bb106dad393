#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace tocsin {

/// What kind of failure a caller has to tell apart. Few and stable; the message carries the rest.
enum class ErrorCode {
  kInvalidArgument,
  kNotFound,
  kAlreadyExists,  ///< Also: a duplicate sample for a timestamp.
  kOutOfOrder,
  kOutOfBounds,
  kTooLarge,  ///< A limit of ours was exceeded (bytes, samples, series).
  kTimeout,
  kCanceled,
  kUnavailable,  ///< A peer or a resource (disk, network) refuses now and may not later.
  kCorruption,
  kUnimplemented,  ///< This object cannot do that; another of its kind may.
  kInternal,
};

/// Lower-case name of `code`, for logs: "not found", "out of order".
std::string_view ErrorCodeName(ErrorCode code);

/// A failure: its kind and one clear sentence without a trailing period. Immutable value.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// The same error with "`context`: " before its message.
  Error WithContext(std::string_view context) const {
    return Error(code_, fmt::format("{}: {}", context, message_));
  }

 private:
  ErrorCode code_;
  std::string message_;
};

/// Builds an Error from a format string: `return Errorf(ErrorCode::kNotFound, "no target {}",
/// name);`
template <typename... Args>
Error Errorf(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Error(code, fmt::format(format, std::forward<Args>(args)...));
}

/// A value, or the reason there is none. Constructs from a T or from an Error.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}  // NOLINT: implicit by design
  bool ok() const { return this->has_value(); }
};

/// Success, or the reason of failure. `return {};` is success.
using Status = Result<void>;

}  // namespace tocsin

#define TOCSIN_CONCAT_INNER(a, b) a##b
#define TOCSIN_CONCAT(a, b) TOCSIN_CONCAT_INNER(a, b)

/// Returns the error of `expr` (a Status or Result) from the enclosing function, if it has one.
#define TOCSIN_RETURN_IF_ERROR(expr)                                               \
  do {                                                                             \
    if (auto tocsin_status = (expr); !tocsin_status) return tocsin_status.error(); \
  } while (false)

/// Evaluates `expr` (a Result) into `lhs`, or returns its error from the enclosing function.
#define TOCSIN_ASSIGN_OR_RETURN(lhs, expr) \
  TOCSIN_ASSIGN_OR_RETURN_INNER(TOCSIN_CONCAT(tocsin_result_, __LINE__), lhs, expr)
#define TOCSIN_ASSIGN_OR_RETURN_INNER(result, lhs, expr) \
  auto result = (expr);                                  \
  if (!result) return std::move(result).error();         \
  lhs = std::move(result).value()
