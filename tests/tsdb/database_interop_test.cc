// The data directory both ways: what we write Prometheus' own tool reads, sample for sample, and
// the other way round; and Prometheus itself runs in between.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "tsdb/database.h"
#include "tsdb/head_fixture.h"
#include "tsdb_wal/prometheus_process.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr char kPromtool[] = "/usr/bin/promtool";

#define SKIP_WITHOUT_PROMETHEUS()                                              \
  if (!PrometheusProcess::IsInstalled() || ::access(kPromtool, X_OK) != 0) {   \
    GTEST_SKIP() << "skipped: prometheus and promtool are not installed here"; \
  }

std::string RunCommand(const std::string& command) {
  std::string output;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> bytes;
  while (const size_t count = ::fread(bytes.data(), 1, bytes.size(), pipe)) {
    output.append(bytes.data(), count);
  }
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << output;
  return output;
}

// The tool prints all kinds of NaN alike.
Contents WithOneNan(Contents contents) {
  for (auto& [labels, samples] : contents) {
    for (auto& [t, bits] : samples) {
      if (std::isnan(std::bit_cast<double>(bits))) bits = kNormalNanBits;
    }
  }
  return contents;
}

/// A data directory of the machine's, and a database in it.
class Directory {
 public:
  explicit Directory(const std::string& name) : path_(testing::TempDir() + "/tsdb_" + name) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string data() const { return path_ + "/data"; }

  Database& Open() {
    DatabaseOptions options;
    options.directory = data();
    registry_ = std::make_unique<telemetry::Registry>();
    database_ = Database::Open(options, fs_, clock_, logger_, *registry_).value();
    return *database_;
  }
  void Close() {
    EXPECT_TRUE(database_->Close().ok());
    database_.reset();
  }

  /// What Prometheus' tool reads.
  Contents Dump() const {
    Contents contents;
    std::istringstream lines(RunCommand(fmt::format("{} tsdb dump {}", kPromtool, data())));
    for (std::string line; std::getline(lines, line);) {
      const size_t end = line.rfind('}') + 1;
      std::istringstream rest(line.substr(end));
      std::string value;
      int64_t timestamp_ms = 0;
      rest >> value >> timestamp_ms;
      contents[Canonical(line.substr(0, end))].emplace_back(timestamp_ms, Bits(std::stod(value)));
    }
    for (auto& [labels, samples] : contents) std::ranges::sort(samples);
    return WithOneNan(std::move(contents));
  }

 private:
  // The tool prints the name among the labels, as Labels::ToString may not.
  static std::string Canonical(const std::string& text) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (size_t at = 1; at + 1 < text.size();) {
      const size_t equals = text.find('=', at);
      const size_t close = text.find('"', equals + 2);
      pairs.emplace_back(text.substr(at, equals - at), text.substr(equals + 2, close - equals - 2));
      at = close + 1;
      while (at < text.size() && (text[at] == ',' || text[at] == ' ')) ++at;
    }
    return Labels::FromPairs(std::move(pairs)).ToString();
  }

  const std::string path_;
  PosixFs fs_;
  ManualClock clock_{1'700'000'000'000};
  NullLogger logger_;
  std::unique_ptr<telemetry::Registry> registry_;
  std::unique_ptr<Database> database_;
};

void Fill(Database& database, int64_t start_ms, int64_t end_ms) {
  for (int64_t t = start_ms; t < end_ms; t += 60'000) {
    auto appender = database.MakeAppender();
    for (int series = 0; series < 10; ++series) {
      const Labels labels({{"__name__", "ours_" + std::to_string(series)}, {"job", "test"}});
      const double value = std::sin(static_cast<double>(t)) * std::pow(10, series) + series;
      ASSERT_TRUE(appender->Append(0, labels, t, value).ok());
    }
    ASSERT_TRUE(appender->Commit().ok());
  }
}

int64_t RecentStart(int64_t hours) {
  const int64_t now_ms = SystemClock().NowMs();
  return now_ms / (2 * kHourMs) * 2 * kHourMs - hours * kHourMs;
}

