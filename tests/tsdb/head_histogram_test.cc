// Native histograms in the head, through both appenders.
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

FloatHistogram AsFloat(uint64_t seed) { return ToFloat(CounterHistogram(seed)); }

std::string Text(uint64_t seed) { return Describe(AsFloat(seed)); }

class HeadHistogramTest : public testing::Test {
 protected:
  std::string Append(int64_t timestamp_ms, const Histogram& histogram,
                     const std::string& name = "h") {
    auto appender = logged_.head->MakeAppender();
    const auto ref = appender->AppendHistogram(0, Named(name), timestamp_ms, histogram, {});
    if (!ref) return ref.error().message();
    return appender->Commit() ? "" : "commit failed";
  }
  std::string AppendFloat(int64_t timestamp_ms, double value, const std::string& name = "h") {
    auto appender = logged_.head->MakeAppender();
    const auto ref = appender->Append(0, Named(name), timestamp_ms, value);
    if (!ref) return ref.error().message();
    return appender->Commit() ? "" : "commit failed";
  }
  AnySamples Samples(const std::string& name = "h") {
    return ReadAny(*logged_.head)[Named(name).ToString()];
  }
  storage::SampleBuffer Read(const std::string& name = "h") {
    const auto querier = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
    const Matcher matcher = Matcher::Equal("__name__", name);
    const auto set = querier->Select(std::span(&matcher, 1), {}).value();
    storage::SampleBuffer buffer;
    EXPECT_TRUE(set->Read(0, INT64_MIN, INT64_MAX, buffer).ok());
    return buffer;
  }

  LoggedHead logged_;
};

TEST_F(HeadHistogramTest, IntegerAndFloatHistogramsReadBackAndSurviveARestart) {
  ASSERT_EQ(Append(1000, CounterHistogram(1)), "");
  ASSERT_EQ(Append(2000, CounterHistogram(40)), "");
  auto appender = logged_.head->MakeAppender();
  ASSERT_TRUE(appender->AppendHistogram(0, Named("h"), 3000, AsFloat(41), {}).ok());
  ASSERT_TRUE(appender->Commit().ok());
  const auto expected =
      ElementsAre(Pair(1000, Text(1)), Pair(2000, Text(40)), Pair(3000, Text(41)));
  EXPECT_THAT(Samples(), expected);
  appender.reset();
  logged_.Restart();
  EXPECT_THAT(Samples(), expected);
}

TEST_F(HeadHistogramTest, CustomBucketsReadBackAndSurviveARestart) {
  Histogram histogram;
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  histogram.count = 3;
  histogram.sum = 7;
  histogram.positive_spans = {{0, 2}};
  histogram.positive_deltas = {1, 1};
  histogram.custom_values = {0.5, 2};
  ASSERT_EQ(Append(1000, histogram), "");
  logged_.Restart();
  ASSERT_EQ(Read().histograms.size(), 1u);
  EXPECT_EQ(Read().histograms[0].histogram->custom_values, (std::vector<double>{0.5, 2}));
}

TEST_F(HeadHistogramTest, CounterResetHintsAreThoseOfTheChunks) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Append(1000 * (i + 1), CounterHistogram(static_cast<uint64_t>(i + 5))), "");
  }
  ASSERT_EQ(Append(4000, CounterHistogram(2)), "");  // Counts again from the beginning.
  ASSERT_EQ(Append(5000, CounterHistogram(3)), "");
  std::vector<CounterResetHint> hints;
  for (const auto& sample : Read().histograms) {
    hints.push_back(sample.histogram->counter_reset_hint);
  }
  EXPECT_THAT(hints, ElementsAre(CounterResetHint::kUnknown, CounterResetHint::kNotReset,
                                 CounterResetHint::kNotReset, CounterResetHint::kUnknown,
                                 CounterResetHint::kNotReset));
}

TEST_F(HeadHistogramTest, VerdictsCarryUpstreamsTexts) {
  ASSERT_EQ(Append(1000, CounterHistogram(5)), "");
  EXPECT_EQ(Append(1000, CounterHistogram(5)), "");
  EXPECT_EQ(Append(1000, CounterHistogram(6)), "duplicate sample for timestamp");
  EXPECT_EQ(Append(999, CounterHistogram(6)), "out of order sample");
  EXPECT_EQ(AppendFloat(1000, 3.5),
            "duplicate sample for timestamp 1000; overrides not allowed: existing is a histogram, "
            "new value is 3.5");
  Histogram invalid = CounterHistogram(7);
  invalid.positive_deltas.pop_back();
  EXPECT_NE(Append(2000, invalid), "");
  EXPECT_EQ(Samples().size(), 1u);
}

