// Blocks both ways with Debian's promtool and prometheus.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <bit>
#include <fstream>
#include <random>
#include <sstream>

#include "model/number_text.h"
#include "model/sample.h"
#include "tsdb/block/block_querier.h"
#include "tsdb/block/block_verify.h"
#include "tsdb_block/block_fixture.h"
#include "tsdb_wal/prometheus_process.h"

namespace tocsin::tsdb {
namespace {

using testing::HasSubstr;

constexpr char kPromtool[] = "/usr/bin/promtool";

struct Output {
  int status = -1;
  std::string text;
};

Output RunCommand(const std::string& command) {
  Output output;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  for (int c; (c = ::fgetc(pipe)) != EOF;) output.text.push_back(static_cast<char>(c));
  output.status = ::pclose(pipe);
  return output;
}

/// The lines of `promtool tsdb dump`, sorted; and the same text for a model.
std::vector<std::string> SortedLines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> DumpOf(const Model& model) {
  std::vector<std::string> lines;
  for (const auto& [labels, samples] : model) {
    std::string pairs;
    for (const LabelView label : labels) {
      pairs += fmt::format("{}{}={}", pairs.empty() ? "" : ", ", label.name, GoQuote(label.value));
    }
    for (const auto& [time_ms, bits] : samples) {
      std::string value;
      AppendFloatGeneral(value, std::bit_cast<double>(bits));
      lines.push_back(fmt::format("{{{}}} {} {}", pairs, value, time_ms));
    }
  }
  std::ranges::sort(lines);
  return lines;
}

class BlockInteropTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(kPromtool, X_OK) != 0) GTEST_SKIP() << "skipped: no " << kPromtool;
  }
  // promtool opens a database: it wants a log.
  void MakeDatabase() { ASSERT_TRUE(fs_.CreateDirectories(database() + "/wal")); }
  std::string database() const { return directory_.path() + "/data"; }
  std::vector<std::string> Blocks() {
    std::vector<std::string> blocks;
    const std::vector<DirectoryEntry> entries = *fs_.List(database());
    for (const DirectoryEntry& entry : entries) {
      if (Ulid::Parse(entry.name).ok()) blocks.push_back(database() + "/" + entry.name);
    }
    return blocks;
  }
  TemporaryDirectory directory_;
  PosixFs fs_;
};

