// The database on a disk that may be full, or gone: nothing acknowledged is lost.
#include "tsdb/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/faulty_fs.h"
#include "base/log.h"
#include "tsdb/head_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kHourMs = 3'600'000;

Labels Named(const std::string& name) { return Labels({{"__name__", name}}); }

struct World {
  ManualClock clock;
  NullLogger logger;
  telemetry::Registry registry;

  std::unique_ptr<Database> Open(Fs& fs, DatabaseOptions options = {}) {
    options.directory = "/data";
    return Database::Open(options, fs, clock, logger, registry).value();
  }
};

TEST(DatabaseTest, FullDiskRefusesTheCommitAndTheNextOneWorks) {
  FaultyFs fs;
  World world;
  auto database = world.Open(fs);
  auto row = database->MakeRowAppender();
  const auto a = row->SlotOf(Named("a")).value();
  row->BeginRow(1000);
  row->Set(a, 1);
  ASSERT_TRUE(row->CommitRow().ok());

  fs.FailAt(0, FaultyFs::Fault::kNoSpace, 100);
  row->BeginRow(2000);
  row->Set(a, 2);
  row->Set(row->SlotOf(Named("b")).value(), 2);
  const auto refused = row->CommitRow();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("write WAL: "));
  EXPECT_THAT(refused.error().message(), HasSubstr("no space left on device"));
  auto appender = database->MakeAppender();
  ASSERT_TRUE(appender->Append(0, Named("c"), 2000, 3).ok());
  EXPECT_FALSE(appender->Commit().ok());
  EXPECT_EQ(ReadAll(*database).size(), 1u) << "nothing of a refused commit is seen";
  fs.Heal();

  row->BeginRow(3000);
  row->Set(row->SlotOf(Named("b")).value(), 3);
  const auto result = row->CommitRow().value();
  EXPECT_EQ(result.appended, 1u);
  EXPECT_EQ(result.stale, 1u) << "the refused row has not changed what the last row had";
  const Contents before = ReadAll(*database);
  row.reset();
  appender.reset();
  database.reset();
  EXPECT_EQ(Differences(ReadAll(*world.Open(fs)), before), "");
}

