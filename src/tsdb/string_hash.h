#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tocsin::tsdb {

/// One round of multiply-and-fold mixing.
inline uint64_t MixHash(uint64_t a, uint64_t b) {
  const auto product =
      static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xe7037ed1a0b428dbu);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// A hash for tables in memory; never stored on disk.
inline uint64_t HashString(std::string_view text, uint64_t seed = 0) {
  uint64_t hash = MixHash(seed, text.size());
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    hash = MixHash(hash, word);
  }
  if (left > 0) {
    uint64_t word = 0;
    std::memcpy(&word, at, left);
    hash = MixHash(hash, word);
  }
  return hash;
}

}  // namespace tocsin::tsdb
