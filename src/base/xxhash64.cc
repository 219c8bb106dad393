#include "base/xxhash64.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tocsin {

uint64_t XxHash64(std::string_view bytes) { return XXH64(bytes.data(), bytes.size(), 0); }

}  // namespace tocsin
