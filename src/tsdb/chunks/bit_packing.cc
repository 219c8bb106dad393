#include "tsdb/chunks/bit_packing.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace tocsin::tsdb {
namespace {

static_assert(std::endian::native == std::endian::little, "loads below are little endian");

constexpr size_t kGroup = 8;  // Numbers whose bits end on a whole byte at any width.

/// Unpacks whole groups. Reads eight bytes past the last group's first seven.
template <uint32_t kWidth>
void UnpackGroups(const char* in, size_t groups, uint64_t* out) {
  constexpr uint64_t kMask = (uint64_t{1} << kWidth) - 1;
  for (; groups > 0; --groups, in += kWidth, out += kGroup) {
    // Offsets and shifts are constants once unrolled.
#pragma GCC unroll 8
    for (uint32_t i = 0; i < kGroup; ++i) {
      uint64_t word;
      std::memcpy(&word, in + i * kWidth / 8, sizeof(word));
      out[i] = word >> (i * kWidth % 8) & kMask;
    }
  }
}

using UnpackFunction = void (*)(const char*, size_t, uint64_t*);

template <uint32_t... kWidths>
constexpr auto MakeTable(std::integer_sequence<uint32_t, kWidths...>) {
  return std::array<UnpackFunction, sizeof...(kWidths)>{&UnpackGroups<kWidths>...};
}
constexpr auto kUnpackers = MakeTable(std::make_integer_sequence<uint32_t, kMaxPackedWidth + 1>());

}  // namespace

void PackBits(const uint64_t* values, size_t count, uint32_t width, std::string& out) {
  const size_t begin = out.size();
  const size_t size = PackedBytes(count, width);
  out.resize(begin + size + sizeof(uint64_t));  // Room for the last word; cut off below.
  char* const bytes = out.data() + begin;
  for (size_t i = 0; i < count; ++i) {
    const size_t bit = i * width;
    uint64_t word;
    std::memcpy(&word, bytes + bit / 8, sizeof(word));
    word |= values[i] << (bit % 8);
    std::memcpy(bytes + bit / 8, &word, sizeof(word));
  }
  out.resize(begin + size);
}

void UnpackBits(std::string_view packed, size_t count, uint32_t width, uint64_t* out) {
  const size_t groups = (count + kGroup - 1) / kGroup;
  const size_t read_bytes = groups * width + sizeof(uint64_t);
  if (read_bytes <= packed.size()) return kUnpackers[width](packed.data(), groups, out);
  // Near the end of the chunk: from a copy with zeros behind it.
  char copy[kUnpackBlock / 8 * kMaxPackedWidth + sizeof(uint64_t)];
  const size_t size = PackedBytes(count, width);
  std::memcpy(copy, packed.data(), size);
  std::memset(copy + size, 0, read_bytes - size);
  kUnpackers[width](copy, groups, out);
}

}  // namespace tocsin::tsdb
