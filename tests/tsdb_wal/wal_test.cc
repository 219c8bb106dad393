#include "tsdb/wal/wal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tsdb_wal/log_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class WalTest : public testing::Test {
 protected:
  std::unique_ptr<Wal> Open(WalOptions options = {}) {
    auto wal = Wal::Open(around_.With(fs_), "/data/wal", options);
    EXPECT_TRUE(wal) << wal.error().message();
    return wal ? std::move(*wal) : nullptr;
  }
  ReplayReport Replay(Wal& wal, WalPosition from = {-1, 0}) {
    visitor_ = CollectingVisitor();
    const auto report = wal.Replay(visitor_, from);
    EXPECT_TRUE(report) << report.error().message();
    return report ? *report : ReplayReport();
  }
  double Metric(const std::string& name) { return around_.registry.AddCounter(name, "").value(); }
  std::string PathOf(int64_t index) { return "/data/wal/" + SegmentName(index); }
  void Flip(const std::string& path, size_t at) {
    std::string bytes = fs_.ReadFile(path).value();
    bytes[at] ^= 0x10;
    ASSERT_TRUE(Overwrite(fs_, path, bytes));
  }

  FaultyFs fs_;
  Surroundings around_;
  CollectingVisitor visitor_;
};

TEST_F(WalTest, WhatIsLoggedIsReplayedInOrder) {
  {
    const auto wal = Open();
    std::string series;
    BeginSeriesRecord(series);
    AppendSeries(1, Labels{{"__name__", "up"}}, series);
    const std::string samples = SampleRecordOf(1000, 1);
    const std::vector<std::string_view> records = {series, samples};
    ASSERT_TRUE(wal->Log(records));
    ASSERT_TRUE(wal->Log(SampleRecordOf(2000, 2)));
  }
  const auto wal = Open();
  const ReplayReport report = Replay(*wal);
  EXPECT_THAT(visitor_.values(), ElementsAre(1, 2));
  ASSERT_THAT(visitor_.series, SizeIs(1));
  EXPECT_EQ(visitor_.series[0].second, (Labels{{"__name__", "up"}}));
  EXPECT_EQ(report.records, 3u);
  EXPECT_EQ(report.samples, 2u);
  EXPECT_THAT(report.corruptions, IsEmpty());
  EXPECT_EQ(visitor_.last_progress.bytes_done, visitor_.last_progress.bytes_total);
}

TEST_F(WalTest, EachOpeningBeginsANewSegment) {
  for (int64_t i = 0; i < 3; ++i) {
    const auto wal = Open();
    EXPECT_EQ(wal->position(), (WalPosition{i, 0}));
    ASSERT_TRUE(wal->Log(SampleRecordOf(i, static_cast<double>(i))));
  }
  const auto wal = Open();
  Replay(*wal);
  EXPECT_THAT(visitor_.values(), ElementsAre(0, 1, 2));
}

TEST_F(WalTest, ReplayDoesNotSeeWhatThisOpeningLogged) {
  const auto wal = Open();
  ASSERT_TRUE(wal->Log(SampleRecordOf(1, 1)));
  Replay(*wal);
  EXPECT_THAT(visitor_.values(), IsEmpty());
}

