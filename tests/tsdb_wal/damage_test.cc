// What a reader makes of damaged segments: it never crashes, names what it passes over, and loses
// no record whose own bytes are whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "tsdb_wal/log_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kSegment[] = "/wal/00000000";

/// Five records: three in the first page, one across the first three pages, one after it.
std::vector<std::string> FiveRecords() {
  return {std::string(100, 'a'), std::string(200, 'b'), std::string(300, 'c'),
          std::string(70'000, 'd'), std::string(400, 'e')};
}
// Where they begin: each costs its size and a header of 7 bytes.
constexpr size_t kSecond = 107;
constexpr size_t kThird = kSecond + 207;
constexpr size_t kFourth = kThird + 307;

struct Case {
  std::string name;
  std::function<void(std::string& bytes)> damage;
  std::string survivors;  // First letters of the records that are still read.
  std::string reason;     // Part of the first reported reason; empty: a torn end.
};

class DamageTest : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(
    Table, DamageTest,
    testing::Values(
        Case{"BadLengthShort", [](std::string& b) { b[kSecond + 2] = 1; }, "acde", "checksum"},
        Case{"BadLengthBeyondThePage", [](std::string& b) { b[kSecond + 1] = '\xff'; }, "acde",
             "crosses the end of its page"},
        Case{"BadChecksum", [](std::string& b) { b[kSecond + 3] ^= 1; }, "acde", "checksum"},
        Case{"BitFlipInAPayload", [](std::string& b) { b[kSecond + 50] ^= 4; }, "acde", "checksum"},
        Case{"UnknownType", [](std::string& b) { b[kSecond] = 7; }, "acde",
             "unknown fragment type"},
        Case{"UnknownFlag", [](std::string& b) { b[kSecond] = '\x81'; }, "acde",
             "unknown fragment type 0x81"},
        Case{"TypeBecomesPageEnd", [](std::string& b) { b[kSecond] = 0; }, "acde",
             "neither a record nor padding"},
        Case{"FullBecomesFirst", [](std::string& b) { b[kSecond] = 2; }, "acde",
             "no last fragment"},
        Case{"UnexpectedMiddle", [](std::string& b) { b[kSecond] = 3; }, "acde",
             "no first fragment"},
        Case{"UnexpectedLast", [](std::string& b) { b[kSecond] = 4; }, "acde", "no first fragment"},
        Case{"FirstFragmentDamaged", [](std::string& b) { b[kFourth + 100] ^= 1; }, "abce",
             "checksum"},
        Case{"MiddleFragmentDamaged", [](std::string& b) { b[kWalPageBytes + 100] ^= 1; }, "abce",
             "checksum"},
        Case{"LastFragmentDamaged", [](std::string& b) { b[2 * kWalPageBytes + 100] ^= 1; }, "abce",
             "checksum"},
        Case{"FirstPageZeroed", [](std::string& b) { std::fill_n(b.begin(), kWalPageBytes, '\0'); },
             "e", "zeros where records should be"},
        Case{"MiddlePageZeroed",
             [](std::string& b) { std::fill_n(b.begin() + kWalPageBytes, kWalPageBytes, '\0'); },
             "abce", "zeros where records should be"},
        Case{"ZerosUpToThePageEnd",
             [](std::string& b) { std::fill(b.begin() + kThird, b.begin() + kWalPageBytes, '\0'); },
             "abe", "zeros where records should be"},
        Case{"FirstPageIsNoise",
             [](std::string& b) {
               std::mt19937_64 random(1);
               std::generate_n(b.begin(), kWalPageBytes,
                               [&] { return static_cast<char>(random() | 1); });
             },
             "e", ""},
        Case{"CutInThePayloadOfTheLast", [](std::string& b) { b.resize(b.size() - 1); }, "abcd",
             ""},
        Case{"CutInTheHeaderOfTheLast", [](std::string& b) { b.resize(b.size() - 403); }, "abcd",
             ""},
        Case{"CutAtAPage", [](std::string& b) { b.resize(2 * kWalPageBytes); }, "abc", ""},
        Case{"CutInAMiddleFragment", [](std::string& b) { b.resize(kWalPageBytes + 9); }, "abc",
             ""}),
    [](const auto& row) { return row.param.name; });

std::string FirstLetters(const std::vector<std::string>& records) {
  std::string letters;
  for (const std::string& record : records) letters += record[0];
  return letters;
}

TEST_P(DamageTest, LosesOnlyWhatIsDamagedAndSaysSo) {
  FaultyFs fs;
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, FiveRecords()));
  std::string bytes = fs.ReadFile(kSegment).value();
  GetParam().damage(bytes);
  ASSERT_TRUE(Overwrite(fs, kSegment, bytes));

  const ReadSegment read = ReadWholeSegment(fs, kSegment);

  EXPECT_EQ(FirstLetters(read.records), GetParam().survivors);
  EXPECT_TRUE(!read.damages.empty() || read.torn_offset);
  if (!GetParam().reason.empty()) {
    ASSERT_FALSE(read.damages.empty());
    EXPECT_THAT(read.damages[0].reason, HasSubstr(GetParam().reason));
  }
}

