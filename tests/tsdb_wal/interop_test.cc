// Our log is Prometheus' log: its own binary reads what we wrote, and we read what it wrote.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <set>

#include "tsdb_wal/log_fixture.h"
#include "tsdb_wal/prometheus_process.h"

namespace tocsin::tsdb {
namespace {

using testing::HasSubstr;

constexpr int64_t kStartMs = 1'700'000'000'000;
constexpr int kSeries = 50;

class InteropTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!PrometheusProcess::IsInstalled()) {
      GTEST_SKIP() << "skipped: " << PrometheusProcess::kBinary << " is not installed";
    }
    std::string pattern = testing::TempDir() + "/wal_interop.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override {
    if (root_.empty()) return;
    EXPECT_TRUE(fs_.RemoveAll(root_));
  }

  std::string wal_directory() const { return root_ + "/data/wal"; }
  std::unique_ptr<Wal> Open(WalOptions options = {}) {
    auto wal = Wal::Open(around_.With(fs_), wal_directory(), options);
    EXPECT_TRUE(wal) << wal.error().message();
    return wal ? std::move(*wal) : nullptr;
  }

  /// Logs the series test_metric{n="1"} … and then rows [begin, end): one sample a second and
  /// series, with the value row * 1000 + n.
  void LogSeries(Wal& wal) {
    std::string record;
    BeginSeriesRecord(record);
    for (uint64_t n = 1; n <= kSeries; ++n) {
      AppendSeries(n, Labels{{"__name__", "test_metric"}, {"n", std::to_string(n)}}, record);
    }
    ASSERT_TRUE(wal.Log(record));
  }
  void LogRows(Wal& wal, int begin, int end) {
    std::vector<uint32_t> refs(kSeries);
    std::vector<double> values(kSeries);
    const uint64_t present = (uint64_t{1} << kSeries) - 1;
    for (int row = begin; row < end; ++row) {
      for (uint32_t n = 1; n <= kSeries; ++n) {
        refs[n - 1] = n;
        values[n - 1] = row * 1000 + static_cast<double>(n);
      }
      std::string record;
      EncodeRow(kStartMs + row * 1000, std::span<const uint32_t>(refs), values.data(), &present,
                record);
      ASSERT_TRUE(wal.Log(record));
    }
  }

  /// Asks Prometheus for sums over all samples of rows [0, end).
  void ExpectRows(int end) {
    PrometheusProcess prometheus(root_, "");
    ASSERT_TRUE(prometheus.WaitUntilReady()) << prometheus.Log();
    const double time_seconds = kStartMs / 1000.0 + end - 1;
    const std::string window = fmt::format("[{}s]", end);
    const auto ask = [&](const std::string& expression) {
      return prometheus.Query(expression, time_seconds);
    };
    EXPECT_THAT(ask("sum(count_over_time(test_metric" + window + "))"),
                HasSubstr(fmt::format("\"{}\"]", end * kSeries)));
    EXPECT_THAT(ask("sum(sum_over_time(test_metric{n=\"7\"}" + window + "))"),
                HasSubstr(fmt::format("\"{}\"]", end * (end - 1) / 2 * 1000 + 7 * end)));
    EXPECT_THAT(ask("count(test_metric)"), HasSubstr("\"50\"]"));
    EXPECT_THAT(prometheus.Log(), testing::Not(HasSubstr("level=error"))) << prometheus.Log();
    EXPECT_THAT(prometheus.Log(), testing::Not(HasSubstr("orruption"))) << prometheus.Log();
    prometheus.Stop(SIGTERM);
  }

  PosixFs fs_;
  Surroundings around_;
  std::string root_;
};

TEST_F(InteropTest, PrometheusReadsOurLog) {
  for (const auto compression : {WalCompression::kSnappy, WalCompression::kNone}) {
    ASSERT_TRUE(fs_.RemoveAll(root_ + "/data"));
    {
      const auto wal = Open({.segment_bytes = 4 * kWalPageBytes, .compression = compression});
      LogSeries(*wal);
      LogRows(*wal, 0, 1000);
      ASSERT_GE(wal->position().segment, 2);
    }
    ExpectRows(1000);
  }
}

