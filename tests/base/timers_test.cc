#include "base/timers.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace tocsin {
namespace {

using ::testing::ElementsAre;

TEST(ManualTimersTest, RunsInOrderOfDeadlineAtItsTime) {
  ManualClock clock(1000);
  ManualTimers timers(clock);
  std::vector<int64_t> ran_at;
  timers.RunAt(3000, [&] { ran_at.push_back(clock.NowMs()); });
  timers.RunAt(2000, [&] { ran_at.push_back(clock.NowMs()); });
  timers.AdvanceTo(2500);
  EXPECT_THAT(ran_at, ElementsAre(2000));
  timers.AdvanceTo(3500);
  EXPECT_THAT(ran_at, ElementsAre(2000, 3000));
  EXPECT_EQ(clock.NowMs(), 3500);
}

TEST(ManualTimersTest, CallbackMaySchedule) {
  ManualClock clock(0);
  ManualTimers timers(clock);
  int runs = 0;
  std::function<void()> tick = [&] {
    ++runs;
    timers.RunAt(clock.NowMs() + 10, tick);
  };
  timers.RunAt(10, tick);
  timers.AdvanceTo(100);
  EXPECT_EQ(runs, 10);
}

TEST(ManualTimersTest, CanceledNeverRuns) {
  ManualClock clock(0);
  ManualTimers timers(clock);
  bool ran = false;
  timers.Cancel(timers.RunAt(10, [&] { ran = true; }));
  timers.AdvanceTo(100);
  EXPECT_FALSE(ran);
  EXPECT_EQ(timers.pending(), 0u);
}

TEST(ThreadTimersTest, RunsPastDeadlineAtOnce) {
  ManualClock clock(5000);
  ThreadTimers timers(clock, 2);
  std::promise<void> ran;
  timers.RunAt(1000, [&] { ran.set_value(); });
  ran.get_future().wait();
}

TEST(ThreadTimersTest, CancelWaitsForRunningCallback) {
  ManualClock clock(5000);
  ThreadTimers timers(clock, 1);
  std::promise<void> started;
  std::promise<void> may_finish;
  std::atomic<bool> finished = false;
  const auto id = timers.RunAt(0, [&] {
    started.set_value();
    may_finish.get_future().wait();
    finished = true;
  });
  started.get_future().wait();
  std::jthread releaser([&] { may_finish.set_value(); });
  timers.Cancel(id);
  EXPECT_TRUE(finished);
}

TEST(ThreadTimersTest, CancelFromWithinItsCallbackReturns) {
  ManualClock clock(5000);
  ThreadTimers timers(clock, 1);
  std::promise<void> done;
  std::atomic<Timers::TimerId> id = 0;
  std::promise<void> id_set;
  id = timers.RunAt(0, [&] {
    id_set.get_future().wait();
    timers.Cancel(id);
    done.set_value();
  });
  id_set.set_value();
  done.get_future().wait();
}

TEST(ThreadTimersTest, DestructorDropsWhatIsNotDue) {
  ManualClock clock(0);
  bool ran = false;
  {
    ThreadTimers timers(clock, 1);
    timers.RunAt(1'000'000, [&] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace tocsin
