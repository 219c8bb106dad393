#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tocsin::scraper {

namespace internal {

inline uint64_t Load8(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline uint64_t Load4(const char* at) {
  uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The high and low half of a 128-bit product, folded.
inline uint64_t Mix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline constexpr uint64_t kHashKeys[] = {0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F,
                                         0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3};

}  // namespace internal

/// A 64-bit hash of a line's text: 16 bytes a multiplication (the folded 128-bit products of
/// wyhash), two lanes. Reads only [text, text + size). Not stable between versions; not for
/// adversaries: a target that forges collisions confuses its own series and no others.
inline uint64_t HashSeriesText(const char* text, size_t size) {
  using internal::kHashKeys;
  using internal::Load4;
  using internal::Load8;
  using internal::Mix;
  const uint64_t seed = kHashKeys[4] ^ size;
  if (size <= 16) {
    uint64_t a = 0;
    uint64_t b = 0;
    if (size >= 8) {
      a = Load8(text);
      b = Load8(text + size - 8);
    } else if (size >= 4) {
      a = Load4(text);
      b = Load4(text + size - 4);
    } else if (size > 0) {
      a = static_cast<uint64_t>(static_cast<unsigned char>(text[0])) << 16 |
          static_cast<uint64_t>(static_cast<unsigned char>(text[size / 2])) << 8 |
          static_cast<unsigned char>(text[size - 1]);
    }
    return Mix(Mix(a ^ kHashKeys[0], b ^ seed), kHashKeys[1] ^ seed);
  }
  uint64_t first = seed;
  uint64_t second = kHashKeys[2];
  const char* const last = text + size - 16;
  for (; text + 16 < last; text += 32) {
    first = Mix(Load8(text) ^ kHashKeys[0], Load8(text + 8) ^ first);
    second = Mix(Load8(text + 16) ^ kHashKeys[1], Load8(text + 24) ^ second);
  }
  if (text < last) first = Mix(Load8(text) ^ kHashKeys[3], Load8(text + 8) ^ first);
  second = Mix(Load8(last) ^ kHashKeys[0], Load8(last + 8) ^ second);
  return Mix(first ^ kHashKeys[1], second ^ seed);
}

}  // namespace tocsin::scraper
