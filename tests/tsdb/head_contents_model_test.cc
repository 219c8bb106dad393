// Samples of all kinds, in and out of order, against a model: a map of times a series.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>
#include <set>

#include "tsdb/any_contents.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/log_recorder.h"

namespace tocsin::tsdb {
namespace {

constexpr int kSeries = 12;
constexpr int64_t kWindowMs = 300'000;

Labels SeriesLabels(int number) {
  return Labels({{"__name__", "m"}, {"number", std::to_string(number)}});
}

struct Value {
  SampleKind kind = SampleKind::kFloat;
  double value = 0;
  Histogram histogram;
  FloatHistogram float_histogram;

  std::string text() const {
    if (kind == SampleKind::kFloat) return Describe(value);
    return Describe(kind == SampleKind::kHistogram ? ToFloat(histogram) : float_histogram);
  }
};

class Model {
 public:
  // Whether the sample is stored.
  bool Append(int series, int64_t timestamp_ms, const std::string& text) {
    Series& one = series_[series];
    const bool is_newer = !one.newest_ms || timestamp_ms > *one.newest_ms;
    if (timestamp_ms >= min_time_ms && is_newer) {
      one.in_order[timestamp_ms] = text;
      one.newest_ms = timestamp_ms;
      newest_ms = std::max(newest_ms, timestamp_ms);
      return true;
    }
    if (timestamp_ms >= min_time_ms && timestamp_ms == one.newest_ms) return false;
    if (newest_ms != INT64_MIN && timestamp_ms < newest_ms - kWindowMs) return false;
    return one.out_of_order.emplace(timestamp_ms, text).second;
  }
  bool IsInOrder(int series, int64_t timestamp_ms) const {
    const auto at = series_.find(series);
    return timestamp_ms >= min_time_ms &&
           (at == series_.end() || !at->second.newest_ms || timestamp_ms > *at->second.newest_ms);
  }
  // Whether a time is free of samples out of order, so that verdicts need not be told apart.
  bool IsFree(int series, int64_t timestamp_ms) const {
    const auto at = series_.find(series);
    return at == series_.end() || (!at->second.out_of_order.contains(timestamp_ms) &&
                                   !at->second.in_order.contains(timestamp_ms));
  }
  SampleKind KindOfNewest(int series) {
    const Series& one = series_[series];
    if (!one.newest_ms) return SampleKind::kFloat;
    const auto at = one.in_order.find(*one.newest_ms);
    return at != one.in_order.end() && at->second.front() != 'f' ? SampleKind::kHistogram
                                                                 : SampleKind::kFloat;
  }
  AnyContents Read(int64_t start_ms, int64_t end_ms) const {
    AnyContents contents;
    for (const auto& [number, one] : series_) {
      AnySamples samples;
      for (const auto& sample : one.in_order) {
        if (sample.first >= std::max(start_ms, min_time_ms) && sample.first <= end_ms) {
          samples.insert(sample);
        }
      }
      for (const auto& sample : one.out_of_order) {
        if (sample.first >= start_ms && sample.first <= end_ms) samples.insert(sample);
      }
      if (!samples.empty()) contents[SeriesLabels(number).ToString()] = samples;
    }
    return contents;
  }
  void Truncate(int64_t to_ms) {
    min_time_ms = to_ms;
    for (auto& [number, one] : series_) {
      if (one.newest_ms && *one.newest_ms < to_ms) one.newest_ms.reset();
      one.in_order.erase(one.in_order.begin(), one.in_order.lower_bound(to_ms));
    }
  }
  void DropOutOfOrder() {
    for (auto& [number, one] : series_) one.out_of_order.clear();
  }

  int64_t min_time_ms = INT64_MIN;
  int64_t newest_ms = INT64_MIN;

 private:
  struct Series {
    AnySamples in_order;
    AnySamples out_of_order;
    std::optional<int64_t> newest_ms;
  };
  std::map<int, Series> series_;
};

class Driver {
 public:
  explicit Driver(uint64_t seed) : random_(seed) {}

  void Step() {
    now_ms_ += 500 + static_cast<int64_t>(random_() % 5000);
    switch (random_() % 24) {
      case 0:
        ForgetReaders();
        for (auto& row : rows_) row.reset();
        logged_.Restart();
        logged_.head->Truncate(model_.min_time_ms);
        break;
      case 1:
        HoldReader();
        break;
      case 2:
        ForgetReaders();
        Truncate();
        break;
      case 3:
        ForgetReaders();
        CompactOutOfOrder();
        break;
      case 4:
        rows_[random_() % rows_.size()].reset();
        break;
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
      case 10:
        AppendBatch();
        break;
      default:
        Scrape();
    }
  }

