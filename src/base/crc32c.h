#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin {

/// CRC-32C (Castagnoli) of `bytes`, continuing from `crc` (0 to begin), as the WAL and blocks use
/// it.
uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);

namespace internal {
/// The same without special instructions: what other processors run.
uint32_t Crc32cPortable(std::string_view bytes, uint32_t crc = 0);
}  // namespace internal

}  // namespace tocsin
