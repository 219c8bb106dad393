// The head against a model: a map from label sets to maps from times to values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "tsdb/database.h"
#include "tsdb/head_fixture.h"

namespace tocsin::tsdb {
namespace {

Labels SeriesLabels(int number) {
  return Labels({{"__name__", "metric_" + std::to_string(number % 7)},
                 {"instance", "host" + std::to_string(number % 3)},
                 {"number", std::to_string(number)}});
}

// What the database should hold, fed with the same operations.
class Model {
 public:
  enum class Verdict { kStored, kKnown, kDuplicate, kOutOfOrder };

  Verdict Append(int series, int64_t timestamp_ms, double value) {
    auto& samples = samples_[series];
    if (!samples.empty()) {
      const auto& [newest_ms, newest_bits] = *samples.rbegin();
      if (timestamp_ms < newest_ms) return Verdict::kOutOfOrder;
      if (timestamp_ms == newest_ms) {
        return newest_bits == Bits(value) ? Verdict::kKnown : Verdict::kDuplicate;
      }
    }
    samples[timestamp_ms] = Bits(value);
    return Verdict::kStored;
  }

  Contents Read(int64_t start_ms, int64_t end_ms) const {
    Contents contents;
    for (const auto& [series, samples] : samples_) {
      SampleBits in_range(samples.lower_bound(start_ms), samples.upper_bound(end_ms));
      if (!in_range.empty()) contents[SeriesLabels(series).ToString()] = in_range;
    }
    return contents;
  }
  std::optional<std::pair<int64_t, uint64_t>> Latest(int series, int64_t start_ms,
                                                     int64_t end_ms) const {
    const auto at = samples_.find(series);
    if (at == samples_.end()) return std::nullopt;
    auto after = at->second.upper_bound(end_ms);
    if (after == at->second.begin() || (--after)->first < start_ms) return std::nullopt;
    return *after;
  }

 private:
  std::map<int, std::map<int64_t, uint64_t>> samples_;
};

// A target: its row appender, and what the appender should remember.
struct Target {
  std::unique_ptr<storage::RowAppender> appender;
  std::map<int, storage::RowAppender::Slot> slots;
  uint64_t layout_generation = 0;
  std::vector<int> live;
};

class Driver {
 public:
  Driver(uint64_t seed, std::string directory) : random_(seed), directory_(std::move(directory)) {
    Open();
  }
  ~Driver() { EXPECT_TRUE(fs_.RemoveAll(directory_).ok()); }

