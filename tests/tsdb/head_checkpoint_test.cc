// A head that starts from its checkpoint and the end of its log has what one has that read all of
// the log; a checkpoint that is damaged or of another log changes nothing.
#include "tsdb/head_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/faulty_fs.h"
#include "tsdb/logged_head_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::HasSubstr;

void Scrape(storage::RowAppender& row, int64_t timestamp_ms, int series_count) {
  row.BeginRow(timestamp_ms);
  for (int i = 0; i < series_count; ++i) {
    if (i % 7 == 3 && timestamp_ms % 3 == 0) continue;  // Comes and goes.
    row.Set(row.SlotOf(Series("row", i)).value(), static_cast<double>(timestamp_ms * i) / 8);
  }
  ASSERT_TRUE(row.CommitRow().ok());
}

/// Sealed chunks, open chunks, rows, pending samples, long intervals, far times.
void Fill(Head& head, storage::RowAppender& row, int64_t begin, int64_t scrapes) {
  for (int64_t scrape = begin; scrape < begin + scrapes; ++scrape) {
    Scrape(row, scrape * 15'001, 40);
    Append(head, Series("batch", static_cast<int>(scrape % 5)), scrape * 15'001 + 7, 1.5);
    Append(head, Series("slow", 0), scrape * 4'000'000'000, static_cast<double>(scrape));
  }
}

TEST(HeadCheckpointTest, StartFromItEqualsStartFromTheWholeLog) {
  for (const int64_t scrapes : {1, 5, 130, 300}) {
    FaultyFs fs;
    Contents before;
    {
      LoggedHead logged(fs);
      const auto row = logged.head->MakeRowAppender();
      Fill(*logged.head, *row, 1, scrapes);
      ASSERT_TRUE(logged.Write().ok());
      Fill(*logged.head, *row, 1 + scrapes, 3);
      Append(*logged.head, Series("new", 1), 999'999, 3);
      before = ReadAll(*logged.head);
    }
    LoggedHead again(fs);
    const uint64_t samples = again.Start();
    ASSERT_TRUE(again.loaded.ok()) << again.loaded.error().message();
    EXPECT_LE(samples, 3u * 42 + 1);
    EXPECT_EQ(Differences(ReadAll(*again.head), before), "") << scrapes;
    LoggedHead whole(fs);
    ASSERT_TRUE(fs.Remove(kCheckpointPath).ok());
    whole.Start();
    EXPECT_EQ(Differences(ReadAll(*whole.head), before), "") << scrapes;
    EXPECT_EQ(again.head->Statistics(0).series_count, whole.head->Statistics(0).series_count);
    EXPECT_EQ(again.head->min_time_ms(), whole.head->min_time_ms());
    EXPECT_EQ(again.head->max_time_ms(), whole.head->max_time_ms());
    EXPECT_EQ(again.head->WalRefs(), whole.head->WalRefs());
  }
}

TEST(HeadCheckpointTest, SurvivesGenerationsOfCheckpoints) {
  FaultyFs fs;
  Contents before;
  int64_t at = 1;
  for (int generation = 0; generation < 6; ++generation) {
    LoggedHead logged(fs);
    logged.Start();
    EXPECT_EQ(Differences(ReadAll(*logged.head), before), "") << generation;
    const auto row = logged.head->MakeRowAppender();
    Fill(*logged.head, *row, at, 50);
    ASSERT_TRUE(logged.Write().ok());
    Fill(*logged.head, *row, at + 50, 10);
    at += 60;
    before = ReadAll(*logged.head);
  }
}

TEST(HeadCheckpointTest, SeriesThatTheLogDoesNotHaveYetIsLeftToTheLog) {
  FaultyFs fs;
  Contents before;
  {
    LoggedHead logged(fs);
    Append(*logged.head, Series("known", 0), 1000, 1);
    auto appender = logged.head->MakeAppender();
    ASSERT_TRUE(appender->Append(0, Series("made", 0), 2000, 1).ok());
    const auto report = logged.Write();
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->series, 1u);
    ASSERT_TRUE(appender->Commit().ok());
    before = ReadAll(*logged.head);
  }
  LoggedHead again(fs);
  again.Start();
  EXPECT_EQ(Differences(ReadAll(*again.head), before), "");
}

TEST(HeadCheckpointTest, SeriesThatCameBackKeepsBothReferences) {
  FaultyFs fs;
  Contents before;
  {
    LoggedHead logged(fs);
    Append(*logged.head, Series("back", 0), 1000, 1);
    Append(*logged.head, Series("kept", 0), 90'000, 1);
    logged.head->Truncate(50'000);
    Append(*logged.head, Series("back", 0), 100'000, 2);
  }
  {
    LoggedHead aliased(fs);
    aliased.Start();
    ASSERT_TRUE(aliased.Write().ok());
    EXPECT_EQ(aliased.head->WalRefs().size(), 3u);
    Append(*aliased.head, Series("back", 0), 200'000, 2);
    before = ReadAll(*aliased.head);
  }
  LoggedHead again(fs);
  again.Start();
  ASSERT_TRUE(again.loaded.ok());
  EXPECT_EQ(again.head->WalRefs().size(), 3u);
  EXPECT_EQ(Differences(ReadAll(*again.head), before), "");
}

TEST(HeadCheckpointTest, CarriesExemplarsMetadataAndRecordsOfTheCaller) {
  FaultyFs fs;
  const Labels labels = Series("m", 1);
  const MetricMetadata metadata{MetricType::kCounter, "Counts.", "bytes"};
  {
    LoggedHead logged(fs);
    const auto appender = logged.head->MakeAppender();
    const auto ref = appender->Append(0, labels, 1000, 1).value();
    ASSERT_TRUE(
        appender->AppendExemplar(ref, labels, {Labels({{"trace", "x"}}), 7, 900, true}).ok());
    ASSERT_TRUE(appender->SetMetadata(ref, labels, metadata).ok());
    ASSERT_TRUE(appender->Commit().ok());
    logged.records = [] { return std::vector<std::string>{"one", std::string(5000, 'x')}; };
    ASSERT_TRUE(logged.Write().ok());
  }
  LoggedHead again(fs);
  EXPECT_EQ(again.Start(), 0u);
  ASSERT_TRUE(again.loaded.ok());
  EXPECT_THAT(again.loaded->caller_records, testing::ElementsAre("one", std::string(5000, 'x')));
  const std::vector<std::vector<Matcher>> all = {{AnySeries()}};
  const auto exemplars = again.head->exemplars().SelectExemplars(0, 2000, all).value();
  ASSERT_EQ(exemplars.size(), 1u);
  EXPECT_EQ(exemplars[0].labels, labels);
  ASSERT_EQ(exemplars[0].exemplars.size(), 1u);
  EXPECT_EQ(exemplars[0].exemplars[0].labels, Labels({{"trace", "x"}}));
  const auto found = again.head->MetadataOf(all[0]);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].metadata, metadata);
}

// Dies at every write of a checkpoint that takes the place of another.
TEST(HeadCheckpointTest, CrashAtAnyWriteLosesNothing) {
  WalOptions options;
  options.fsync = WalFsync::kOnEveryLog;
  for (uint64_t nth = 0;; ++nth) {
    FaultyFs fs;
    Contents before;
    bool has_crashed = false;
    {
      LoggedHead logged(fs, options);
      const auto row = logged.head->MakeRowAppender();
      Fill(*logged.head, *row, 1, 20);
      ASSERT_TRUE(logged.Write().ok());
      Fill(*logged.head, *row, 21, 5);
      before = ReadAll(*logged.head);
      fs.FailAt(nth, FaultyFs::Fault::kCrash);
      has_crashed = !logged.Write().ok();
    }
    for (const auto survival :
         {FaultyFs::Survival::kWritten, FaultyFs::Survival::kSynced, FaultyFs::Survival::kTorn}) {
      for (uint64_t seed = 0; seed < (survival == FaultyFs::Survival::kTorn ? 5u : 1u); ++seed) {
        const auto disk = fs.AfterCrash(survival, seed);
        LoggedHead again(*disk, options);
        again.Start();
        EXPECT_EQ(Differences(ReadAll(*again.head), before), "") << "crash at " << nth;
      }
    }
    if (!has_crashed) break;
    ASSERT_LT(nth, 100u);
  }
}

TEST(HeadCheckpointTest, FullDiskLeavesTheOldOneInPlace) {
  FaultyFs fs;
  LoggedHead logged(fs);
  const auto row = logged.head->MakeRowAppender();
  Fill(*logged.head, *row, 1, 20);
  ASSERT_TRUE(logged.Write().ok());
  const std::string old = fs.ReadFile(kCheckpointPath).value();
  Fill(*logged.head, *row, 21, 5);
  fs.FailAt(1, FaultyFs::Fault::kNoSpace, 100);
  EXPECT_FALSE(logged.Write().ok());
  fs.Heal();
  EXPECT_EQ(fs.ReadFile(kCheckpointPath).value(), old);
}

struct Damage : testing::Test {
  void SetUp() override {
    LoggedHead logged(fs);
    const auto row = logged.head->MakeRowAppender();
    Fill(*logged.head, *row, 1, 125);
    ASSERT_TRUE(logged.Write().ok());
    before = ReadAll(*logged.head);
    bytes = fs.ReadFile(kCheckpointPath).value();
  }
  void Rewrite(std::string_view content) {
    ASSERT_TRUE(fs.WriteFileAtomically(kCheckpointPath, content).ok());
  }
  /// The checkpoint is refused, the head untouched, and the log gives all.
  void ExpectIgnored(ErrorCode code, const std::string& why) {
    LoggedHead again(fs);
    const auto loaded = again.head->LoadCheckpoint(again.Place());
    ASSERT_FALSE(loaded.ok()) << why;
    EXPECT_EQ(loaded.error().code(), code) << why << ": " << loaded.error().message();
    EXPECT_EQ(again.head->Statistics(0).series_count, 0u);
    EXPECT_EQ(again.head->Statistics(0).label_pair_count, 0u);
  }
  FaultyFs fs;
  Contents before;
  std::string bytes;
};
using HeadCheckpointDamageTest = Damage;

TEST_F(HeadCheckpointDamageTest, FlippedBitAnywhereIsFound) {
  for (size_t at = 0; at < bytes.size(); at += 1 + at / 40) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    Rewrite(damaged);
    LoggedHead again(fs);
    ASSERT_FALSE(again.head->LoadCheckpoint(again.Place()).ok()) << "byte " << at;
    ASSERT_EQ(again.head->Statistics(0).series_count, 0u);
  }
  LoggedHead again(fs);
  again.Start();
  EXPECT_EQ(Differences(ReadAll(*again.head), before), "");
}

TEST_F(HeadCheckpointDamageTest, EveryTruncationIsFound) {
  for (size_t size = 0; size < bytes.size(); size += 1 + size / 100) {
    Rewrite(bytes.substr(0, size));
    ExpectIgnored(ErrorCode::kCorruption, "cut at " + std::to_string(size));
  }
}

TEST_F(HeadCheckpointDamageTest, AnotherVersionIsNotRead) {
  bytes[8] = 9;
  Rewrite(bytes);
  ExpectIgnored(ErrorCode::kUnimplemented, "version");
}

TEST_F(HeadCheckpointDamageTest, CheckpointOfAnotherLogIsNotUsed) {
  ASSERT_TRUE(fs.RemoveAll("/data/wal").ok());
  ExpectIgnored(ErrorCode::kOutOfBounds, "log is gone");
  {
    LoggedHead other(fs);
    const auto row = other.head->MakeRowAppender();
    Fill(*other.head, *row, 500, 200);
  }
  ExpectIgnored(ErrorCode::kOutOfBounds, "log is another");
}

TEST(HeadCheckpointTest, CommitsAndReadersGoOnMeanwhile) {
  FaultyFs fs;
  Contents before;
  {
    LoggedHead logged(fs);
    std::atomic<bool> is_done = false;
    std::jthread scraper([&] {
      const auto row = logged.head->MakeRowAppender();
      for (int64_t scrape = 1; scrape <= 400; ++scrape) Scrape(*row, scrape * 1001, 60);
      is_done = true;
    });
    std::jthread rules([&] {
      for (int i = 1; i <= 400; ++i) {
        Append(*logged.head, Series("rule", i % 9), i * 1000, i);
      }
    });
    while (!is_done) {
      (void)logged.Write();  // Refused only while the log is empty.
      (void)ReadAll(*logged.head);
    }
    rules.join();
    scraper.join();
    before = ReadAll(*logged.head);
  }
  LoggedHead again(fs);
  again.Start();
  EXPECT_TRUE(again.loaded.ok());
  EXPECT_EQ(Differences(ReadAll(*again.head), before), "");
}

}  // namespace
}  // namespace tocsin::tsdb
