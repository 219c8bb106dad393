#include "storage/merge_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tocsin::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SampleBuffer Floats(std::vector<int64_t> timestamps_ms, double value,
                    std::vector<int64_t> starts_ms = {}) {
  SampleBuffer samples;
  samples.values.assign(timestamps_ms.size(), value);
  samples.timestamps_ms = std::move(timestamps_ms);
  samples.start_timestamps_ms = std::move(starts_ms);
  return samples;
}

TEST(MergeSamplesTest, WhatLiesAfterIsAppended) {
  SampleBuffer samples = Floats({1, 2}, 1);
  SampleBuffer other = Floats({3, 4}, 2);
  MergeSamples(samples, other);
  EXPECT_THAT(samples.timestamps_ms, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(samples.values, ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(samples.start_timestamps_ms, IsEmpty());
}

TEST(MergeSamplesTest, WhatLiesBeforeComesFirst) {
  SampleBuffer samples = Floats({3, 4}, 1);
  SampleBuffer other = Floats({1, 2}, 2);
  MergeSamples(samples, other);
  EXPECT_THAT(samples.timestamps_ms, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(samples.values, ElementsAre(2, 2, 1, 1));
}

TEST(MergeSamplesTest, TheFirstWinsAtTheSameTime) {
  SampleBuffer samples = Floats({1, 3, 5}, 1);
  SampleBuffer other = Floats({1, 2, 3, 4, 5, 6}, 2);
  MergeSamples(samples, other);
  EXPECT_THAT(samples.timestamps_ms, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(samples.values, ElementsAre(1, 2, 1, 2, 1, 2));
}

TEST(MergeSamplesTest, UnknownStartsAreZeroBesideKnownOnes) {
  SampleBuffer samples = Floats({1, 3}, 1);
  SampleBuffer other = Floats({2, 4}, 2, {1, 3});
  MergeSamples(samples, other);
  EXPECT_THAT(samples.start_timestamps_ms, ElementsAre(0, 1, 0, 3));
  SampleBuffer later = Floats({9}, 3);
  MergeSamples(samples, later);
  EXPECT_THAT(samples.start_timestamps_ms, ElementsAre(0, 1, 0, 3, 0));
}

TEST(MergeSamplesTest, RandomBuffersOfBothKindsAgreeWithAMap) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    // The value, negative for a histogram.
    std::map<int64_t, double> expected;
    SampleBuffer merged;
    for (int part = 1; part <= 3; ++part) {
      SampleBuffer samples;
      int64_t time_ms = static_cast<int64_t>(random() % 60);
      for (uint64_t left = random() % 12; left > 0; --left) {
        time_ms += 1 + static_cast<int64_t>(random() % 4);
        const double value = part;
        if (random() % 3 == 0) {
          auto histogram = std::make_shared<FloatHistogram>();
          histogram->sum = value;
          HistogramSample sample;
          sample.timestamp_ms = time_ms;
          sample.histogram = histogram;
          samples.histograms.push_back(sample);
          expected.try_emplace(time_ms, -value);
        } else {
          samples.timestamps_ms.push_back(time_ms);
          samples.values.push_back(value);
          expected.try_emplace(time_ms, value);
        }
      }
      MergeSamples(merged, samples);
    }
    std::map<int64_t, double> found;
    for (size_t i = 0; i < merged.values.size(); ++i) {
      EXPECT_TRUE(i == 0 || merged.timestamps_ms[i] > merged.timestamps_ms[i - 1]);
      EXPECT_TRUE(found.emplace(merged.timestamps_ms[i], merged.values[i]).second);
    }
    for (size_t i = 0; i < merged.histograms.size(); ++i) {
      const HistogramSample& sample = merged.histograms[i];
      EXPECT_TRUE(i == 0 || sample.timestamp_ms > merged.histograms[i - 1].timestamp_ms);
      EXPECT_TRUE(found.emplace(sample.timestamp_ms, -sample.histogram->sum).second);
    }
    ASSERT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace tocsin::storage