TEST_F(HeadHistogramTest, ASeriesMaySwitchBetweenFloatsAndHistograms) {
  ASSERT_EQ(AppendFloat(1000, 1), "");
  ASSERT_EQ(Append(2000, CounterHistogram(2)), "");
  ASSERT_EQ(AppendFloat(3000, 3), "");
  ASSERT_EQ(Append(4000, CounterHistogram(4)), "");
  const auto expected = ElementsAre(Pair(1000, Describe(1.0)), Pair(2000, Text(2)),
                                    Pair(3000, Describe(3.0)), Pair(4000, Text(4)));
  EXPECT_THAT(Samples(), expected);
  logged_.Restart();
  EXPECT_THAT(Samples(), expected);
}

TEST_F(HeadHistogramTest, KindsMayChangeWithinOneCommitAndTheLogKeepsTheOrder) {
  auto appender = logged_.head->MakeAppender();
  for (int64_t i = 1; i <= 6; ++i) {
    if (i % 2 == 0) {
      ASSERT_TRUE(appender
                      ->AppendHistogram(0, Named("h"), i * 1000,
                                        CounterHistogram(static_cast<uint64_t>(i)), {})
                      .ok());
    } else {
      ASSERT_TRUE(appender->Append(0, Named("h"), i * 1000, static_cast<double>(i)).ok());
    }
  }
  ASSERT_TRUE(appender->Commit().ok());
  const AnySamples before = Samples();
  EXPECT_EQ(before.size(), 6u);
  appender.reset();
  logged_.Restart();
  EXPECT_EQ(Samples(), before);
}

TEST_F(HeadHistogramTest, AStaleMarkerAfterAHistogramIsAHistogram) {
  ASSERT_EQ(Append(1000, CounterHistogram(1)), "");
  ASSERT_EQ(AppendFloat(2000, kStaleNan), "");
  EXPECT_THAT(Samples(), ElementsAre(Pair(1000, Text(1)), Pair(2000, "stale histogram")));
  auto appender = logged_.head->MakeAppender();
  ASSERT_TRUE(appender->AppendHistogram(0, Named("g"), 1000, AsFloat(1), {}).ok());
  ASSERT_TRUE(appender->Append(0, Named("g"), 2000, kStaleNan).ok());
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_THAT(Samples("g"), ElementsAre(Pair(1000, Text(1)), Pair(2000, "stale histogram")));
}

TEST_F(HeadHistogramTest, ARowIsSeenWholeAndVanishedHistogramsGetMarkers) {
  auto row = logged_.head->MakeRowAppender();
  const auto f = row->SlotOf(Named("f")).value();
  const auto h = row->SlotOf(Named("h")).value();
  row->BeginRow(1000);
  ASSERT_TRUE(row->Set(f, 1));
  ASSERT_TRUE(row->SetHistogram(h, std::nullopt, CounterHistogram(1), true).ok());
  EXPECT_EQ(row->SetHistogram(h, std::nullopt, CounterHistogram(1), true).error().code(),
            ErrorCode::kAlreadyExists);
  EXPECT_FALSE(row->Set(h, 2));
  EXPECT_TRUE(ReadAny(*logged_.head).empty());
  EXPECT_EQ(row->CommitRow().value().appended, 2u);
  EXPECT_EQ(ReadAny(*logged_.head).size(), 2u);
  row->BeginRow(2000);
  ASSERT_TRUE(row->Set(f, 2));
  const auto result = row->CommitRow().value();
  EXPECT_EQ(result.appended, 1u);
  EXPECT_EQ(result.stale, 1u);
  const auto expected = ElementsAre(Pair(1000, Text(1)), Pair(2000, "stale histogram"));
  EXPECT_THAT(Samples(), expected);
  row.reset();
  logged_.Restart();
  EXPECT_THAT(Samples(), expected);
}

TEST_F(HeadHistogramTest, AReaderDoesNotSeeLaterCommits) {
  ASSERT_EQ(Append(1000, CounterHistogram(1)), "");
  const auto querier = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
  for (uint64_t i = 2; i < 200; ++i) {
    ASSERT_EQ(Append(static_cast<int64_t>(i) * 1000, CounterHistogram(i)), "");
  }
  EXPECT_THAT(ReadAny(*querier)[Named("h").ToString()], ElementsAre(Pair(1000, Text(1))));
  EXPECT_EQ(Samples().size(), 199u);
}

