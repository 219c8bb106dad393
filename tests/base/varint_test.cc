#include "base/varint.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace tocsin {
namespace {

TEST(VarintTest, RoundTrips) {
  for (const int64_t value :
       {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{63}, int64_t{-64}, int64_t{300},
        std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    std::string bytes;
    PutVarint(bytes, value);
    PutUvarint(bytes, static_cast<uint64_t>(value));
    PutBE32(bytes, static_cast<uint32_t>(value));
    PutBE64(bytes, static_cast<uint64_t>(value));
    ByteReader reader(bytes);
    EXPECT_EQ(reader.ReadVarint(), value);
    EXPECT_EQ(reader.ReadUvarint(), static_cast<uint64_t>(value));
    EXPECT_EQ(reader.ReadBE32(), static_cast<uint32_t>(value));
    EXPECT_EQ(reader.ReadBE64(), static_cast<uint64_t>(value));
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(reader.remaining(), 0u);
  }
}

TEST(VarintTest, MatchesGoEncoding) {
  std::string bytes;
  PutUvarint(bytes, 300);
  PutVarint(bytes, -2);
  EXPECT_EQ(bytes, std::string("\xAC\x02\x03", 3));
}

TEST(ByteReaderTest, FailsPastTheEndAndStaysFailed) {
  ByteReader reader("\x80");
  EXPECT_EQ(reader.ReadUvarint(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.ReadByte(), 0);
  EXPECT_TRUE(reader.ReadBytes(1).empty());
}

TEST(ByteReaderTest, RefusesVarintsOver64Bits) {
  ByteReader reader("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02");
  reader.ReadUvarint();
  EXPECT_TRUE(reader.failed());
}

}  // namespace
}  // namespace tocsin
