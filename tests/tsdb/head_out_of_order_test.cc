// Samples out of order: which are taken, and where they are seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tsdb/any_contents.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/log_recorder.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::Pair;

Labels Named(const std::string& name) { return Labels({{"__name__", name}}); }

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

class HeadOutOfOrderTest : public testing::Test {
 protected:
  explicit HeadOutOfOrderTest(int64_t window_ms = 30 * kMinute)
      : logged_({.block_range_ms = 2 * kHour, .out_of_order_window_ms = window_ms}) {}

  std::string Append(int64_t timestamp_ms, double value, bool refuses_out_of_order = false) {
    auto appender = logged_.head->MakeAppender();
    const auto ref = appender->AppendWith(0, Named("a"), timestamp_ms, value,
                                          {.refuses_out_of_order = refuses_out_of_order});
    if (!ref) return ref.error().message();
    return appender->Commit() ? "" : "commit failed";
  }
  AnySamples Samples() { return ReadAny(*logged_.head)[Named("a").ToString()]; }
  double Counted(const std::string& name) {
    const std::string text = logged_.registry.Expose();
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  LoggedHead logged_;
};

class HeadWithoutWindowTest : public HeadOutOfOrderTest {
 protected:
  HeadWithoutWindowTest() : HeadOutOfOrderTest(0) {}
};

TEST_F(HeadOutOfOrderTest, TheVerdictsComeInUpstreamsOrder) {
  ASSERT_EQ(Append(10 * kHour, 1), "");
  EXPECT_EQ(Append(10 * kHour, 1), "");
  EXPECT_EQ(Append(10 * kHour, 2),
            "duplicate sample for timestamp 36000000; overrides not allowed: existing 1, new value "
            "2");
  EXPECT_EQ(Append(10 * kHour - 30 * kMinute, 3), "");
  EXPECT_EQ(Append(10 * kHour - 30 * kMinute - 1, 3), "too old sample");
  EXPECT_EQ(Append(10 * kHour - 1, 3, true), "out of order sample");
  EXPECT_THAT(Samples(), ElementsAre(Pair(10 * kHour - 30 * kMinute, Describe(3.0)),
                                     Pair(10 * kHour, Describe(1.0))));
  EXPECT_EQ(Counted("prometheus_tsdb_too_old_samples_total{type=\"float\"}"), 1);
  EXPECT_EQ(Counted("prometheus_tsdb_out_of_order_samples_total{type=\"float\"}"), 1);
  EXPECT_EQ(Counted("prometheus_tsdb_head_out_of_order_samples_appended_total{type=\"float\"}"), 1);
  EXPECT_EQ(Counted("prometheus_tsdb_head_samples_appended_total{type=\"float\"}"), 1);
  logged_.head->SetOutOfOrderWindow(0);
  EXPECT_EQ(Append(10 * kHour - 5, 3), "out of order sample");
}

TEST_F(HeadWithoutWindowTest, SamplesOlderThanHalfABlockAreOutOfBounds) {
  ASSERT_EQ(Append(0, 1), "") << "an empty store takes any time";
  ASSERT_EQ(Append(10 * kHour, 1), "");
  EXPECT_EQ(Append(9 * kHour, 1), "out of order sample");
  EXPECT_EQ(Append(9 * kHour - 1, 1), "out of bounds");
  EXPECT_EQ(Counted("prometheus_tsdb_out_of_bound_samples_total{type=\"float\"}"), 1);
}

TEST_F(HeadOutOfOrderTest, ManySamplesInAnyOrderReadBackSortedAndSurviveARestart) {
  ASSERT_EQ(Append(10 * kHour, -1), "");
  AnySamples expected{{10 * kHour, Describe(-1.0)}};
  for (int64_t i = 0; i < 500; ++i) {
    const int64_t timestamp_ms = 10 * kHour - 1 - (i * 7919) % 1000 * 1000;
    ASSERT_EQ(Append(timestamp_ms, static_cast<double>(i)), "");
    expected.emplace(timestamp_ms, Describe(static_cast<double>(i)));
  }
  EXPECT_EQ(Samples(), expected);
  logged_.Restart();
  EXPECT_EQ(Samples(), expected);
}

TEST_F(HeadOutOfOrderTest, AtOneTimeTheSampleInOrderAndTheFirstOneCount) {
  ASSERT_EQ(Append(kHour, 1), "");
  ASSERT_EQ(Append(kHour + 1000, 2), "");
  ASSERT_EQ(Append(kHour, 9), "") << "not the newest, so upstream does not see that it is there";
  ASSERT_EQ(Append(kHour - 500, 3), "");
  ASSERT_EQ(Append(kHour - 500, 4), "");
  EXPECT_THAT(Samples(), ElementsAre(Pair(kHour - 500, Describe(3.0)), Pair(kHour, Describe(1.0)),
                                     Pair(kHour + 1000, Describe(2.0))));
}

TEST_F(HeadOutOfOrderTest, HistogramsMayComeOutOfOrderToo) {
  auto appender = logged_.head->MakeAppender();
  ASSERT_TRUE(appender->AppendHistogram(0, Named("a"), kHour, CounterHistogram(9), {}).ok());
  ASSERT_TRUE(appender->Commit().ok());
  ASSERT_TRUE(appender->AppendHistogram(0, Named("a"), kHour - 10, CounterHistogram(3), {}).ok());
  ASSERT_TRUE(
      appender->AppendHistogram(0, Named("a"), kHour - 30, ToFloat(CounterHistogram(2)), {}).ok());
  ASSERT_TRUE(appender->Append(0, Named("a"), kHour - 20, 5).ok());
  ASSERT_TRUE(appender->Commit().ok());
  const auto expected = ElementsAre(Pair(kHour - 30, Describe(ToFloat(CounterHistogram(2)))),
                                    Pair(kHour - 20, Describe(5.0)),
                                    Pair(kHour - 10, Describe(ToFloat(CounterHistogram(3)))),
                                    Pair(kHour, Describe(ToFloat(CounterHistogram(9)))));
  EXPECT_THAT(Samples(), expected);
  appender.reset();
  logged_.Restart();
  EXPECT_THAT(Samples(), expected);
}

TEST_F(HeadOutOfOrderTest, RowsStoreOldSamplesButNoOldMarkers) {
  auto row = logged_.head->MakeRowAppender();
  const auto a = row->SlotOf(Named("a")).value();
  const auto b = row->SlotOf(Named("b")).value();
  const auto scrape = [&](int64_t timestamp_ms, std::vector<storage::RowAppender::Slot> slots) {
    row->BeginRow(timestamp_ms);
    for (const auto slot : slots) row->Set(slot, static_cast<double>(timestamp_ms));
    return row->CommitRow().value();
  };
  scrape(kHour, {a, b});
  const auto result = scrape(kHour - 1000, {a});
  EXPECT_EQ(result.appended, 1u);
  EXPECT_EQ(result.stale, 0u);
  EXPECT_EQ(scrape(kHour - 31 * kMinute, {a, b}).out_of_order, 2u);
  const auto expected = ElementsAre(Pair(kHour - 1000, Describe(static_cast<double>(kHour - 1000))),
                                    Pair(kHour, Describe(static_cast<double>(kHour))));
  EXPECT_THAT(Samples(), expected);
  row.reset();
  logged_.Restart();
  EXPECT_THAT(Samples(), expected);
}

TEST_F(HeadOutOfOrderTest, AReaderSeesNoLaterCommitsAndTheLatestIsFound) {
  ASSERT_EQ(Append(kHour, 1), "");
  ASSERT_EQ(Append(kHour - 1000, 2), "");
  const auto querier = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
  const AnyContents before = ReadAny(*querier);
  for (int64_t i = 0; i < 100; ++i) ASSERT_EQ(Append(kHour - 2000 - i, 3), "");
  EXPECT_EQ(ReadAny(*querier), before);
  const auto later = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
  const Matcher any = AnySeries();
  const auto set = later->Select(std::span(&any, 1), {}).value();
  storage::SeriesSet::Latest latest;
  ASSERT_TRUE(set->ReadLatest(0, 0, kHour - 1500, std::span(&latest, 1)).ok());
  EXPECT_EQ(latest.timestamp_ms, kHour - 2000);
  ASSERT_TRUE(set->ReadLatest(0, 0, kHour, std::span(&latest, 1)).ok());
  EXPECT_EQ(latest.timestamp_ms, kHour);
}

TEST_F(HeadOutOfOrderTest, ASnapshotHasWhatCompactionNeedsAndTruncationWaitsForReaders) {
  ASSERT_EQ(Append(kHour, 1), "");
  EXPECT_FALSE(logged_.head->SnapshotOutOfOrder().has_value());
  for (int64_t i = 1; i <= 100; ++i) {
    ASSERT_EQ(Append(kHour - i * 1000, static_cast<double>(i)), "");
  }
  auto snapshot = logged_.head->SnapshotOutOfOrder();
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->min_time_ms, kHour - 100'000);
  EXPECT_EQ(snapshot->max_time_ms, kHour - 1000);
  ASSERT_EQ(Append(kHour - 500, 7), "");  // While the blocks are made.
  const Matcher any = AnySeries();
  {
    const auto set = snapshot->querier->Select(std::span(&any, 1), {}).value();
    ASSERT_EQ(set->size(), 1u);
    std::vector<storage::EncodedChunk> chunks;
    ASSERT_TRUE(set->ReadChunks(0, INT64_MIN, INT64_MAX, chunks).ok());
    storage::SampleBuffer buffer;
    for (const auto& chunk : chunks) {
      ASSERT_TRUE(DecodeChunk(chunk.encoding, chunk.bytes, INT64_MIN, INT64_MAX, buffer).ok());
    }
    EXPECT_EQ(buffer.values.size(), 100u);
    EXPECT_EQ(buffer.timestamps_ms.back(), kHour - 1000);
  }
  snapshot->querier.reset();
  auto reader = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
  logged_.head->TruncateOutOfOrder(snapshot->sequence);
  EXPECT_EQ(ReadAny(*reader)[Named("a").ToString()].size(), 102u);
  reader.reset();
  logged_.head->Truncate(INT64_MIN);
  EXPECT_THAT(Samples(), ElementsAre(Pair(kHour - 500, Describe(7.0)), Pair(kHour, Describe(1.0))));
  EXPECT_EQ(logged_.head->SnapshotOutOfOrder()->min_time_ms, kHour - 500);
}

TEST_F(HeadOutOfOrderTest, TruncatingTheHeadKeepsSamplesOutOfOrderAndTheirSeries) {
  ASSERT_EQ(Append(kHour, 1), "");
  ASSERT_EQ(Append(kHour - 1000, 2), "");
  logged_.head->Truncate(2 * kHour);
  EXPECT_THAT(Samples(), ElementsAre(Pair(kHour - 1000, Describe(2.0))));
}

TEST_F(HeadOutOfOrderTest, WhenALogRefusesNothingOfTheCommitIsSeen) {
  ASSERT_EQ(Append(kHour, 1), "");
  logged_.out_of_order_log.is_broken = true;
  auto appender = logged_.head->MakeAppender();
  ASSERT_TRUE(appender->Append(0, Named("a"), kHour - 1000, 2).ok());
  ASSERT_TRUE(appender->Append(0, Named("b"), kHour, 2).ok());
  EXPECT_FALSE(appender->Commit().ok());
  EXPECT_EQ(Samples().size(), 1u);
  EXPECT_EQ(ReadAny(*logged_.head).size(), 1u);
}

}  // namespace
}  // namespace tocsin::tsdb