TEST(DatabaseInteropTest, PromtoolReadsBlocksLogAndDeletions) {
  SKIP_WITHOUT_PROMETHEUS();
  Directory directory("ours");
  const int64_t start_ms = RecentStart(24);
  Database* database = &directory.Open();
  Fill(*database, start_ms, start_ms + 21 * kHourMs);
  database->Maintain(start_ms + 21 * kHourMs);
  const Matcher third = Matcher::Equal("__name__", "ours_3");
  ASSERT_TRUE(
      database->DeleteSeries(start_ms + kHourMs, start_ms + 5 * kHourMs / 2, std::span(&third, 1))
          .ok());
  const Contents ours = ReadAll(*database);
  EXPECT_GE(database->Blocks().size(), 2u);  // How many depends on the time of day.
  EXPECT_GE(database->Blocks()[0].meta.compaction.level, 2);
  directory.Close();
  EXPECT_EQ(Differences(directory.Dump(), ours), "");
  RunCommand(fmt::format("{} tsdb list {}", kPromtool, directory.data()));
  RunCommand(fmt::format("{} tsdb analyze {}", kPromtool, directory.data()));

  database = &directory.Open();
  ASSERT_TRUE(database->CleanTombstones().ok());
  EXPECT_EQ(Differences(ReadAll(*database), ours), "");
  directory.Close();
  EXPECT_EQ(Differences(directory.Dump(), ours), "");
}

TEST(DatabaseInteropTest, BlocksOfPromtoolAreReadAndCompacted) {
  SKIP_WITHOUT_PROMETHEUS();
  Directory directory("theirs");
  const int64_t start_s = RecentStart(48) / 1000;
  {
    std::ofstream page(directory.path() + "/page.om");
    for (int series = 0; series < 8; ++series) {
      page << fmt::format("# TYPE theirs_{} gauge\n", series);
      for (int64_t second = start_s; second < start_s + 30 * 3600; second += 60) {
        page << fmt::format("theirs_{}{{job=\"old\"}} {} {}\n", series,
                            std::sin(static_cast<double>(second)) * std::pow(10, series), second);
      }
    }
    page << "# EOF\n";
  }
  RunCommand(fmt::format("{} tsdb create-blocks-from openmetrics {}/page.om {}", kPromtool,
                         directory.path(), directory.data()));
  std::filesystem::create_directories(directory.data() + "/wal");  // The tool insists on it.
  const Contents theirs = directory.Dump();
  ASSERT_EQ(theirs.size(), 8u);
  Database& database = directory.Open();
  EXPECT_EQ(Differences(ReadAll(database), theirs), "");
  const size_t blocks = database.Blocks().size();
  database.Maintain(start_s * 1000 + 30 * kHourMs);
  EXPECT_LT(database.Blocks().size(), blocks);
  EXPECT_EQ(Differences(ReadAll(database), theirs), "");
  directory.Close();
  EXPECT_EQ(Differences(directory.Dump(), theirs), "");
}

TEST(DatabaseInteropTest, PrometheusRunsOnOurDirectoryAndWeOnItsAgain) {
  SKIP_WITHOUT_PROMETHEUS();
  Directory directory("both");
  const int64_t start_ms = RecentStart(10);
  Database* database = &directory.Open();
  Fill(*database, start_ms, start_ms + 9 * kHourMs);
  database->Maintain(start_ms + 9 * kHourMs);
  Contents ours = ReadAll(*database);
  directory.Close();
  const double end_s = static_cast<double>(start_ms) / 1000 + 9 * 3600 - 1;
  for (int round = 0; round < 2; ++round) {
    PrometheusProcess prometheus(directory.path(),
                                 "scrape_configs:\n- job_name: itself\n  scrape_interval: 1s\n"
                                 "  static_configs: [{targets: ['127.0.0.1:PORT']}]\n");
    ASSERT_TRUE(prometheus.WaitUntilReady()) << prometheus.Log();
    EXPECT_THAT(prometheus.Query("count_over_time(ours_3[9h])", end_s),
                testing::HasSubstr("\"" + std::to_string(9 * 60) + "\""));
    for (int look = 0; look < 100; ++look) {
      if (prometheus.Query("up", static_cast<double>(SystemClock().NowMs()) / 1000).find("\"1\"") !=
          std::string::npos) {
        break;
      }
      PauseBetweenLooks();
    }
    prometheus.Stop(round == 0 ? SIGTERM : SIGKILL);
    database = &directory.Open();
    database->Maintain(SystemClock().NowMs());
    Contents after = ReadAll(*database);
    std::string lost;
    for (const auto& [labels, samples] : ours) {
      if (after[labels] != samples) lost += labels + "\n";
    }
    EXPECT_EQ(lost, "");
    EXPECT_GT(after.size(), ours.size());
    directory.Close();
    EXPECT_EQ(Differences(directory.Dump(), WithOneNan(after)), "");
  }
}

}  // namespace
}  // namespace tocsin::tsdb
