// What storage::RowAppender promises, beyond what the model test covers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tsdb/head_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;

Labels Named(const std::string& name) { return Labels({{"__name__", name}}); }

std::pair<int64_t, uint64_t> At(int64_t timestamp_ms, double value) {
  return {timestamp_ms, Bits(value)};
}

class RowAppenderTest : public testing::Test {
 protected:
  SampleBits Samples(const std::string& name) {
    return ReadAll(memory_.head)[Named(name).ToString()];
  }
  MemoryHead memory_;
};

TEST_F(RowAppenderTest, SlotsAreStableAndTheSameLabelsGiveTheSameSlot) {
  auto row = memory_.head.MakeRowAppender();
  const auto a = row->SlotOf(Named("a")).value();
  row->BeginRow(1000);
  const auto b = row->SlotOf(Named("b")).value();
  EXPECT_NE(a, b);
  EXPECT_EQ(row->SlotOf(Named("a")).value(), a);
  EXPECT_TRUE(row->Set(b, 2));
  EXPECT_TRUE(row->Set(a, 1));
  EXPECT_FALSE(row->Set(a, 9));
  const auto result = row->CommitRow().value();
  EXPECT_EQ(result.appended, 2u);
  EXPECT_THAT(Samples("a"), ElementsAre(At(1000, 1)));
  EXPECT_THAT(Samples("b"), ElementsAre(At(1000, 2)));
}

TEST_F(RowAppenderTest, NewSeriesInTheMiddleOfARowKeepWhatWasSetBefore) {
  auto row = memory_.head.MakeRowAppender();
  row->BeginRow(1000);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(row->Set(row->SlotOf(Named("m" + std::to_string(i))).value(), i));
  }
  EXPECT_EQ(row->CommitRow().value().appended, 1000u);
  for (int i = 0; i < 1000; i += 111) {
    EXPECT_THAT(Samples("m" + std::to_string(i)), ElementsAre(At(1000, i)));
  }
}

TEST_F(RowAppenderTest, VanishedSeriesGetOneStaleMarkerAndComeBack) {
  auto row = memory_.head.MakeRowAppender();
  const auto a = row->SlotOf(Named("a")).value();
  row->BeginRow(1000);
  row->Set(a, 1);
  ASSERT_TRUE(row->CommitRow().ok());
  row->BeginRow(2000);
  EXPECT_EQ(row->CommitRow().value().stale, 1u);
  row->BeginRow(3000);
  EXPECT_EQ(row->CommitRow().value().stale, 0u);
  row->BeginRow(4000);
  row->Set(a, 4);
  ASSERT_TRUE(row->CommitRow().ok());
  EXPECT_THAT(Samples("a"), ElementsAre(At(1000, 1), At(2000, kStaleNan), At(4000, 4)));
}

TEST_F(RowAppenderTest, AbortedRowLeavesNothingAndForgetsNothing) {
  auto row = memory_.head.MakeRowAppender();
  const auto a = row->SlotOf(Named("a")).value();
  row->BeginRow(1000);
  row->Set(a, 1);
  ASSERT_TRUE(row->CommitRow().ok());
  row->BeginRow(2000);
  row->Set(a, 2);
  row->Set(row->SlotOf(Named("b")).value(), 2);
  row->AbortRow();
  row->BeginRow(3000);
  EXPECT_EQ(row->CommitRow().value().stale, 1u);
  EXPECT_THAT(Samples("a"), ElementsAre(At(1000, 1), At(3000, kStaleNan)));
  EXPECT_THAT(Samples("b"), ElementsAre());
}

