#include "base/compression.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

namespace tocsin {
namespace {

struct Format {
  std::string name;
  std::function<void(std::string_view, std::string&)> compress;
  std::function<Status(std::string_view, size_t, std::string&)> decompress;
};

class CompressionTest : public testing::TestWithParam<Format> {};

INSTANTIATE_TEST_SUITE_P(All, CompressionTest,
                         testing::Values(Format{"Snappy", SnappyCompress, SnappyDecompress},
                                         Format{"Zstd", ZstdCompress, ZstdDecompress},
                                         Format{"Gzip", GzipCompress, GzipDecompress}),
                         [](const auto& format) { return format.param.name; });

std::string SomeText(size_t size) {
  std::mt19937_64 random(42);
  std::string text;
  while (text.size() < size) {
    text += "node_cpu_seconds_total{cpu=\"" + std::to_string(random() % 64) + "\"} " +
            std::to_string(random() % 100'000) + "\n";
  }
  text.resize(size);
  return text;
}

constexpr size_t kLimit = 10'000'000;

TEST_P(CompressionTest, RoundTripsEverySize) {
  std::string compressed = "left over from before";
  std::string restored = "left over from before";
  for (const size_t size : {0u, 1u, 2u, 63u, 64u, 255u, 4096u, 65'536u, 1'000'000u}) {
    const std::string text = SomeText(size);
    GetParam().compress(text, compressed);
    const Status status = GetParam().decompress(compressed, kLimit, restored);
    ASSERT_TRUE(status) << size << ": " << status.error().message();
    EXPECT_EQ(restored, text) << size;
  }
}

TEST_P(CompressionTest, OutputAtTheLimitIsFineAndAboveItIsTooLarge) {
  for (const size_t size : {10u, 5'000u, 200'000u}) {
    const std::string text(size, 'x');
    std::string compressed;
    GetParam().compress(text, compressed);
    std::string out;
    EXPECT_TRUE(GetParam().decompress(compressed, size, out));
    EXPECT_EQ(out, text);
    const Status refused = GetParam().decompress(compressed, size - 1, out);
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code(), ErrorCode::kTooLarge);
  }
}

TEST_P(CompressionTest, TruncatedInputIsCorruption) {
  const std::string text = SomeText(2'000);
  std::string compressed;
  GetParam().compress(text, compressed);
  std::string out;
  for (size_t size = 0; size < compressed.size(); ++size) {
    const Status status =
        GetParam().decompress(std::string_view(compressed).substr(0, size), kLimit, out);
    ASSERT_FALSE(status) << size;
    EXPECT_EQ(status.error().code(), ErrorCode::kCorruption) << size;
  }
}

TEST_P(CompressionTest, FlippedBitsNeverCrashOrExceedTheLimit) {
  const std::string text = SomeText(2'000);
  std::string compressed;
  GetParam().compress(text, compressed);
  std::mt19937_64 random(7);
  std::string out;
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = compressed;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    const Status status = GetParam().decompress(damaged, 100'000, out);
    EXPECT_LE(out.size(), 100'000u);
    if (!status) {
      EXPECT_NE(status.error().code(), ErrorCode::kInternal);
    }
  }
}

TEST(SnappyTest, HeaderThatPromisesTooMuchAllocatesNothing) {
  const std::string lie =
      "\xff\xff\xff\xff\x03"
      "abc";
  std::string out;
  const Status status = SnappyDecompress(lie, size_t{1} << 31, out);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCorruption);
  EXPECT_LT(out.capacity(), 1'000u);
}

TEST(GzipTest, SeveralMembersAreOneText) {
  std::string first, second, out;
  GzipCompress("hello ", first);
  GzipCompress("world", second);
  ASSERT_TRUE(GzipDecompress(first + second, 100, out));
  EXPECT_EQ(out, "hello world");
}

TEST(ZstdTest, SeveralFramesAreOneText) {
  std::string first, second, out;
  ZstdCompress("hello ", first);
  ZstdCompress("world", second);
  ASSERT_TRUE(ZstdDecompress(first + second, 100, out));
  EXPECT_EQ(out, "hello world");
}

TEST(StreamCompressorTest, PiecesMakeOneGzipMember) {
  const std::string text = SomeText(500'000);
  StreamCompressor compressor(StreamCompressor::Format::kGzip);
  std::string compressed;
  for (size_t at = 0; at < text.size(); at += 7'000) {
    compressor.Write(std::string_view(text).substr(at, 7'000), /*finish=*/false, compressed);
  }
  compressor.Write("", /*finish=*/true, compressed);
  std::string out;
  ASSERT_TRUE(GzipDecompress(compressed, kLimit, out));
  EXPECT_EQ(out, text);
  EXPECT_LT(compressed.size(), text.size() / 3);
}

TEST(StreamCompressorTest, EmptyStreamIsAValidMember) {
  StreamCompressor compressor(StreamCompressor::Format::kGzip);
  std::string compressed;
  compressor.Write("", /*finish=*/true, compressed);
  std::string out = "x";
  ASSERT_TRUE(GzipDecompress(compressed, kLimit, out));
  EXPECT_EQ(out, "");
}

TEST(StreamCompressorTest, ZlibStreamHasItsHeader) {
  StreamCompressor compressor(StreamCompressor::Format::kZlib);
  std::string compressed;
  compressor.Write("text", /*finish=*/true, compressed);
  ASSERT_GE(compressed.size(), 2u);
  const int header =
      static_cast<uint8_t>(compressed[0]) * 256 + static_cast<uint8_t>(compressed[1]);
  EXPECT_EQ(header % 31, 0);  // RFC 1950 §2.2.
  EXPECT_EQ(compressed[0] & 0x0f, 8);
}

}  // namespace
}  // namespace tocsin