TEST_F(WalTest, ReplayFromAPositionSeesWhatWasLoggedAfterIt) {
  WalPosition position;
  {
    const auto wal = Open({.segment_bytes = 2 * kWalPageBytes});
    for (int i = 0; i < 10'000; ++i) {
      if (i == 4'321) position = wal->position();
      ASSERT_TRUE(wal->Log(SampleRecordOf(i, i)));
    }
  }
  EXPECT_GT(position.segment, 0);
  const auto wal = Open();
  Replay(*wal, position);
  ASSERT_THAT(visitor_.samples, SizeIs(10'000 - 4'321));
  EXPECT_EQ(visitor_.samples.front().timestamp_ms, 4'321);
}

TEST_F(WalTest, UnknownRecordTypesAreSkippedAndCounted) {
  {
    const auto wal = Open();
    ASSERT_TRUE(wal->Log("\x6bnew format"));
    ASSERT_TRUE(wal->Log("\x0fhistogram"));
    ASSERT_TRUE(wal->Log("\x0fhistogram"));
    ASSERT_TRUE(wal->Log(SampleRecordOf(1, 1)));
  }
  const ReplayReport report = Replay(*Open());
  EXPECT_THAT(report.skipped_records, ElementsAre(std::pair<const uint8_t, uint64_t>(15, 2),
                                                  std::pair<const uint8_t, uint64_t>(107, 1)));
  EXPECT_THAT(report.corruptions, IsEmpty());
  EXPECT_THAT(visitor_.values(), ElementsAre(1));
}

TEST_F(WalTest, VisitorsErrorEndsTheReplay) {
  { ASSERT_TRUE(Open()->Log(SampleRecordOf(1, 1))); }
  class Refusing final : public ReplayVisitor {
    Status OnSeries(SeriesBatch&) override { return {}; }
    Status OnSamples(std::vector<SampleRecord>&) override {
      return Errorf(ErrorCode::kTooLarge, "out of memory budget");
    }
  } refusing;
  const auto report = Open()->Replay(refusing);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message(), "out of memory budget");
}

TEST_F(WalTest, TornEndIsCutAtOpeningAndNoCorruption) {
  {
    const auto wal = Open();
    ASSERT_TRUE(wal->Log(SampleRecordOf(1, 1)));
    ASSERT_TRUE(wal->Log(SampleRecordOf(2, 2)));
    // Not closed: a dying process writes no padding.
    std::string bytes = fs_.ReadFile(PathOf(0)).value();
    bytes.pop_back();
    ASSERT_TRUE(wal->Close());
    ASSERT_TRUE(Overwrite(fs_, PathOf(0), bytes));
  }
  const auto wal = Open();
  const ReplayReport report = Replay(*wal);
  EXPECT_THAT(visitor_.values(), ElementsAre(1));
  EXPECT_EQ(report.corruption_count, 0u);
  EXPECT_FALSE(ReadWholeSegment(fs_, PathOf(0)).torn_offset);
}

TEST_F(WalTest, CorruptRecordLosesItselfAndIsReportedCountedAndSetAside) {
  {
    const auto wal = Open({.compression = WalCompression::kNone});
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(wal->Log(SampleRecordOf(i, i)));
  }
  { ASSERT_TRUE(Open()->Log(SampleRecordOf(10, 10))); }
  Flip(PathOf(0), 60);
  const std::string damaged = fs_.ReadFile(PathOf(0)).value();

  const ReplayReport report = Replay(*Open());
  EXPECT_THAT(visitor_.values(), ElementsAre(0, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  ASSERT_THAT(report.corruptions, SizeIs(1));
  EXPECT_EQ(report.corruptions[0].path, PathOf(0));
  EXPECT_EQ(report.corruptions[0].offset, 34u);
  EXPECT_THAT(report.corruptions[0].reason, HasSubstr("checksum"));
  EXPECT_EQ(Metric("prometheus_tsdb_wal_corruptions_total"), 1);
  EXPECT_EQ(fs_.ReadFile(PathOf(0) + ".corrupt").value(), damaged);

  EXPECT_EQ(Replay(*Open()).corruption_count, 0u) << "the segment has been rewritten";
  EXPECT_THAT(visitor_.values(), ElementsAre(0, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST_F(WalTest, RecordThatMakesNoSenseIsRejectedAndRemoved) {
  {
    const auto wal = Open();
    ASSERT_TRUE(wal->Log(SampleRecordOf(1, 1)));
    std::string malformed = SampleRecordOf(2, 2);
    malformed.pop_back();
    ASSERT_TRUE(wal->Log(malformed));
    ASSERT_TRUE(wal->Log(SampleRecordOf(3, 3)));
  }
  const ReplayReport report = Replay(*Open());
  EXPECT_THAT(visitor_.values(), ElementsAre(1, 3));
  ASSERT_THAT(report.corruptions, SizeIs(1));
  EXPECT_THAT(report.corruptions[0].reason, HasSubstr("samples record, byte 17"));
  EXPECT_EQ(Replay(*Open()).corruption_count, 0u);
}

TEST_F(WalTest, MissingSegmentIsReported) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Open()->Log(SampleRecordOf(i, i)));
  ASSERT_TRUE(fs_.Remove(PathOf(2)));
  const ReplayReport report = Replay(*Open());
  EXPECT_THAT(visitor_.values(), ElementsAre(0, 1, 3));
  ASSERT_THAT(report.corruptions, SizeIs(1));
  EXPECT_EQ(report.corruptions[0].reason, "segment is missing");
  EXPECT_EQ(report.corruptions[0].path, PathOf(2));
}

TEST_F(WalTest, FullDiskRefusesTheRecordAndLaterOnesAreKept) {
  {
    const auto wal = Open();
    ASSERT_TRUE(wal->Log(SampleRecordOf(1, 1)));
    fs_.FailAt(0, FaultyFs::Fault::kNoSpace, 4);
    const Status refused = wal->Log(SampleRecordOf(2, 2));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(),
              "write to WAL: write /data/wal/00000000: no space left on device");
    EXPECT_EQ(Metric("prometheus_tsdb_wal_writes_failed_total"), 1);
    fs_.Heal();
    ASSERT_TRUE(wal->Log(SampleRecordOf(3, 3)));
  }
  EXPECT_EQ(Replay(*Open()).corruption_count, 0u);
  EXPECT_THAT(visitor_.values(), ElementsAre(1, 3));
}

TEST_F(WalTest, LogAfterCloseIsUnavailable) {
  const auto wal = Open();
  ASSERT_TRUE(wal->Close());
  ASSERT_TRUE(wal->Close());
  const Status refused = wal->Log(SampleRecordOf(1, 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
}

TEST_F(WalTest, SegmentSizeThatIsNoMultipleOfAPageIsRefused) {
  EXPECT_FALSE(Wal::Open(around_.With(fs_), "/data/wal", {.segment_bytes = 1000}));
}

TEST_F(WalTest, MetricsCarryPrometheusNames) {
  const auto wal = Open({.compression = WalCompression::kNone});
  ASSERT_TRUE(wal->Log(SampleRecordOf(1, 1)));
  const std::string text = around_.registry.Expose();
  EXPECT_THAT(text, HasSubstr("prometheus_tsdb_wal_segment_current 0"));
  EXPECT_THAT(text, HasSubstr("prometheus_tsdb_wal_page_flushes_total 1"));
  EXPECT_THAT(text, HasSubstr("prometheus_tsdb_wal_storage_size_bytes 34"));
  EXPECT_THAT(text, HasSubstr("prometheus_tsdb_wal_completed_pages_total 0"));
}

TEST_F(WalTest, RecordsOfConcurrentCallsDoNotMix) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 300;
  {
    const auto wal = Open({.segment_bytes = 4 * kWalPageBytes});
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&wal, thread] {
        for (int i = 0; i < kRounds; ++i) {
          const std::string first = SampleRecordOf(thread, i);
          const std::string second = SampleRecordOf(thread, i + 0.5);
          const std::vector<std::string_view> pair = {first, second};
          ASSERT_TRUE(wal->Log(pair));
          (void)wal->position();
        }
      });
    }
  }
  EXPECT_EQ(Replay(*Open()).corruption_count, 0u);
  ASSERT_THAT(visitor_.samples, SizeIs(2 * kThreads * kRounds));
  std::vector<double> next(kThreads, 0);
  for (size_t i = 0; i < visitor_.samples.size(); i += 2) {
    const SampleRecord& first = visitor_.samples[i];
    const SampleRecord& second = visitor_.samples[i + 1];
    ASSERT_EQ(first.timestamp_ms, second.timestamp_ms);
    ASSERT_EQ(first.value, next[static_cast<size_t>(first.timestamp_ms)]++);
    ASSERT_EQ(second.value, first.value + 0.5);
  }
}

}  // namespace
}  // namespace tocsin::tsdb
