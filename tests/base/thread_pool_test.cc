#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

namespace tocsin {
namespace {

TEST(ThreadPoolTest, RunsEverythingSubmittedBeforeDestruction) {
  std::atomic<int> runs = 0;
  {
    ThreadPool pool("test", 3);
    for (int i = 0; i < 1000; ++i) pool.Submit([&] { ++runs; });
  }
  EXPECT_EQ(runs, 1000);
}

TEST(ThreadPoolTest, ParallelForRunsEachIndexOnce) {
  ThreadPool pool("test", 2);
  std::vector<std::atomic<int>> runs(1000);
  pool.ParallelFor(runs.size(), [&](size_t i) { ++runs[i]; });
  for (const auto& count : runs) EXPECT_EQ(count, 1);
}

TEST(ThreadPoolTest, ParallelForInsideATaskOfTheSamePoolReturns) {
  ThreadPool pool("test", 1);
  std::promise<int> total;
  pool.Submit([&] {
    std::atomic<int> sum = 0;
    pool.ParallelFor(10, [&](size_t i) { sum += static_cast<int>(i); });
    total.set_value(sum);
  });
  EXPECT_EQ(total.get_future().get(), 45);
}

TEST(ThreadPoolTest, ParallelForWithoutThreadsRunsOnTheCaller) {
  ThreadPool pool("test", 0);
  int runs = 0;
  pool.ParallelFor(5, [&](size_t) { ++runs; });
  EXPECT_EQ(runs, 5);
}

}  // namespace
}  // namespace tocsin