TEST(TornEndTest, EveryLengthKeepsTheRecordsBeforeIt) {
  FaultyFs fs;
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, FiveRecords()));
  const std::string bytes = fs.ReadFile(kSegment).value();
  const size_t fifth = bytes.size() - 407;
  const std::vector<size_t> ends = {0, kSecond, kThird, kFourth, fifth, bytes.size()};
  for (size_t size = 0; size < bytes.size(); size += size < 700 || size > fifth ? 1 : 97) {
    ASSERT_TRUE(Overwrite(fs, kSegment, std::string_view(bytes).substr(0, size)));
    const ReadSegment read = ReadWholeSegment(fs, kSegment);
    const auto whole =
        static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin() - 1);
    ASSERT_EQ(read.records.size(), whole) << size;
    ASSERT_THAT(read.damages, IsEmpty()) << size;
    ASSERT_EQ(read.torn_offset.has_value(), ends[whole] != size) << size;
    ASSERT_EQ(read.torn_offset.value_or(ends[whole]), ends[whole]) << size;
  }
}

TEST(TornEndTest, ZerosAtTheEndAreNoDamage) {
  FaultyFs fs;
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, FiveRecords()));
  const std::string bytes = fs.ReadFile(kSegment).value();
  for (const size_t zeros : {1u, 6u, 7u, 100u, 32'768u, 100'000u}) {
    ASSERT_TRUE(Overwrite(fs, kSegment, bytes + std::string(zeros, '\0')));
    const ReadSegment read = ReadWholeSegment(fs, kSegment);
    EXPECT_EQ(FirstLetters(read.records), "abcde");
    EXPECT_THAT(read.damages, IsEmpty());
    EXPECT_FALSE(read.torn_offset);
  }
}

TEST(DamageTest, UndecompressibleRecordIsNamed) {
  FaultyFs fs;
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, {"no snappy at all", "fine"}));
  std::string bytes = fs.ReadFile(kSegment).value();
  bytes[0] |= kSnappyFlag;
  ASSERT_TRUE(Overwrite(fs, kSegment, bytes));
  const ReadSegment read = ReadWholeSegment(fs, kSegment);
  EXPECT_THAT(read.records, ElementsAre("fine"));
  ASSERT_EQ(read.damages.size(), 1u);
  EXPECT_THAT(read.damages[0].reason, HasSubstr("snappy"));
}

TEST(DamageTest, RandomFlipsLoseAtMostTheRecordTheyHit) {
  std::mt19937_64 random(20261);
  std::vector<std::string> records;
  for (int i = 0; i < 200; ++i) {
    records.push_back(std::to_string(i) + ":" + std::string(random() % 3'000, 'x'));
  }
  FaultyFs fs;
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, records));
  const std::string bytes = fs.ReadFile(kSegment).value();
  for (int round = 0; round < 500; ++round) {
    std::string damaged = bytes;
    const size_t at = random() % damaged.size();
    damaged[at] ^= static_cast<char>(1 << random() % 8);
    ASSERT_TRUE(Overwrite(fs, kSegment, damaged));
    const ReadSegment read = ReadWholeSegment(fs, kSegment);
    const std::set<std::string> survivors(read.records.begin(), read.records.end());
    const auto lost = std::count_if(records.begin(), records.end(), [&](const auto& record) {
      return !survivors.contains(record);
    });
    ASSERT_LE(lost, 1) << "seed 20261, round " << round << ", byte " << at;
    ASSERT_TRUE(lost == 0 || !read.damages.empty() || read.torn_offset) << "silent loss at " << at;
  }
}

TEST(DamageTest, NoiseIsNeverARecord) {
  std::mt19937_64 random(5);
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/wal"));
  for (int round = 0; round < 50; ++round) {
    std::string noise(random() % 100'000, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    ASSERT_TRUE(Overwrite(fs, kSegment, noise));
    EXPECT_THAT(ReadWholeSegment(fs, kSegment).records, IsEmpty());
  }
}

}  // namespace
}  // namespace tocsin::tsdb
