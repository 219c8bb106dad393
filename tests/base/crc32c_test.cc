#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tocsin {
namespace {

std::string RandomBytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

/// Bit by bit, straight from the definition.
uint32_t SlowCrc(std::string_view bytes) {
  uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
  }
  return crc ^ 0xffffffffU;
}

TEST(Crc32cTest, KnownAnswersOfRfc3720) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32cTest, EveryLengthAgreesWithTheDefinition) {
  const std::string bytes = RandomBytes(1000, 1);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const std::string_view part = std::string_view(bytes).substr(0, size);
    ASSERT_EQ(Crc32c(part), SlowCrc(part)) << size;
    ASSERT_EQ(internal::Crc32cPortable(part), SlowCrc(part)) << size;
  }
}

TEST(Crc32cTest, LongStretchesAgreeAtEveryAlignment) {
  const std::string bytes = RandomBytes(80'000, 2);
  for (const size_t size : {767u, 768u, 24575u, 24576u, 24577u, 32761u, 49152u, 79'000u}) {
    for (size_t offset = 0; offset < 9; ++offset) {
      const std::string_view part = std::string_view(bytes).substr(offset, size);
      ASSERT_EQ(Crc32c(part), internal::Crc32cPortable(part)) << size << " at " << offset;
    }
  }
  EXPECT_EQ(Crc32c(bytes), SlowCrc(bytes));
}

TEST(Crc32cTest, ContinuesFromAnEarlierCrc) {
  const std::string bytes = RandomBytes(60'000, 3);
  const std::string_view all = bytes;
  for (const size_t cut : {0u, 1u, 100u, 24576u, 59'999u, 60'000u}) {
    EXPECT_EQ(Crc32c(all.substr(cut), Crc32c(all.substr(0, cut))), Crc32c(all)) << cut;
    EXPECT_EQ(internal::Crc32cPortable(all.substr(cut), Crc32c(all.substr(0, cut))), Crc32c(all));
  }
}

}  // namespace
}  // namespace tocsin