  void Check() {
    if (held_) {
      ASSERT_EQ(ReadAny(*held_), held_contents_);
    }
    const int64_t start_ms = now_ms_ - static_cast<int64_t>(random_() % 600'000);
    const int64_t end_ms = start_ms + static_cast<int64_t>(random_() % 600'000);
    ASSERT_EQ(ReadAny(*logged_.head), model_.Read(INT64_MIN, INT64_MAX));
    ASSERT_EQ(ReadAny(*logged_.head, start_ms, end_ms), model_.Read(start_ms, end_ms));
    CheckLatestAndChunks(start_ms, end_ms);
  }

 private:
  void HoldReader() {
    ForgetReaders();
    held_ = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
    held_contents_ = model_.Read(INT64_MIN, INT64_MAX);
  }
  void ForgetReaders() {
    if (held_) {
      ASSERT_EQ(ReadAny(*held_), held_contents_);
    }
    held_.reset();
  }

  void Truncate() {
    const int64_t to_ms = now_ms_ - 400'000;
    if (to_ms <= model_.min_time_ms) return;
    logged_.head->Truncate(to_ms);
    model_.Truncate(to_ms);
  }

  void CompactOutOfOrder() {
    auto snapshot = logged_.head->SnapshotOutOfOrder();
    if (!snapshot) return;
    snapshot->querier.reset();
    logged_.head->TruncateOutOfOrder(snapshot->sequence);
    logged_.out_of_order_log.Clear();
    model_.DropOutOfOrder();
  }

  Value RandomValue(int series) {
    Value value;
    // Even series are floats, others change their kind now and then.
    const int dice = series % 2 == 0 ? 9 : static_cast<int>(random_() % 10);
    if (dice < 6) {
      value.kind = SampleKind::kHistogram;
      value.histogram = CounterHistogram(random_() % 200);
    } else if (dice < 8) {
      value.kind = SampleKind::kFloatHistogram;
      value.float_histogram = ToFloat(CounterHistogram(random_() % 200));
    } else {
      value.value = static_cast<double>(random_() % 5);
    }
    return value;
  }

  int64_t RandomTime() {
    if (random_() % 3 != 0) return now_ms_ + static_cast<int64_t>(random_() % 400);
    return now_ms_ - static_cast<int64_t>(random_() % 400'000);
  }

  void AppendBatch() {
    auto appender = logged_.head->MakeAppender();
    std::vector<std::tuple<int, int64_t, std::string>> accepted;
    std::set<std::pair<int, int64_t>> used;
    for (int i = 0; i < 20; ++i) {
      const int series = static_cast<int>(random_() % kSeries);
      const int64_t timestamp_ms = RandomTime();
      if (!model_.IsFree(series, timestamp_ms)) continue;
      if (!used.insert({series, timestamp_ms}).second) continue;
      const Value value = RandomValue(series);
      Result<storage::SeriesRef> ref = 0;
      if (value.kind == SampleKind::kFloat) {
        ref = appender->Append(0, SeriesLabels(series), timestamp_ms, value.value);
      } else if (value.kind == SampleKind::kHistogram) {
        ref = appender->AppendHistogram(0, SeriesLabels(series), timestamp_ms, value.histogram, {});
      } else {
        ref = appender->AppendHistogram(0, SeriesLabels(series), timestamp_ms,
                                        value.float_histogram, {});
      }
      if (ref) accepted.emplace_back(series, timestamp_ms, value.text());
    }
    if (random_() % 8 == 0) return;  // Rolled back.
    ASSERT_TRUE(appender->Commit().ok());
    // All are judged against one time of the head.
    const int64_t newest_before = model_.newest_ms;
    int64_t newest_after = newest_before;
    for (const auto& [series, timestamp_ms, text] : accepted) {
      model_.newest_ms = newest_before;
      model_.Append(series, timestamp_ms, text);
      newest_after = std::max(newest_after, model_.newest_ms);
    }
    model_.newest_ms = newest_after;
  }

  void Scrape() {
    const size_t target = random_() % rows_.size();
    if (!rows_[target]) rows_[target] = logged_.head->MakeRowAppender(), live_[target].clear();
    storage::RowAppender& row = *rows_[target];
    const int64_t row_ms = random_() % 6 == 0 ? now_ms_ - 50'000 : now_ms_;
    row.BeginRow(row_ms);
    std::map<int, std::string> set;
    for (int series = 0; series < kSeries; ++series) {
      if (random_() % 3 == 0 || !model_.IsFree(series, row_ms)) continue;
      const auto slot = row.SlotOf(SeriesLabels(series)).value();
      const Value value = RandomValue(series);
      if (value.kind == SampleKind::kFloat) {
        ASSERT_TRUE(row.Set(slot, value.value));
      } else if (value.kind == SampleKind::kHistogram) {
        ASSERT_TRUE(row.SetHistogram(slot, std::nullopt, value.histogram, true).ok());
      } else {
        ASSERT_TRUE(row.SetHistogram(slot, std::nullopt, value.float_histogram, true).ok());
      }
      set[series] = value.text();
    }
    if (random_() % 10 == 0) return row.AbortRow();
    ASSERT_TRUE(row.CommitRow().ok());
    const int64_t newest_before = model_.newest_ms;
    int64_t newest_after = newest_before;
    for (const auto& [series, text] : set) {
      model_.newest_ms = newest_before;
      model_.Append(series, row_ms, text);
      newest_after = std::max(newest_after, model_.newest_ms);
    }
    model_.newest_ms = newest_after;
    for (const int series : live_[target]) {
      if (!set.contains(series)) Mark(series, row_ms);
    }
    live_[target].clear();
    for (const auto& [series, text] : set) live_[target].push_back(series);
  }

  // A marker is stored only in order.
  void Mark(int series, int64_t timestamp_ms) {
    const std::string text =
        model_.KindOfNewest(series) == SampleKind::kFloat ? Describe(kStaleNan) : "stale histogram";
    if (model_.IsInOrder(series, timestamp_ms)) model_.Append(series, timestamp_ms, text);
  }

  void CheckLatestAndChunks(int64_t start_ms, int64_t end_ms) {
    const auto querier = logged_.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
    const Matcher any = AnySeries();
    const auto set = querier->Select(std::span(&any, 1), {INT64_MIN, INT64_MAX, 0, 0}).value();
    const AnyContents expected = model_.Read(start_ms, end_ms);
    for (size_t i = 0; i < set->size(); ++i) {
      const auto at = expected.find(set->LabelsOf(i).ToString());
      storage::SeriesSet::Latest latest;
      ASSERT_TRUE(set->ReadLatest(i, start_ms, end_ms, std::span(&latest, 1)).ok());
      std::vector<storage::EncodedChunk> chunks;
      ASSERT_TRUE(set->ReadChunks(i, start_ms, end_ms, chunks).ok());
      storage::SampleBuffer buffer;
      int64_t newest_ms = INT64_MIN;
      for (const auto& chunk : chunks) {
        ASSERT_GT(chunk.min_time_ms, newest_ms);
        newest_ms = chunk.max_time_ms;
        ASSERT_TRUE(DecodeChunk(chunk.encoding, chunk.bytes, std::max(start_ms, model_.min_time_ms),
                                end_ms, buffer)
                        .ok());
      }
      AnySamples samples;
      AddSamples(buffer, samples);
      if (at == expected.end()) {
        ASSERT_EQ(latest.timestamp_ms, storage::SeriesSet::kNoSample);
        continue;
      }
      ASSERT_EQ(latest.timestamp_ms, at->second.rbegin()->first);
      ASSERT_EQ(latest.histogram ? Describe(*latest.histogram) : Describe(latest.value),
                at->second.rbegin()->second);
      AnySamples in_order = at->second;
      in_order.erase(in_order.begin(), in_order.lower_bound(model_.min_time_ms));
      ASSERT_EQ(samples, in_order);
    }
  }

  std::mt19937_64 random_;
  LoggedHead logged_{Head::Options{.out_of_order_window_ms = kWindowMs}};
  std::array<std::unique_ptr<storage::RowAppender>, 2> rows_;
  std::array<std::vector<int>, 2> live_;
  std::unique_ptr<storage::Querier> held_;
  AnyContents held_contents_;
  Model model_;
  int64_t now_ms_ = 1'700'000'000'000;
};

TEST(HeadContentsModelTest, RandomSamplesOfAllKindsRestartsAndReadersAgreeWithTheModel) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Driver driver(seed);
    for (int step = 0; step < 200; ++step) {
      driver.Step();
      if (step % 5 == 0) driver.Check();
      if (testing::Test::HasFailure()) FAIL() << "step " << step;
    }
    driver.Check();
  }
}

}  // namespace
}  // namespace tocsin::tsdb
