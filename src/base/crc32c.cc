// CRC-32C, polynomial 0x1EDC6F41 reflected (0x82F63B78), initial value and final xor all ones.
//
// The crc32 instruction takes 3 cycles and one can start every cycle, so three stretches of the
// input are summed side by side and joined: the CRC of A followed by B is (CRC of A, run through as
// many zero bytes as B has) xor (CRC of B). "Run through n zeros" is linear over GF(2), thus four
// lookups in tables that are made at compile time for the two lengths of stretches used. (Intel,
// "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction"; Mark Adler's derivation.)
#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace tocsin {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;

using ByteTables = std::array<std::array<uint32_t, 256>, 8>;

/// tables[k][b]: the CRC of byte b followed by k zero bytes, for eight bytes a step.
constexpr ByteTables MakeByteTables() {
  ByteTables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr ByteTables kByteTables = MakeByteTables();

uint64_t LoadLittleEndian64(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

#if defined(__SSE4_2__)

/// A linear map on 32-bit CRCs: column i is the image of bit i.
using Matrix = std::array<uint32_t, 32>;

constexpr uint32_t Multiply(const Matrix& matrix, uint32_t vector) {
  uint32_t sum = 0;
  for (size_t i = 0; vector != 0; ++i, vector >>= 1) {
    if ((vector & 1) != 0) sum ^= matrix[i];
  }
  return sum;
}

using ShiftTables = std::array<std::array<uint32_t, 256>, 4>;

/// Tables that run a CRC through `size_bytes` (a power of two) zero bytes.
constexpr ShiftTables MakeShiftTables(size_t size_bytes) {
  Matrix power{};  // First the map of one zero bit, then squared until it is that of all of them.
  power[0] = kPolynomial;
  for (size_t i = 1; i < 32; ++i) power[i] = uint32_t{1} << (i - 1);
  for (size_t bits = 1; bits < size_bytes * 8; bits *= 2) {
    Matrix square{};
    for (size_t i = 0; i < 32; ++i) square[i] = Multiply(power, power[i]);
    power = square;
  }
  ShiftTables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    for (uint32_t k = 0; k < 4; ++k) tables[k][byte] = Multiply(power, byte << (8 * k));
  }
  return tables;
}

// A WAL page (32 KiB) holds one round of long stretches and a chunk several of short ones.
constexpr size_t kLongBytes = 8192;
constexpr size_t kShortBytes = 256;
constexpr ShiftTables kLongShift = MakeShiftTables(kLongBytes);
constexpr ShiftTables kShortShift = MakeShiftTables(kShortBytes);

uint64_t Shift(const ShiftTables& tables, uint64_t crc) {
  return tables[0][crc & 0xff] ^ tables[1][crc >> 8 & 0xff] ^ tables[2][crc >> 16 & 0xff] ^
         tables[3][crc >> 24 & 0xff];
}

/// Three stretches of kStretch bytes at `bytes`, appended to `crc`.
template <size_t kStretch>
uint64_t ThreeStretches(uint64_t crc, const char* bytes, const ShiftTables& shift) {
  uint64_t second = 0;
  uint64_t third = 0;
  for (size_t i = 0; i < kStretch; i += 8) {
    crc = _mm_crc32_u64(crc, LoadLittleEndian64(bytes + i));
    second = _mm_crc32_u64(second, LoadLittleEndian64(bytes + kStretch + i));
    third = _mm_crc32_u64(third, LoadLittleEndian64(bytes + 2 * kStretch + i));
  }
  return Shift(shift, Shift(shift, crc) ^ second) ^ third;
}

uint32_t Crc32cByInstruction(std::string_view bytes, uint32_t start) {
  uint64_t crc = start ^ 0xffffffffU;
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 3 * kLongBytes; p += 3 * kLongBytes, left -= 3 * kLongBytes) {
    crc = ThreeStretches<kLongBytes>(crc, p, kLongShift);
  }
  for (; left >= 3 * kShortBytes; p += 3 * kShortBytes, left -= 3 * kShortBytes) {
    crc = ThreeStretches<kShortBytes>(crc, p, kShortShift);
  }
  for (; left >= 8; p += 8, left -= 8) crc = _mm_crc32_u64(crc, LoadLittleEndian64(p));
  auto narrow = static_cast<uint32_t>(crc);
  for (; left > 0; ++p, --left) narrow = _mm_crc32_u8(narrow, static_cast<uint8_t>(*p));
  return narrow ^ 0xffffffffU;
}

#endif

}  // namespace

uint32_t internal::Crc32cPortable(std::string_view bytes, uint32_t start) {
  uint32_t crc = start ^ 0xffffffffU;
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    const uint64_t word = LoadLittleEndian64(p) ^ crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) crc ^= kByteTables[7 - i][word >> (8 * i) & 0xff];
  }
  for (; left > 0; ++p, --left) {
    crc = (crc >> 8) ^ kByteTables[0][(crc ^ static_cast<uint8_t>(*p)) & 0xff];
  }
  return crc ^ 0xffffffffU;
}

uint32_t Crc32c(std::string_view bytes, uint32_t crc) {
#if defined(__SSE4_2__)
  return Crc32cByInstruction(bytes, crc);
#else
  return internal::Crc32cPortable(bytes, crc);
#endif
}

}  // namespace tocsin
