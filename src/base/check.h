#pragma once

namespace tocsin::internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line, const char* why);
}  // namespace tocsin::internal

/// Aborts with file, line and `why` when an invariant of our own is broken. Never for user input.
#define CHECK(condition, why)                                               \
  do {                                                                      \
    if (!(condition)) [[unlikely]]                                          \
      ::tocsin::internal::CheckFailed(#condition, __FILE__, __LINE__, why); \
  } while (false)