TEST_F(RowAppenderTest, SampleWithItsOwnTimeIsTrackedOnlyOnRequest) {
  auto row = memory_.head.MakeRowAppender();
  const auto a = row->SlotOf(Named("a")).value();
  const auto b = row->SlotOf(Named("b")).value();
  row->BeginRow(10'000);
  EXPECT_TRUE(row->SetAt(a, 9000, 1, true));
  EXPECT_TRUE(row->SetAt(b, 9500, 1, false));
  EXPECT_FALSE(row->SetAt(a, 9100, 2, true));
  EXPECT_FALSE(row->Set(b, 2));
  EXPECT_EQ(row->CommitRow().value().appended, 2u);
  row->BeginRow(20'000);
  EXPECT_EQ(row->CommitRow().value().stale, 1u);
  EXPECT_THAT(Samples("a"), ElementsAre(At(9000, 1), At(20'000, kStaleNan)));
  EXPECT_THAT(Samples("b"), ElementsAre(At(9500, 1)));
}

TEST_F(RowAppenderTest, VerdictsAreCountedByKind) {
  auto row = memory_.head.MakeRowAppender();
  const auto a = row->SlotOf(Named("a")).value();
  const auto b = row->SlotOf(Named("b")).value();
  const auto c = row->SlotOf(Named("c")).value();
  row->BeginRow(5000);
  row->Set(a, 1);
  row->Set(b, 1);
  ASSERT_TRUE(row->CommitRow().ok());
  row->BeginRow(5000);
  row->Set(a, 1);  // Same time, same bits: nothing wrong.
  row->Set(b, 2);
  row->Set(c, 3);
  const auto same_time = row->CommitRow().value();
  EXPECT_EQ(same_time.appended, 2u);
  EXPECT_EQ(same_time.duplicates, 1u);
  row->BeginRow(4000);
  row->Set(a, 1);
  row->Set(b, 1);
  row->Set(c, 1);
  EXPECT_EQ(row->CommitRow().value().out_of_order, 3u);
  EXPECT_THAT(Samples("a"), ElementsAre(At(5000, 1)));
  EXPECT_THAT(Samples("c"), ElementsAre(At(5000, 3)));
}

TEST_F(RowAppenderTest, SeriesOfALivingTargetIsSharedAndThenTakenOver) {
  auto first = memory_.head.MakeRowAppender();
  auto second = memory_.head.MakeRowAppender();
  const auto of_first = first->SlotOf(Named("a")).value();
  first->BeginRow(1000);
  first->Set(of_first, 1);
  ASSERT_TRUE(first->CommitRow().ok());
  const auto of_second = second->SlotOf(Named("a")).value();
  second->BeginRow(2000);
  second->Set(of_second, 2);
  EXPECT_EQ(second->CommitRow().value().appended, 1u);
  first->BeginRow(1500);
  first->Set(of_first, 3);
  EXPECT_EQ(first->CommitRow().value().out_of_order, 1u);
  first.reset();
  for (int64_t t = 3; t < 30; ++t) {
    second->BeginRow(t * 1000);
    second->Set(of_second, static_cast<double>(t));
    ASSERT_EQ(second->CommitRow().value().appended, 1u);
  }
  const SampleBits samples = Samples("a");
  ASSERT_EQ(samples.size(), 29u);
  EXPECT_EQ(samples[0], At(1000, 1));
  EXPECT_EQ(samples[1], At(2000, 2));
  EXPECT_EQ(samples[28], At(29'000, 29));
}

TEST_F(RowAppenderTest, IdleSlotsAreGivenUpInsideBeginRowAndNothingIsLost) {
  auto row = memory_.head.MakeRowAppender();
  const auto stable = row->SlotOf(Named("stable")).value();
  row->BeginRow(0);
  for (int i = 0; i < 200; ++i) {
    row->Set(row->SlotOf(Named("pod" + std::to_string(i))).value(), i);
  }
  row->Set(stable, 0);
  ASSERT_TRUE(row->CommitRow().ok());
  const uint64_t generation = row->layout_generation();
  storage::RowAppender::Slot slot = stable;
  int64_t scrapes = 0;
  for (int64_t t = 60'000; t < 3 * 3'600'000; t += 60'000) {
    row->BeginRow(t);
    if (row->layout_generation() != generation) slot = row->SlotOf(Named("stable")).value();
    row->Set(slot, static_cast<double>(t));
    ASSERT_TRUE(row->CommitRow().ok());
    ++scrapes;
  }
  EXPECT_NE(row->layout_generation(), generation);
  EXPECT_EQ(slot, 0u);
  EXPECT_EQ(Samples("stable").size(), static_cast<size_t>(scrapes) + 1);
  EXPECT_THAT(Samples("pod7"), ElementsAre(At(0, 7), At(60'000, kStaleNan)));
}

TEST_F(RowAppenderTest, SeriesLimitRefusesNewOnesAndLetsTheOthersGoOn) {
  MemoryHead memory({.max_series = 2});
  auto row = memory.head.MakeRowAppender();
  const auto a = row->SlotOf(Named("a")).value();
  row->SlotOf(Named("b")).value();
  const auto refused = row->SlotOf(Named("c"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(refused.error().message(),
            "limit of 2 series reached, new series refused: {__name__=\"c\"}");
  row->BeginRow(1000);
  row->Set(a, 1);
  EXPECT_EQ(row->CommitRow().value().appended, 1u);
  EXPECT_EQ(row->SlotOf(Named("a")).value(), a);
}

TEST_F(RowAppenderTest, BatchAppenderErrorsCarryUpstreamsTexts) {
  auto appender = memory_.head.MakeAppender();
  const auto ref = appender->Append(0, Named("a"), 1000, 1).value();
  ASSERT_TRUE(appender->Commit().ok());
  const auto error_of = [&](int64_t timestamp_ms, double value) {
    const auto result = appender->Append(ref, Labels(), timestamp_ms, value);
    return result ? std::string() : result.error().message();
  };
  EXPECT_EQ(error_of(999, 1), "out of order sample");
  EXPECT_EQ(error_of(1000, 2.5),
            "duplicate sample for timestamp 1000; overrides not allowed: existing 1, new value "
            "2.5");
  EXPECT_EQ(error_of(1000, 1), "");
  EXPECT_EQ(appender->Append(0, Labels(), 1, 1).error().message(),
            "empty labelset: invalid sample");
  EXPECT_EQ(appender->Append(ref, Named("b"), 5, 1).value(),
            appender->Append(0, Named("b"), 6, 1).value())
      << "a reference to another series is found out by the labels";
}

TEST_F(RowAppenderTest, LaterSamplesOfABatchThatEarlierOnesOvertakeAreDropped) {
  auto appender = memory_.head.MakeAppender();
  for (const int64_t timestamp_ms : {1000, 3000, 2000, 3000, 4000}) {
    ASSERT_TRUE(appender->Append(0, Named("a"), timestamp_ms, 1).ok());
  }
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_THAT(Samples("a"), ElementsAre(At(1000, 1), At(3000, 1), At(4000, 1)));
}

}  // namespace
}  // namespace tocsin::tsdb
