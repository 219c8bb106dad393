// The database over blocks against a model: a map from series to maps from times to values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tsdb/database_fixture.h"

namespace tocsin::tsdb {
namespace {

constexpr int kSeries = 8;

class Driver {
 public:
  explicit Driver(uint64_t seed) : random_(seed) {
    world_.options.retention_ms = 0;
    EXPECT_TRUE(world_.Open().ok());
  }

  void Step() {
    switch (random_() % 16) {
      case 0:
        return Restart();
      case 1:
        return Delete();
      case 2:
        EXPECT_TRUE(world_.database->CleanTombstones().ok());
        return;
      case 3:
        return CheckRange();
      case 4:
        return CheckSnapshot();
      case 5:
      case 6:
      case 7:
        // Every other time the checkpoint of the head is due.
        world_.clock.AdvanceMs(world_.options.checkpoint_interval_ms / 2);
        world_.database->Maintain(now_ms_);
        return;
      default:
        Scrape();
    }
  }

  void CheckAll() {
    EXPECT_EQ(Differences(ReadAll(*world_.database), Expected(INT64_MIN, INT64_MAX)), "");
  }

 private:
  void Scrape() {
    const int64_t end_ms = now_ms_ + static_cast<int64_t>(random_() % 90) * 1000;
    for (; now_ms_ < end_ms; now_ms_ += 1000 + static_cast<int64_t>(random_() % 9000)) {
      auto appender = world_.database->MakeAppender();
      for (int series = 0; series < kSeries; ++series) {
        if (random_() % 4 == 0) continue;
        const double value = static_cast<double>(random_() % 1000) / 8;
        ASSERT_TRUE(appender->Append(0, SmallWorld::LabelsOf(series), now_ms_, value).ok());
        model_[series][now_ms_] = Bits(value);
      }
      ASSERT_TRUE(appender->Commit().ok());
    }
  }

  void Restart() {
    held_.reset();
    if (random_() % 2 == 0) {
      ASSERT_TRUE(world_.database->Close().ok());
    }
    world_.options.replays_in_background = random_() % 2 == 0;
    ASSERT_TRUE(world_.Open().ok());
    ASSERT_TRUE(world_.database->WaitForReplay().ok());
  }

  void Delete() {
    const int64_t start_ms = static_cast<int64_t>(random_() % static_cast<uint64_t>(now_ms_));
    const int64_t end_ms = start_ms + static_cast<int64_t>(random_() % 200'000);
    const int series = static_cast<int>(random_() % kSeries);
    const Matcher matcher = Matcher::Equal("__name__", "m" + std::to_string(series));
    ASSERT_TRUE(world_.database->DeleteSeries(start_ms, end_ms, std::span(&matcher, 1)).ok());
    std::erase_if(model_[series], [&](const auto& sample) {
      return sample.first >= start_ms && sample.first <= end_ms;
    });
  }

  void CheckRange() {
    const int64_t start_ms = static_cast<int64_t>(random_() % static_cast<uint64_t>(now_ms_));
    const int64_t end_ms = start_ms + static_cast<int64_t>(random_() % 300'000);
    EXPECT_EQ(Differences(ReadAll(*world_.database, start_ms, end_ms), Expected(start_ms, end_ms)),
              "");
    if (held_) {
      EXPECT_EQ(Differences(ReadAll(*held_), held_contents_), "");
    }
    held_ =
        random_() % 2 == 0 ? nullptr : world_.database->MakeQuerier(INT64_MIN, INT64_MAX).value();
    held_contents_ = held_ ? ReadAll(*held_) : Contents();
  }

  void CheckSnapshot() {
    const std::string directory = "/snapshot" + std::to_string(++snapshots_);
    ASSERT_TRUE(world_.database->Snapshot(directory, true).ok());
    DatabaseOptions options = world_.options;
    options.directory = directory;
    telemetry::Registry registry;
    const auto copy =
        Database::Open(options, *world_.fs, world_.clock, world_.logger, registry).value();
    EXPECT_EQ(Differences(ReadAll(*copy), Expected(INT64_MIN, INT64_MAX)), "");
    copy->Maintain(now_ms_);
    EXPECT_EQ(Differences(ReadAll(*copy), Expected(INT64_MIN, INT64_MAX)), "");
  }

  Contents Expected(int64_t start_ms, int64_t end_ms) const {
    Contents contents;
    for (const auto& [series, samples] : model_) {
      SampleBits bits;
      for (const auto& sample : samples) {
        if (sample.first >= start_ms && sample.first <= end_ms) bits.push_back(sample);
      }
      if (!bits.empty()) contents[SmallWorld::LabelsOf(series).ToString()] = std::move(bits);
    }
    return contents;
  }

  std::mt19937_64 random_;
  SmallWorld world_;
  std::map<int, std::map<int64_t, uint64_t>> model_;
  int64_t now_ms_ = 1'000'000;
  int snapshots_ = 0;
  std::unique_ptr<storage::Querier> held_;
  Contents held_contents_;
};

TEST(DatabaseModelTest, RandomOperationsAndRestartsAgreeWithTheModel) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Driver driver(seed);
    for (int step = 0; step < 150; ++step) {
      driver.Step();
      if (step % 10 == 0) driver.CheckAll();
      if (testing::Test::HasFailure()) FAIL() << "step " << step;
    }
    driver.CheckAll();
  }
}

}  // namespace
}  // namespace tocsin::tsdb
