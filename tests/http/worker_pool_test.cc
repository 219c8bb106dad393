#include "http/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace tocsin::http {
namespace {

TEST(WorkerPoolTest, RunsEverythingBeforeItEnds) {
  const SystemClock clock;
  std::atomic<int> runs = 0;
  {
    WorkerPool pool(clock, "test", 2, 4);
    for (int i = 0; i < 1000; ++i) pool.Submit([&] { ++runs; });
  }
  EXPECT_EQ(runs, 1000);
}

TEST(WorkerPoolTest, GrowsOnlyWhenATaskWaitedAndShrinksAgain) {
  ManualClock clock;
  std::latch release(1);
  std::latch started(2);
  std::latch rescued(1);
  WorkerPool pool(clock, "test", 2, 3);
  for (int i = 0; i < 2; ++i) {
    pool.Submit([&] {
      started.count_down();
      release.wait();
    });
  }
  started.wait();
  pool.Submit([&] { rescued.count_down(); });
  pool.AddWorkerIfStuck();
  EXPECT_EQ(pool.thread_count(), 2u);  // Not waited long enough.
  clock.AdvanceMs(10);
  pool.AddWorkerIfStuck();
  rescued.wait();
  while (pool.thread_count() > 2) std::this_thread::yield();
  release.count_down();
}

TEST(WorkerPoolTest, NeverExceedsItsLimit) {
  ManualClock clock;
  std::latch release(1);
  WorkerPool pool(clock, "test", 1, 3);
  for (int i = 0; i < 10; ++i) pool.Submit([&] { release.wait(); });
  for (int i = 0; i < 10; ++i) {
    clock.AdvanceMs(10);
    pool.AddWorkerIfStuck();
    EXPECT_LE(pool.thread_count(), 3u);
  }
  release.count_down();
}

}  // namespace
}  // namespace tocsin::http
