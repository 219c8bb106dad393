// No reader sees half a commit, whatever writers, readers and maintenance do at the same time.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "tsdb/head_fixture.h"

namespace tocsin::tsdb {
namespace {

constexpr int kTargets = 3;
constexpr int kSeries = 70;  // More than one word of the bitmaps.
constexpr int64_t kScrapes = 400;

Labels SeriesLabels(int target, int series) {
  return Labels({{"__name__", "m" + std::to_string(series)}, {"target", std::to_string(target)}});
}

// Every series of a target gets the number of the scrape, so all newest values of a target are
// equal in any snapshot. Now and then the target starts anew.
void RunTarget(Head& head, int target) {
  auto row = head.MakeRowAppender();
  for (int64_t scrape = 1; scrape <= kScrapes; ++scrape) {
    if (scrape % 97 == 0) row = head.MakeRowAppender();
    row->BeginRow(scrape * 1000);
    for (int series = 0; series < kSeries; ++series) {
      row->Set(row->SlotOf(SeriesLabels(target, series)).value(), static_cast<double>(scrape));
    }
    ASSERT_EQ(row->CommitRow().value().appended, static_cast<uint32_t>(kSeries));
  }
}

void RunBatches(Head& head) {
  for (int64_t round = 1; round <= kScrapes; ++round) {
    auto appender = head.MakeAppender();
    for (int series = 0; series < kSeries; ++series) {
      ASSERT_TRUE(
          appender
              ->Append(0, SeriesLabels(kTargets, series), round * 1000, static_cast<double>(round))
              .ok());
    }
    ASSERT_TRUE(appender->Commit().ok());
  }
}

// One snapshot: newest values agree within each target, full reads end in them without a gap, and a
// second look shows the same.
void CheckSnapshot(Head& head) {
  const auto querier = head.MakeQuerier(INT64_MIN, INT64_MAX).value();
  for (int target = 0; target <= kTargets; ++target) {
    const Matcher matcher = Matcher::Equal("target", std::to_string(target));
    const auto set = querier->Select(std::span(&matcher, 1), {}).value();
    std::vector<storage::SeriesSet::Latest> latest(set->size());
    ASSERT_TRUE(set->ReadLatest(0, INT64_MIN, INT64_MAX, latest).ok());
    std::set<double> newest;
    storage::SampleBuffer buffer;
    for (size_t i = 0; i < set->size(); ++i) {
      ASSERT_TRUE(set->Read(i, INT64_MIN, INT64_MAX, buffer).ok());
      if (buffer.values.empty()) {
        ASSERT_EQ(latest[i].timestamp_ms, storage::SeriesSet::kNoSample);
        newest.insert(0);
        continue;
      }
      ASSERT_EQ(buffer.values.back(), static_cast<double>(buffer.values.size()));
      ASSERT_EQ(buffer.values.back(), latest[i].value);
      newest.insert(latest[i].value);
    }
    ASSERT_LE(newest.size(), 1u) << "half a commit of target " << target;
  }
}

TEST(IsolationTest, NoReaderSeesHalfACommit) {
  MemoryHead memory;
  std::atomic<int> running{kTargets + 1};
  std::vector<std::thread> threads;
  for (int target = 0; target < kTargets; ++target) {
    threads.emplace_back([&, target] { RunTarget(memory.head, target), --running; });
  }
  threads.emplace_back([&] { RunBatches(memory.head), --running; });
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      while (running > 0) CheckSnapshot(memory.head);
    });
  }
  threads.emplace_back([&] {
    while (running > 0) {
      memory.head.Truncate(INT64_MIN);
      memory.head.RefreshMetrics();
    }
  });
  for (std::thread& thread : threads) thread.join();
  CheckSnapshot(memory.head);
  EXPECT_EQ(memory.head.Statistics(0).series_count,
            static_cast<uint64_t>((kTargets + 1) * kSeries));
}