  void Step() {
    now_ms_ += 1000 + static_cast<int64_t>(random_() % 20'000);
    switch (random_() % 16) {
      case 0:
        Reopen();
        break;
      case 1:
        targets_[random_() % kTargets] = {};
        break;
      case 2:
        heldback_ = database_->MakeQuerier(INT64_MIN, INT64_MAX).value(),
        heldback_contents_ = model_.Read(INT64_MIN, INT64_MAX);
        break;
      case 3:
        CheckHeldback(), heldback_.reset();
        break;
      case 4:
        database_->Maintain(now_ms_);
        break;
      case 5:
      case 6:
        AppendBatch();
        break;
      default:
        Scrape(targets_[random_() % kTargets]);
        break;
    }
  }

  void CheckAll() {
    CheckHeldback();
    const int64_t start_ms = now_ms_ - static_cast<int64_t>(random_() % 3'000'000);
    const int64_t end_ms = start_ms + static_cast<int64_t>(random_() % 3'000'000);
    ASSERT_EQ(Differences(ReadAll(*database_), model_.Read(INT64_MIN, INT64_MAX)), "");
    ASSERT_EQ(Differences(ReadAll(*database_, start_ms, end_ms), model_.Read(start_ms, end_ms)),
              "");
    CheckLatest(start_ms, end_ms);
  }

 private:
  static constexpr size_t kTargets = 3;
  static constexpr int kSeries = 40;

  void Open() {
    DatabaseOptions options;
    options.directory = directory_;
    options.retention_ms = 0;
    registry_ = std::make_unique<telemetry::Registry>();
    database_ = Database::Open(options, fs_, clock_, logger_, *registry_).value();
  }

  void Reopen() {
    CheckHeldback();
    heldback_.reset();
    for (Target& target : targets_) target = {};
    database_.reset();
    Open();
  }

  void CheckHeldback() {
    if (heldback_) {
      ASSERT_EQ(Differences(ReadAll(*heldback_), heldback_contents_), "");
    }
  }

  double RandomValue() {
    if (random_() % 10 == 0) return std::bit_cast<double>(random_());
    return static_cast<double>(random_() % 5);
  }

  void Scrape(Target& target) {
    if (!target.appender) target.appender = database_->MakeRowAppender();
    storage::RowAppender& row = *target.appender;
    const int64_t row_ms = now_ms_ - (random_() % 10 == 0 ? 30'000 : 0);
    row.BeginRow(row_ms);
    if (row.layout_generation() != target.layout_generation) target.slots.clear();
    target.layout_generation = row.layout_generation();
    std::vector<std::pair<int, Sample>> own_time;
    std::map<int, double> values;
    std::vector<int> live;
    const int first = static_cast<int>(random_() % kSeries);
    for (int i = 0; i < 20; ++i) {
      const int series = (first + i) % kSeries;
      if (random_() % 6 == 0) continue;
      if (!target.slots.contains(series)) {
        target.slots[series] = row.SlotOf(SeriesLabels(series)).value();
      }
      const auto slot = target.slots[series];
      const double value = RandomValue();
      if (random_() % 12 == 0) {
        const bool is_tracked = random_() % 2 == 0;
        const int64_t timestamp_ms = row_ms - 15'000 + static_cast<int64_t>(random_() % 30'000);
        if (timestamp_ms == row_ms) continue;
        ASSERT_TRUE(row.SetAt(slot, timestamp_ms, value, is_tracked));
        ASSERT_FALSE(row.Set(slot, 1));
        own_time.push_back({series, {timestamp_ms, value}});
        if (is_tracked) live.push_back(series);
      } else {
        ASSERT_TRUE(row.Set(slot, value));
        ASSERT_FALSE(row.Set(slot, value + 1));
        values[series] = value;
        live.push_back(series);
      }
    }
    if (random_() % 10 == 0) {
      row.AbortRow();
      return;
    }
    const auto result = row.CommitRow().value();
    storage::RowResult expected;
    const auto count = [&](Model::Verdict verdict) {
      expected.appended += verdict == Model::Verdict::kStored || verdict == Model::Verdict::kKnown;
      expected.duplicates += verdict == Model::Verdict::kDuplicate;
      expected.out_of_order += verdict == Model::Verdict::kOutOfOrder;
    };
    for (const auto& [series, sample] : own_time) {
      count(model_.Append(series, sample.timestamp_ms, sample.value));
    }
    for (const auto& [series, value] : values) count(model_.Append(series, row_ms, value));
    for (const int series : target.live) {
      if (std::ranges::find(live, series) != live.end()) continue;
      expected.stale += model_.Append(series, row_ms, kStaleNan) == Model::Verdict::kStored;
    }
    target.live = live;
    EXPECT_EQ(result.appended, expected.appended);
    EXPECT_EQ(result.stale, expected.stale);
    EXPECT_EQ(result.duplicates, expected.duplicates);
    EXPECT_EQ(result.out_of_order, expected.out_of_order);
  }

  void AppendBatch() {
    auto appender = database_->MakeAppender();
    std::vector<std::pair<int, Sample>> accepted;
    for (int i = 0; i < 30; ++i) {
      const int series = static_cast<int>(random_() % kSeries);
      const Sample sample{now_ms_ + static_cast<int64_t>(random_() % 5) * 1000, RandomValue()};
      const auto ref =
          appender->Append(refs_[series], SeriesLabels(series), sample.timestamp_ms, sample.value);
      if (ref) {
        refs_[series] = *ref;
        accepted.push_back({series, sample});
      }
    }
    if (random_() % 8 == 0) return;  // Rolled back.
    ASSERT_TRUE(appender->Commit().ok());
    std::ranges::stable_sort(accepted, {}, [](const auto& entry) { return entry.first; });
    for (const auto& [series, sample] : accepted) {
      model_.Append(series, sample.timestamp_ms, sample.value);
    }
  }

  void CheckLatest(int64_t start_ms, int64_t end_ms) {
    const auto querier = database_->MakeQuerier(INT64_MIN, INT64_MAX).value();
    for (int series = 0; series < kSeries; ++series) {
      const Matcher matcher = Matcher::Equal("number", std::to_string(series));
      const auto set =
          querier->Select(std::span(&matcher, 1), {INT64_MIN, INT64_MAX, 0, 0}).value();
      if (set->size() == 0) continue;
      ASSERT_EQ(set->size(), 1u);
      for (const auto& [from, to] :
           {std::pair(INT64_MIN, INT64_MAX), std::pair(start_ms, end_ms)}) {
        storage::SeriesSet::Latest latest;
        ASSERT_TRUE(set->ReadLatest(0, from, to, std::span(&latest, 1)).ok());
        const auto expected = model_.Latest(series, from, to);
        ASSERT_EQ(latest.timestamp_ms, expected ? expected->first : storage::SeriesSet::kNoSample);
        if (expected) {
          ASSERT_EQ(Bits(latest.value), expected->second);
        }
      }
    }
  }

  std::mt19937_64 random_;
  const std::string directory_;
  PosixFs fs_;
  ManualClock clock_;
  NullLogger logger_;
  std::unique_ptr<telemetry::Registry> registry_;
  std::unique_ptr<Database> database_;
  std::array<Target, kTargets> targets_;
  std::unique_ptr<storage::Querier> heldback_;
  Contents heldback_contents_;
  std::map<int, storage::SeriesRef> refs_;
  Model model_;
  int64_t now_ms_ = 1'700'000'000'000;
};

TEST(HeadModelTest, RandomRowsBatchesRestartsAndReadersAgreeWithTheModel) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Driver driver(seed, testing::TempDir() + "/tsdb_model_" + std::to_string(seed));
    for (int step = 0; step < 400; ++step) {
      driver.Step();
      if (step % 10 == 0) driver.CheckAll();
      if (testing::Test::HasFatalFailure() || testing::Test::HasFailure()) {
        FAIL() << "step " << step;
      }
    }
    driver.CheckAll();
  }
}

}  // namespace
}  // namespace tocsin::tsdb
