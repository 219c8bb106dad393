#include "base/result.h"

namespace tocsin {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kAlreadyExists:
      return "already exists";
    case ErrorCode::kOutOfOrder:
      return "out of order";
    case ErrorCode::kOutOfBounds:
      return "out of bounds";
    case ErrorCode::kTooLarge:
      return "too large";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kCanceled:
      return "canceled";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kCorruption:
      return "corruption";
    case ErrorCode::kUnimplemented:
      return "unimplemented";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

}  // namespace tocsin
