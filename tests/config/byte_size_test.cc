#include "config/byte_size.h"

#include <gtest/gtest.h>

namespace tocsin::config {
namespace {

TEST(ByteSizeTest, UnitsArePowersOf1024) {
  const std::pair<const char*, uint64_t> cases[] = {{"0", 0},
                                                    {"1B", 1},
                                                    {"1KB", 1024},
                                                    {"1KiB", 1024},
                                                    {"15MB", 15 << 20},
                                                    {"1.5GiB", 1610612736},
                                                    {"1GB512MB", 1610612736}};
  for (const auto& [text, bytes] : cases) {
    const auto parsed = ParseByteSize(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, bytes) << text;
  }
}

TEST(ByteSizeTest, BadTextIsRefused) {
  for (const char* text : {"", "100", "MB", "1XB", "-1GB", "1.2.3MB", "99999999EB", "1 MB"})
    EXPECT_FALSE(ParseByteSize(text).ok()) << text;
}

TEST(ByteSizeTest, FormatsInParts) {
  EXPECT_EQ(FormatByteSize(15 << 20), "15MiB");
  EXPECT_EQ(FormatByteSize(1610612736), "1GiB512MiB");
  EXPECT_EQ(FormatByteSize(1025), "1KiB1B");
  EXPECT_EQ(FormatByteSize(0), "0B");
}

}  // namespace
}  // namespace tocsin::config
