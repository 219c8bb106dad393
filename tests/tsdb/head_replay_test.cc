// Reading the log into a head that is already in use.
#include "tsdb/head_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/faulty_fs.h"
#include "tsdb/logged_head_fixture.h"

namespace tocsin::tsdb {
namespace {

constexpr int kSeries = 300;

void Scrape(storage::RowAppender& row, int64_t timestamp_ms) {
  row.BeginRow(timestamp_ms);
  for (int i = 0; i < kSeries; ++i) {
    row.Set(row.SlotOf(Series("row", i)).value(), static_cast<double>(timestamp_ms + i));
  }
  ASSERT_TRUE(row.CommitRow().ok());
}

/// A log with 200 scrapes; returns what they hold.
Contents WriteLog(Fs& fs) {
  LoggedHead logged(fs);
  const auto row = logged.head->MakeRowAppender();
  for (int64_t scrape = 1; scrape <= 200; ++scrape) Scrape(*row, scrape * 1000);
  Append(*logged.head, Series("rule", 1), 150'500, 7);
  return ReadAll(*logged.head);
}

/// Calls `meanwhile` before each record of samples.
class Interrupted final : public ReplayVisitor {
 public:
  Interrupted(ReplayVisitor& visitor, std::function<void()> meanwhile)
      : visitor_(visitor), meanwhile_(std::move(meanwhile)) {}
  Status OnSeries(SeriesBatch& batch) override { return visitor_.OnSeries(batch); }
  Status OnSamples(std::vector<SampleRecord>& samples) override {
    meanwhile_();
    return visitor_.OnSamples(samples);
  }
  void OnProgress(const ReplayProgress& progress) override { visitor_.OnProgress(progress); }

 private:
  ReplayVisitor& visitor_;
  const std::function<void()> meanwhile_;
};

TEST(HeadReplayTest, ScrapesAndQueriesAreServedMeanwhile) {
  FaultyFs fs;
  const Contents old = WriteLog(fs);
  Contents before;
  {
    LoggedHead logged(fs);
    ASSERT_TRUE(logged.wal->Replay(*logged.head->MakeSeriesReplay()).ok());
    EXPECT_EQ(logged.head->Statistics(0).series_count, old.size());
    const auto row = logged.head->MakeRowAppender();
    {
      const auto replay = logged.head->MakeReplay({});
      int64_t at = 1000;
      Interrupted interrupted(*replay, [&] {
        if (++at % 8 != 0) return;
        Scrape(*row, at * 1000);
        Append(*logged.head, Series("made meanwhile", static_cast<int>(at % 3)), at * 1000, 1);
        EXPECT_GE(ReadAll(*logged.head).size(), static_cast<size_t>(kSeries));
      });
      ASSERT_TRUE(logged.wal->Replay(interrupted).ok());
    }
    before = ReadAll(*logged.head);
    for (const auto& [labels, samples] : old) {
      EXPECT_TRUE(std::ranges::includes(before[labels], samples)) << labels;
      EXPECT_GE(before[labels].size(), samples.size() + (labels.find("rule") == labels.npos))
          << labels;
    }
    for (int64_t scrape = 2000; scrape < 2300; ++scrape) Scrape(*row, scrape * 1000);
    before = ReadAll(*logged.head);
  }
  LoggedHead again(fs);
  again.Start();
  EXPECT_EQ(Differences(ReadAll(*again.head), before), "");
}

TEST(HeadReplayTest, NewSeriesGetReferencesThatTheLogDoesNotHave) {
  FaultyFs fs;
  WriteLog(fs);
  LoggedHead logged(fs);
  ASSERT_TRUE(logged.wal->Replay(*logged.head->MakeSeriesReplay()).ok());
  const std::vector<uint64_t> known = logged.head->WalRefs();
  Append(*logged.head, Series("new", 1), 999'999, 1);
  const std::vector<uint64_t> refs = logged.head->WalRefs();
  ASSERT_EQ(refs.size(), known.size() + 1);
  EXPECT_GT(refs.back(), known.back());
}

TEST(HeadReplayTest, WhatIsNotNewerThanTheLogIsRefusedMeanwhile) {
  FaultyFs fs;
  const Contents old = WriteLog(fs);
  LoggedHead logged(fs);
  ASSERT_TRUE(logged.wal->Replay(*logged.head->MakeSeriesReplay()).ok());
  {
    const auto replay = logged.head->MakeReplay({});
    const auto row = logged.head->MakeRowAppender();
    Scrape(*row, 100'500);  // The clock went back: it would keep half of the log out.
    auto appender = logged.head->MakeAppender();
    EXPECT_FALSE(appender->Append(0, Series("row", 5), 150'000, 1).ok());
    ASSERT_TRUE(logged.wal->Replay(*replay).ok());
  }
  EXPECT_EQ(Differences(ReadAll(*logged.head), old), "");
  Append(*logged.head, Series("other", 5), 199'000, 1);
  EXPECT_EQ(ReadAll(*logged.head).size(), old.size() + 1);
}

TEST(HeadReplayTest, NothingIsTruncatedMeanwhile) {
  FaultyFs fs;
  const Contents old = WriteLog(fs);
  LoggedHead logged(fs);
  ASSERT_TRUE(logged.wal->Replay(*logged.head->MakeSeriesReplay()).ok());
  {
    const auto replay = logged.head->MakeReplay({});
    Interrupted interrupted(*replay, [&] {
      logged.head->Truncate(100'000);
      EXPECT_FALSE(logged.Write().ok());
    });
    ASSERT_TRUE(logged.wal->Replay(interrupted).ok());
  }
  EXPECT_EQ(Differences(ReadAll(*logged.head), old), "");
  EXPECT_TRUE(logged.Write().ok());
}

// For the thread sanitizer: everything at once.
TEST(HeadReplayTest, ThreadsScrapeQueryAndReplay) {
  FaultyFs fs;
  const Contents old = WriteLog(fs);
  LoggedHead logged(fs);
  ASSERT_TRUE(logged.wal->Replay(*logged.head->MakeSeriesReplay()).ok());
  const auto replay = logged.head->MakeReplay({});
  std::atomic<bool> is_done = false;
  std::jthread scraper([&] {
    const auto row = logged.head->MakeRowAppender();
    for (int64_t scrape = 1000; !is_done; ++scrape) Scrape(*row, scrape * 1000);
  });
  std::jthread reader([&] {
    while (!is_done) (void)ReadAll(*logged.head);
  });
  ASSERT_TRUE(logged.wal->Replay(*replay).ok());
  is_done = true;
  scraper.join();
  reader.join();
  Contents now = ReadAll(*logged.head);
  for (const auto& [labels, samples] : old) {
    EXPECT_TRUE(std::ranges::includes(now[labels], samples)) << labels;
  }
}

}  // namespace
}  // namespace tocsin::tsdb
