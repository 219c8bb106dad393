#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tocsin::internal {

void CheckFailed(const char* condition, const char* file, int line, const char* why) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace tocsin::internal