// Dies at every write of a session in turn; what was acknowledged before must be there again.
TEST(DatabaseTest, AcknowledgedCommitsSurviveACrashAtAnyWrite) {
  for (uint64_t nth = 0; nth < 60; ++nth) {
    FaultyFs fs;
    World world;
    auto database = world.Open(fs);
    fs.FailAt(nth, FaultyFs::Fault::kCrash);
    Contents acknowledged;
    {
      auto row = database->MakeRowAppender();
      for (int64_t scrape = 1; scrape <= 25; ++scrape) {
        row->BeginRow(scrape * 1000);
        for (int64_t i = 0; i < 5; ++i) {
          row->Set(row->SlotOf(Named("m" + std::to_string(i + scrape / 5))).value(),
                   static_cast<double>(i));
        }
        if (!row->CommitRow().ok()) break;
        acknowledged = ReadAll(*database);
      }
      auto appender = database->MakeAppender();
      ASSERT_TRUE(appender->Append(0, Named("batch"), 50'000, 1).ok());
      if (appender->Commit().ok()) acknowledged = ReadAll(*database);
    }
    database.reset();
    const auto disk = fs.AfterCrash(FaultyFs::Survival::kWritten);
    World next;
    EXPECT_EQ(Differences(ReadAll(*next.Open(*disk)), acknowledged), "") << "crash at " << nth;
  }
}

TEST(DatabaseTest, RetentionIsCountedFromTheNewestSampleAndShortensTheLog) {
  FaultyFs fs;
  World world;
  DatabaseOptions options;
  options.retention_ms = 10 * kHourMs;
  options.wal.segment_bytes = 64 << 10;
  auto database = world.Open(fs, options);
  auto row = database->MakeRowAppender();
  for (int64_t t = 0; t < 40 * kHourMs; t += 60'000) {
    row->BeginRow(t);
    for (int i = 0; i < 50; ++i) {
      row->Set(row->SlotOf(Named("m" + std::to_string(i))).value(), static_cast<double>(t));
    }
    ASSERT_TRUE(row->CommitRow().ok());
  }
  const size_t segments = fs.List("/data/wal").value().size();
  database->Maintain(1000 * kHourMs);
  EXPECT_EQ(database->min_time_ms(), 30 * kHourMs - 60'000);
  EXPECT_LT(fs.List("/data/wal").value().size(), segments);
  const Contents before = ReadAll(*database);
  EXPECT_EQ(before.size(), 50u);
  EXPECT_EQ(before.begin()->second.front().first, 30 * kHourMs - 60'000);
  row.reset();
  database.reset();
  auto reopened = world.Open(fs, options);
  reopened->Maintain(1000 * kHourMs);
  EXPECT_EQ(Differences(ReadAll(*reopened), before), "");
}

// A series that is removed and comes back has two references in the log; both must survive
// checkpoints.
TEST(DatabaseTest, SeriesThatCameBackKeepsItsSamplesThroughCheckpoints) {
  FaultyFs fs;
  World world;
  DatabaseOptions options;
  options.retention_ms = 10 * kHourMs;
  options.wal.segment_bytes = 32 << 10;
  int64_t now_ms = 0;
  const auto scrape = [&](Database& database, bool has_series, int64_t minutes) {
    const auto row = database.MakeRowAppender();
    for (int64_t minute = 0; minute < minutes; ++minute, now_ms += 60'000) {
      row->BeginRow(now_ms);
      if (has_series) row->Set(row->SlotOf(Named("comes_and_goes")).value(), 1);
      for (int i = 0; i < 20; ++i) {
        row->Set(row->SlotOf(Named("m" + std::to_string(i))).value(), static_cast<double>(now_ms));
      }
      ASSERT_TRUE(row->CommitRow().ok());
    }
  };
  {
    auto database = world.Open(fs, options);
    scrape(*database, true, 5 * 60);
    scrape(*database, false, 9 * 60);
    database->Maintain(now_ms);  // Shortens the log.
    scrape(*database, false, 90);
    database->Maintain(now_ms);  // Removes the series; it is too early to shorten the log again.
    EXPECT_EQ(database->Statistics(0).series_count, 20u);
    scrape(*database, true, 60);
  }
  for (int round = 0; round < 3; ++round) {
    auto database = world.Open(fs, options);
    scrape(*database, true, 3 * 60);
    database->Maintain(now_ms);
    const Contents before = ReadAll(*database, now_ms - 9 * kHourMs);
    database.reset();
    database = world.Open(fs, options);
    EXPECT_EQ(Differences(ReadAll(*database, now_ms - 9 * kHourMs), before), "");
  }
}

TEST(DatabaseTest, SampleFromTheFutureDoesNotMakeDataGo) {
  FaultyFs fs;
  World world;
  DatabaseOptions options;
  options.retention_ms = kHourMs;
  auto database = world.Open(fs, options);
  auto appender = database->MakeAppender();
  ASSERT_TRUE(appender->Append(0, Named("now"), 5 * kHourMs, 1).ok());
  ASSERT_TRUE(appender->Append(0, Named("future"), 500 * kHourMs, 1).ok());
  ASSERT_TRUE(appender->Commit().ok());
  database->Maintain(5 * kHourMs);
  EXPECT_EQ(ReadAll(*database).size(), 2u);
}

TEST(DatabaseTest, OldSamplesAreFineInAnEmptyStore) {
  FaultyFs fs;
  World world;
  world.clock.SetMs(1'700'000'000'000);
  auto database = world.Open(fs);
  auto appender = database->MakeAppender();
  EXPECT_TRUE(appender->Append(0, Named("a"), 0, 1).ok());
  ASSERT_TRUE(appender->Commit().ok());
  database->Maintain(world.clock.NowMs());
  EXPECT_EQ(ReadAll(*database).size(), 1u);
}

TEST(DatabaseTest, ReplayShowsItsSegments) {
  FaultyFs fs;
  World world;
  for (int64_t run = 1; run <= 3; ++run) {
    auto database = world.Open(fs);
    auto appender = database->MakeAppender();
    ASSERT_TRUE(appender->Append(0, Named("a"), run * 1000, 1).ok());
    ASSERT_TRUE(appender->Commit().ok());
  }
  ReplayStatus status;
  DatabaseOptions options;
  options.replay_status = &status;
  auto database = world.Open(fs, options);
  EXPECT_EQ(status.min, 0);
  EXPECT_EQ(status.max, 3);
  EXPECT_EQ(status.current, 3);
  EXPECT_EQ(database->replay_report().samples, 3u);
  EXPECT_EQ(ReadAll(*database).begin()->second.size(), 3u);
}

TEST(DatabaseTest, MetricsCarryPrometheusNames) {
  FaultyFs fs;
  World world;
  auto database = world.Open(fs);
  auto appender = database->MakeAppender();
  ASSERT_TRUE(appender->Append(0, Named("a"), 1000, 1).ok());
  ASSERT_TRUE(appender->Append(0, Named("b"), 3000, 1).ok());
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_FALSE(appender->Append(0, Named("b"), 2000, 1).ok());
  const std::string page = world.registry.Expose();
  for (const char* line :
       {"prometheus_tsdb_head_series 2\n",
        "prometheus_tsdb_head_samples_appended_total{type=\"float\"} 2\n",
        "prometheus_tsdb_head_series_created_total 2\n", "prometheus_tsdb_head_min_time 1000\n",
        "prometheus_tsdb_head_max_time 3000\n", "prometheus_tsdb_lowest_timestamp 1000\n",
        "prometheus_tsdb_out_of_order_samples_total{type=\"float\"} 1\n",
        "prometheus_tsdb_retention_limit_seconds 1296000\n"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

}  // namespace
}  // namespace tocsin::tsdb
