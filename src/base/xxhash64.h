#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin {

/// XXH64 of `bytes` with seed 0: what Go's cespare/xxhash computes.
uint64_t XxHash64(std::string_view bytes);

}  // namespace tocsin