TEST_F(BlockInteropTest, BlocksOfPromtoolAreReadAsPromtoolReadsThem) {
  std::mt19937_64 random(51);
  {
    std::ofstream text(directory_.path() + "/in.om");
    for (int series = 0; series < 40; ++series) {
      for (int i = 0; i < 300; ++i) {
        const std::string value = random() % 50 == 0   ? "NaN"
                                  : random() % 50 == 0 ? "+Inf"
                                                       : std::to_string(random() % 100'000);
        text << fmt::format("metric_{}{{job=\"j{}\",n=\"{}\"}} {} {}\n", series % 7, series % 3,
                            series, value, kBlockStartMs / 1000 + i * 60);
      }
    }
    text << "# EOF\n";
  }
  const Output made = RunCommand(fmt::format("{} tsdb create-blocks-from openmetrics {}/in.om {}",
                                             kPromtool, directory_.path(), database()));
  ASSERT_EQ(made.status, 0) << made.text;
  MakeDatabase();
  Model model;
  ASSERT_GT(Blocks().size(), 1u);
  for (const std::string& path : Blocks()) {
    const auto block = BlockReader::Open(fs_, path);
    ASSERT_TRUE(block.ok()) << block.error().message();
    const auto verification = VerifyBlock(fs_, path);
    ASSERT_TRUE(verification.ok());
    for (const BlockProblem& problem : verification->problems) {
      ADD_FAILURE() << problem.file << " " << problem.offset << " " << problem.reason;
    }
    Model part = *ReadModel(*block);
    for (auto& [labels, samples] : part) model[labels].merge(samples);
  }
  const Output dumped = RunCommand(fmt::format("{} tsdb dump {}", kPromtool, database()));
  ASSERT_EQ(dumped.status, 0) << dumped.text;
  EXPECT_EQ(SortedLines(dumped.text), DumpOf(model));
  EXPECT_EQ(model.size(), 40u);
}

TEST_F(BlockInteropTest, OurBlocksAreWhatPromtoolListsAnalysesAndDumps) {
  std::mt19937_64 random(52);
  MakeDatabase();
  Model model = RandomModel(random, 300, 400);
  ASSERT_TRUE(WriteModelBlock(fs_, database(), MakeTestUlid(1), model).ok());
  const auto block = *BlockReader::Open(fs_, Blocks().front());
  ASSERT_TRUE(block
                  ->Delete(std::vector{Match(MatchType::kEqual, "job", "api")},
                           kBlockStartMs + 100'000, kBlockStartMs + 900'000)
                  .ok());
  model = *ReadModel(block);
  const Output listed = RunCommand(fmt::format("{} tsdb list {}", kPromtool, database()));
  EXPECT_EQ(listed.status, 0);
  EXPECT_THAT(listed.text, HasSubstr(MakeTestUlid(1).ToString()));
  const Output analysed = RunCommand(fmt::format("{} tsdb analyze {}", kPromtool, database()));
  EXPECT_EQ(analysed.status, 0) << analysed.text;
  EXPECT_THAT(analysed.text, HasSubstr("Series: 300"));
  const Output dumped = RunCommand(fmt::format("{} tsdb dump {}", kPromtool, database()));
  ASSERT_EQ(dumped.status, 0) << dumped.text;
  EXPECT_EQ(SortedLines(dumped.text), DumpOf(model));
}

TEST_F(BlockInteropTest, PrometheusServesOurBlocks) {
  if (!PrometheusProcess::IsInstalled()) {
    GTEST_SKIP() << "skipped: no " << PrometheusProcess::kBinary;
  }
  std::mt19937_64 random(53);
  MakeDatabase();
  const Model model = RandomModel(random, 100, 300);
  ASSERT_TRUE(WriteModelBlock(fs_, database(), MakeTestUlid(1), model).ok());
  PrometheusProcess prometheus(directory_.path(), "");
  // Old blocks would fall to the default retention of 15 days, but only when a newer one is there.
  ASSERT_TRUE(prometheus.WaitUntilReady()) << prometheus.Log();
  const double end = static_cast<double>(kBlockEndMs) / 1000;
  uint64_t node_samples = 0;
  uint64_t node_series = 0;
  for (const auto& [labels, samples] : model) {
    if (labels.Get("job") != "node") continue;
    const auto live = std::ranges::count_if(
        samples, [](const auto& sample) { return sample.second != kStaleNanBits; });
    node_series += live > 0;
    node_samples += static_cast<uint64_t>(live);
  }
  EXPECT_THAT(prometheus.Query("count(last_over_time({job=\"node\"}[2h]))", end),
              HasSubstr(fmt::format("\"{}\"]", node_series)));
  EXPECT_THAT(prometheus.Query("sum(count_over_time({job=~\"n.*\"}[2h]))", end),
              HasSubstr(fmt::format("\"{}\"]", node_samples)));
  prometheus.Stop(SIGTERM);
  EXPECT_TRUE(VerifyBlock(fs_, Blocks().front())->ok());
}

TEST_F(BlockInteropTest, ABlockOfVersion1ReadsAsPromtoolReadsIt) {
  const std::string source = TOCSIN_UPSTREAM_DIR "/prometheus/tsdb/testdata/index_format_v1";
  if (!fs_.Exists(source)) GTEST_SKIP() << "skipped: no upstream test data in " TOCSIN_UPSTREAM_DIR;
  MakeDatabase();
  const std::string path = database() + "/01DXXFZDYD1MQW6079WK0K6EDQ";
  ASSERT_TRUE(CopyDirectory(fs_, source, fs_, path));
  const auto block = BlockReader::Open(fs_, path);
  ASSERT_TRUE(block.ok()) << block.error().message();
  const auto model = ReadModel(*block);
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_EQ(model->size(), 102u);
  const Output dumped = RunCommand(fmt::format("{} tsdb dump {}", kPromtool, database()));
  ASSERT_EQ(dumped.status, 0) << dumped.text;
  EXPECT_EQ(SortedLines(dumped.text), DumpOf(*model));
  const auto verification = VerifyBlock(fs_, path);
  ASSERT_TRUE(verification.ok());
  for (const BlockProblem& problem : verification->problems) {
    ADD_FAILURE() << problem.file << " " << problem.offset << " " << problem.reason;
  }
}

}  // namespace
}  // namespace tocsin::tsdb