TEST_F(HeadHistogramTest, TheLatestHistogramIsFoundInAnyRange) {
  for (uint64_t i = 1; i < 300; ++i) {
    ASSERT_EQ(Append(static_cast<int64_t>(i) * 1000, CounterHistogram(i)), "");
  }
  const auto querier = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
  const Matcher any = AnySeries();
  const auto set = querier->Select(std::span(&any, 1), {}).value();
  for (const int64_t end_ms : {1000, 5500, 120'000, 299'000, 500'000}) {
    storage::SeriesSet::Latest latest;
    ASSERT_TRUE(set->ReadLatest(0, 0, end_ms, std::span(&latest, 1)).ok());
    const int64_t expected_ms = std::min<int64_t>(end_ms / 1000, 299) * 1000;
    ASSERT_EQ(latest.timestamp_ms, expected_ms);
    ASSERT_NE(latest.histogram, nullptr);
    EXPECT_EQ(Describe(*latest.histogram), Text(static_cast<uint64_t>(expected_ms / 1000)));
  }
}

TEST_F(HeadHistogramTest, ChunksHoldWhatReadingGivesAndDoNotOverlap) {
  for (int64_t i = 1; i < 700; ++i) {
    if (i % 97 == 0) {
      ASSERT_EQ(AppendFloat(i * 1000, static_cast<double>(i)), "");
    } else {
      ASSERT_EQ(Append(i * 1000, CounterHistogram(static_cast<uint64_t>(i))), "");
    }
    ASSERT_EQ(AppendFloat(i * 1000, static_cast<double>(i % 13), "f"), "");
  }
  const auto querier = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
  const Matcher any = AnySeries();
  const auto set = querier->Select(std::span(&any, 1), {}).value();
  ASSERT_EQ(set->size(), 2u);
  for (size_t series = 0; series < 2; ++series) {
    std::vector<storage::EncodedChunk> chunks;
    ASSERT_TRUE(set->ReadChunks(series, INT64_MIN, INT64_MAX, chunks).ok());
    storage::SampleBuffer from_chunks;
    storage::SampleBuffer direct;
    int64_t newest_ms = INT64_MIN;
    for (const auto& chunk : chunks) {
      EXPECT_GT(chunk.min_time_ms, newest_ms);
      newest_ms = chunk.max_time_ms;
      EXPECT_LE(ChunkSampleCount(chunk.encoding, chunk.bytes).value(), 120u);
      ASSERT_TRUE(DecodeChunk(chunk.encoding, chunk.bytes, INT64_MIN, INT64_MAX, from_chunks).ok());
    }
    ASSERT_TRUE(set->Read(series, INT64_MIN, INT64_MAX, direct).ok());
    AnySamples a, b;
    AddSamples(from_chunks, a);
    AddSamples(direct, b);
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.size(), 699u);
  }
}

TEST_F(HeadHistogramTest, TruncationForgetsOldChunksAndSeriesWithoutSamples) {
  for (uint64_t i = 1; i < 400; ++i) {
    ASSERT_EQ(Append(static_cast<int64_t>(i) * 1000, CounterHistogram(i)), "");
  }
  logged_.head->Truncate(300'000);
  const AnySamples left = Samples();
  EXPECT_EQ(left.begin()->first, 300'000);
  EXPECT_EQ(left.size(), 100u);
  logged_.head->Truncate(1'000'000);
  EXPECT_TRUE(ReadAny(*logged_.head).empty());
  EXPECT_EQ(logged_.head->Statistics(0).series_count, 0u);
}

TEST_F(HeadHistogramTest, StartsAreKeptWithSamplesAndSurviveARestart) {
  auto appender = logged_.head->MakeAppender();
  ASSERT_TRUE(appender->AppendWith(0, Named("c"), 1000, 1, {.start_timestamp_ms = 500}).ok());
  ASSERT_TRUE(appender->AppendWith(0, Named("c"), 2000, 2, {.start_timestamp_ms = 500}).ok());
  ASSERT_TRUE(appender->AppendWith(0, Named("c"), 3000, 1, {.start_timestamp_ms = 2500}).ok());
  ASSERT_TRUE(appender->AppendWith(0, Named("c"), 4000, 2, {}).ok());
  ASSERT_TRUE(
      appender
          ->AppendHistogram(0, Named("h"), 1000, CounterHistogram(1), {.start_timestamp_ms = 700})
          .ok());
  ASSERT_TRUE(appender->Commit().ok());
  for (int i = 0; i < 2; ++i) {
    const auto floats = Read("c");
    EXPECT_THAT(floats.timestamps_ms, ElementsAre(1000, 2000, 3000, 4000));
    ASSERT_EQ(floats.start_timestamps_ms.size(), 4u);
    EXPECT_EQ(floats.start_timestamps_ms[0], 500);
    EXPECT_EQ(floats.start_timestamps_ms[1], 500);
    EXPECT_EQ(floats.start_timestamps_ms[2], 2500);
    EXPECT_EQ(Read("h").histograms[0].start_timestamp_ms, 700);
    if (i == 0) {
      EXPECT_EQ(floats.start_timestamps_ms[3], 0);
      appender.reset();
      logged_.Restart();
    }
  }
}

}  // namespace
}  // namespace tocsin::tsdb
