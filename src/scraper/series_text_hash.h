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

// The first four go to a lane's first word, the others to its second: were they the same, the two
// words could change places unnoticed.
inline constexpr uint64_t kHashKeys[] = {0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F,
                                         0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3,
                                         0x1D8E4E27C47D124F, 0xEB44ACCAB455D165};

// Up to 16 bytes, each counting at least once.
inline uint64_t HashShort(const char* text, size_t size, uint64_t seed) {
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

}  // namespace internal

/// A 64-bit hash of a line's text: 16 bytes a multiplication, the folded 128-bit products of
/// wyhash, in four independent lanes. The last block overlaps the one before it, so that only the
/// number of 64-byte blocks decides how the branches go: lines of a page differ in length, and a
/// branch predicted wrongly costs as much as hashing 100 bytes. Reads only [text, text + size). Not
/// stable between versions; not for adversaries: a target that forges collisions confuses its own
/// series and no others.
inline uint64_t HashSeriesText(const char* text, size_t size) {
  using internal::kHashKeys;
  using internal::Load8;
  using internal::Mix;
  if (size <= 16) return internal::HashShort(text, size, kHashKeys[4] ^ size);
  const auto mix = [](const char* at, uint64_t key, uint64_t lane) {
    return Mix(Load8(at) ^ key, Load8(at + 8) ^ lane);
  };
  uint64_t a = kHashKeys[4];
  uint64_t b = kHashKeys[5];
  uint64_t c = kHashKeys[6];
  uint64_t d = kHashKeys[7];
  const auto mix_block = [&](const char* at, const char* second, const char* third,
                             const char* fourth) {
    a = mix(at, kHashKeys[0], a);
    b = mix(second, kHashKeys[1], b);
    c = mix(third, kHashKeys[2], c);
    d = mix(fourth, kHashKeys[3], d);
  };
  const char* const last = text + size - 16;
  if (size <= 64) {
    const bool is_long = size >= 32;
    mix_block(text, is_long ? text + 16 : last, is_long ? last - 16 : text, last);
  } else {
    for (const char* at = text; at < last - 48; at += 64) mix_block(at, at + 16, at + 32, at + 48);
    mix_block(last - 48, last - 32, last - 16, last);
  }
  return Mix(a ^ b ^ size, c ^ d ^ kHashKeys[4]);
}

}  // namespace tocsin::scraper