TEST_F(InteropTest, PrometheusReadsOurCheckpoint) {
  {
    const auto wal = Open({.segment_bytes = kWalPageBytes});
    LogSeries(*wal);
    LogRows(*wal, 0, 600);
    ASSERT_TRUE(wal->Truncate(kStartMs, [](uint64_t) { return true; }));
    LogRows(*wal, 600, 700);
  }
  ASSERT_EQ(ListCheckpoints(fs_, wal_directory())->size(), 1u);
  ASSERT_GT(ListSegments(fs_, wal_directory())->front().index, 0);
  ExpectRows(700);
}

TEST_F(InteropTest, PrometheusReadsOnAfterOurRepair) {
  {
    const auto wal = Open();
    LogSeries(*wal);
    LogRows(*wal, 0, 100);
    LogRows(*wal, 50, 51);  // Again, to be damaged.
    LogRows(*wal, 100, 200);
  }
  std::string bytes = fs_.ReadFile(wal_directory() + "/00000000").value();
  const ReadSegment whole = ReadWholeSegment(fs_, wal_directory() + "/00000000");
  ASSERT_EQ(whole.records.size(), 202u);
  auto reader = SegmentReader::Open(fs_, wal_directory() + "/00000000").value();
  for (int i = 0; i < 102; ++i) ASSERT_TRUE(reader->Next().value());
  bytes[reader->record_offset() + 20] ^= 1;
  ASSERT_TRUE(Overwrite(fs_, wal_directory() + "/00000000", bytes));
  {
    const auto wal = Open();
    CollectingVisitor visitor;
    ASSERT_EQ(wal->Replay(visitor)->corruption_count, 1u);
    LogRows(*wal, 200, 300);
  }
  ExpectRows(300);
}

/// The timestamps of the only series in the answer to a query of a range vector.
std::set<int64_t> TimestampsOf(const std::string& answer) {
  std::set<int64_t> result;
  const size_t values = answer.find("\"values\":[");
  if (values == std::string::npos) return result;
  for (size_t at = answer.find('[', values + 10); at != std::string::npos;
       at = answer.find('[', at + 1)) {
    result.insert(static_cast<int64_t>(std::stod(answer.substr(at + 1)) * 1000 + 0.5));
  }
  return result;
}

TEST_F(InteropTest, WeReadTheLogOfPrometheus) {
  ASSERT_TRUE(fs_.CreateDirectories(root_ + "/data"));
  std::set<int64_t> expected;
  for (const int signal : {SIGTERM, SIGKILL}) {
    PrometheusProcess prometheus(root_, R"(
scrape_configs:
- job_name: self
  scrape_interval: 1s
  static_configs: [{targets: ["127.0.0.1:PORT"], labels: {instance: self}}]
)");
    ASSERT_TRUE(prometheus.WaitUntilReady()) << prometheus.Log();
    const SystemClock clock;
    const size_t before = expected.size();
    for (int i = 0; i < 200 && expected.size() < before + 2; ++i) {
      PauseBetweenLooks();
      for (const int64_t timestamp_ms : TimestampsOf(prometheus.Query(
               "up{instance=\"self\"}[5m]", static_cast<double>(clock.NowMs()) / 1000))) {
        expected.insert(timestamp_ms);
      }
    }
    ASSERT_GE(expected.size(), before + 2) << prometheus.Log();
    prometheus.Stop(signal);
  }

  const auto wal = Open();
  CollectingVisitor visitor;
  const auto report = wal->Replay(visitor);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->corruption_count, 0u);
  std::set<uint64_t> up_refs;
  for (const auto& [ref, labels] : visitor.series) {
    if (labels == Labels{{"__name__", "up"}, {"instance", "self"}, {"job", "self"}}) {
      up_refs.insert(ref);
    }
  }
  std::set<int64_t> found;
  for (const SampleRecord& sample : visitor.samples) {
    if (up_refs.contains(sample.ref) && sample.value == 1) found.insert(sample.timestamp_ms);
  }
  EXPECT_TRUE(std::includes(found.begin(), found.end(), expected.begin(), expected.end()));
  EXPECT_GT(visitor.series.size(), 300u);
}

}  // namespace
}  // namespace tocsin::tsdb
