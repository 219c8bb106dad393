#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "exposition/parsed_page.h"

namespace tocsin::exposition {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

size_t CountSampleLines(const std::string& page) {
  size_t count = 0;
  for (size_t at = 0; at < page.size(); at = page.find('\n', at) + 1) {
    if (page[at] != '#' && page[at] != '\n') ++count;
    if (page.find('\n', at) == page.npos) break;
  }
  return count;
}

class RealPageTest : public testing::TestWithParam<const char*> {
 protected:
  std::string page_ = ReadFile(std::string(TOCSIN_SOURCE_DIR "/tests/data/") + GetParam());
};

TEST_P(RealPageTest, ParsesWithOneSampleALine) {
  const ParsedPage parsed = Parse(page_);
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.labels.size(), CountSampleLines(page_));
  EXPECT_GT(parsed.labels.size(), 100u);
}

TEST_P(RealPageTest, TruncatedAnywhereGivesAPrefixOrAnError) {
  // Every byte of the first part; of the rest a sample, for the test's time is quadratic.
  const ParsedPage whole = Parse(page_);
  for (size_t size = 0; size < page_.size(); size += size < 2000 ? 1 : 97) {
    // A copy of exact size, so that a sanitizer sees a read behind the end.
    const std::vector<char> part(page_.begin(), page_.begin() + static_cast<ptrdiff_t>(size));
    const ParsedPage parsed = Parse({part.data(), part.size()});
    ASSERT_LE(parsed.entries.size(), whole.entries.size());
    // The last entry may be cut; the ones before are whole.
    for (size_t i = 0; i + 1 < parsed.entries.size(); ++i) {
      ASSERT_EQ(parsed.entries[i], whole.entries[i]) << "truncated to " << size;
    }
  }
}

TEST_P(RealPageTest, TakingKnownTextsGivesTheSameEntries) {
  TextParser lexing(page_);
  TextParser taking(page_);
  for (auto entry = lexing.Next(); entry != TextParser::Entry::kEnd; entry = lexing.Next()) {
    if (entry == TextParser::Entry::kSeries) {
      ASSERT_EQ(taking.GuessSeriesSize(), lexing.series().size());
      ASSERT_TRUE(taking.TakeSeries(lexing.series().size()));
      ASSERT_EQ(taking.series(), lexing.series());
      ASSERT_EQ(taking.timestamp_ms(), lexing.timestamp_ms());
      ASSERT_EQ(std::bit_cast<uint64_t>(taking.value()), std::bit_cast<uint64_t>(lexing.value()));
    } else {
      ASSERT_TRUE(taking.TakeLine(lexing.line().size()));
    }
  }
  EXPECT_EQ(taking.Next(), TextParser::Entry::kEnd);
}

INSTANTIATE_TEST_SUITE_P(Exporters, RealPageTest,
                         testing::Values("node_exporter.prom", "redis_exporter.prom",
                                         "alertmanager.prom"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(UpstreamPageTest, AllTypesPagesParse) {
  const std::string directory = TOCSIN_UPSTREAM_DIR "/prometheus/model/textparse/testdata/";
  if (!std::filesystem::exists(directory)) GTEST_SKIP() << "skipped: no " << directory;
  size_t pages = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (!entry.path().string().ends_with(".prom.txt")) continue;
    const std::string page = ReadFile(entry.path());
    const ParsedPage parsed = Parse(page);
    EXPECT_EQ(parsed.error, "") << entry.path();
    EXPECT_EQ(parsed.labels.size(), CountSampleLines(page)) << entry.path();
    ++pages;
  }
  EXPECT_GE(pages, 2u);
}

}  // namespace
}  // namespace tocsin::exposition