// Two targets and a batch writer share series; whoever comes late is refused, and no reader ever
// sees times that do not rise.
TEST(IsolationTest, WritersOfTheSameSeriesKeepItInOrder) {
  MemoryHead memory;
  std::atomic<int64_t> now_ms{1000};
  std::atomic<int> running{3};
  std::atomic<uint64_t> stored{0};
  const auto labels = [](int series) {
    return Labels({{"__name__", "m" + std::to_string(series)}});
  };
  std::vector<std::thread> threads;
  for (int target = 0; target < 2; ++target) {
    threads.emplace_back([&, target] {
      auto row = memory.head.MakeRowAppender();
      for (int scrape = 0; scrape < 300; ++scrape) {
        if (scrape % 50 == 49) row = memory.head.MakeRowAppender();
        const int64_t row_ms = ++now_ms;
        row->BeginRow(row_ms);
        for (int series = 0; series < 20; ++series) {
          const auto slot = row->SlotOf(labels(series)).value();
          if (series % 5 == target) {
            row->SetAt(slot, row_ms - 1, 2, true);
          } else {
            row->Set(slot, 1);
          }
        }
        stored += row->CommitRow().value().appended;
      }
      --running;
    });
  }
  threads.emplace_back([&] {
    for (int round = 0; round < 300; ++round) {
      auto appender = memory.head.MakeAppender();
      const int64_t batch_ms = ++now_ms;
      for (int series = 0; series < 20; ++series) {
        static_cast<void>(appender->Append(0, labels(series), batch_ms, 3).ok());
      }
      ASSERT_TRUE(appender->Commit().ok());
    }
    --running;
  });
  const auto check = [&] {
    const auto querier = memory.head.MakeQuerier(INT64_MIN, INT64_MAX).value();
    const auto set = querier->Select({}, {}).value();
    storage::SampleBuffer buffer;
    for (size_t i = 0; i < set->size(); ++i) {
      ASSERT_TRUE(set->Read(i, INT64_MIN, INT64_MAX, buffer).ok());
      ASSERT_EQ(std::ranges::adjacent_find(buffer.timestamps_ms, std::ranges::greater_equal()),
                buffer.timestamps_ms.end());
    }
  };
  while (running > 0) check();
  for (std::thread& thread : threads) thread.join();
  check();
  EXPECT_GT(stored, 0u);
}

// Series come and go below readers that hold on to selections.
TEST(IsolationTest, ChurnBelowReadersIsSafe) {
  MemoryHead memory;
  std::atomic<bool> is_running{true};
  std::thread reader([&] {
    while (is_running) {
      const auto querier = memory.head.MakeQuerier(INT64_MIN, INT64_MAX).value();
      const auto set = querier->Select({}, {}).value();
      storage::SampleBuffer buffer;
      for (size_t i = 0; i < set->size(); ++i) {
        ASSERT_TRUE(set->Read(i, INT64_MIN, INT64_MAX, buffer).ok());
        ASSERT_EQ(set->LabelsOf(i).size(), 2u);
      }
      set->GroupBy({}, true);
    }
  });
  for (int64_t round = 1; round <= 60; ++round) {
    auto row = memory.head.MakeRowAppender();
    for (int64_t scrape = 0; scrape < 12; ++scrape) {
      row->BeginRow(round * 100'000 + scrape * 1000);
      for (int i = 0; i < 40; ++i) {
        const Labels labels({{"__name__", "m"}, {"id", std::to_string(round * 30 + i)}});
        row->Set(row->SlotOf(labels).value(), i);
      }
      ASSERT_TRUE(row->CommitRow().ok());
    }
    row.reset();
    memory.head.Truncate((round - 1) * 100'000);
  }
  is_running = false;
  reader.join();
  memory.head.Truncate(61 * 100'000);
  memory.head.Truncate(61 * 100'000);
  EXPECT_EQ(memory.head.Statistics(0).series_count, 0u);
  EXPECT_EQ(memory.head.Statistics(0).label_pair_count, 0u);
}

}  // namespace
}  // namespace tocsin::tsdb
