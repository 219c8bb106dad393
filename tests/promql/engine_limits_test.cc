#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "promql/engine_fixture.h"
#include "promql/parser.h"

namespace tocsin::promql {
namespace {

constexpr int64_t kHourMs = 3'600'000;

void LoadMany(EngineFixture& f, int series) {
  for (int i = 0; i < series; ++i) {
    f.Load({{"__name__", "x_total"}, {"i", std::to_string(i)}}, 60'000,
           std::vector<double>(61, static_cast<double>(i)));
  }
}

/// Calls back when a query asks for a view of storage.
class HookedStorage final : public storage::Queryable {
 public:
  HookedStorage(storage::Queryable& inner, std::function<void()> hook)
      : inner_(inner), hook_(std::move(hook)) {}
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override {
    hook_();
    return inner_.MakeQuerier(start_ms, end_ms);
  }

 private:
  storage::Queryable& inner_;
  const std::function<void()> hook_;
};

TEST(EngineLimitsTest, TooManySamplesEndTheQuery) {
  EngineFixture f({.max_samples = 100});
  LoadMany(f, 5);
  EXPECT_TRUE(f.engine.Range(f.storage, "x_total", 0, 19 * 60'000, 60'000).ok());
  for (const char* expr :
       {"x_total", "sum(x_total)", "rate(x_total[5m])", "-x_total", "x_total[59m]"}) {
    const auto result = expr[7] == '[' ? f.engine.Instant(f.storage, expr, kHourMs)
                                       : f.engine.Range(f.storage, expr, 0, kHourMs, 60'000);
    ASSERT_FALSE(result.ok()) << expr;
    EXPECT_EQ(result.error().code(), ErrorCode::kTooLarge);
    EXPECT_EQ(result.error().message(),
              "query processing would load too many samples into memory in query execution");
  }
}

TEST(EngineLimitsTest, PeakIsWhatTheLimitIsComparedWith) {
  EngineFixture f;
  LoadMany(f, 5);
  const auto result = f.engine.Range(f.storage, "x_total", 0, 19 * 60'000, 60'000);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stats.peak_samples, 100u);
}

// The parser bounds the height of trees; what it accepts must not exhaust the stack here.
TEST(EngineLimitsTest, LongestChainsAreEvaluated) {
  EngineFixture f;
  LoadMany(f, 1);
  for (const std::string link : {" + 1", " or x_total", " * x_total", " - -1"}) {
    std::string expr = "x_total";
    for (int i = 0; i < kMaxTreeHeight - 10; ++i) expr += link;
    const auto result = f.engine.Range(f.storage, expr, 0, 60'000, 60'000);
    ASSERT_TRUE(result.ok()) << link << ": " << result.error().message();
    EXPECT_EQ(std::get<Matrix>(result->value).series.size(), 1u) << link;
  }
}

TEST(EngineLimitsTest, MemoryOfOneQueryIsBounded) {
  EngineFixture f({.query_memory_bytes = 10'000});
  LoadMany(f, 50);
  EXPECT_TRUE(f.engine.Instant(f.storage, "x_total", kHourMs).ok());
  const auto result = f.engine.Range(f.storage, "x_total", 0, kHourMs, 60'000);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kTooLarge);
}

TEST(EngineLimitsTest, MemoryComesBackWhenAQueryEnds) {
  EngineFixture f({.total_memory_bytes = 30'000});
  LoadMany(f, 50);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(f.engine.Range(f.storage, "x_total", 0, 600'000, 60'000).ok()) << i;
  }
}

TEST(EngineLimitsTest, ExpiredTimeoutEndsTheQuery) {
  EngineFixture f({.timeout_ms = 1000});
  LoadMany(f, 1);
  HookedStorage slow(f.storage, [&] { f.clock.AdvanceMs(1001); });
  const auto result = f.engine.Instant(slow, "sum(x_total)", 0);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(result.error().message(), "query timed out in expression evaluation");
}

TEST(EngineLimitsTest, QuerysOwnTimeoutIsShorter) {
  EngineFixture f({.timeout_ms = 100'000});
  LoadMany(f, 1);
  HookedStorage slow(f.storage, [&] { f.clock.AdvanceMs(11); });
  EXPECT_FALSE(f.engine.Instant(slow, "x_total", 0, {.timeout_ms = 10}).ok());
  EXPECT_TRUE(f.engine.Instant(slow, "x_total", 0, {.timeout_ms = 20}).ok());
}

TEST(EngineLimitsTest, CanceledQueryEnds) {
  EngineFixture f;
  LoadMany(f, 1);
  CancelToken cancel(f.clock);
  HookedStorage canceling(f.storage, [&] { cancel.Cancel(); });
  const auto result = f.engine.Instant(canceling, "x_total", 0, {}, &cancel);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCanceled);
  EXPECT_EQ(result.error().message(), "query was canceled in expression evaluation");
}

/// Holds queries inside storage until released.
class Blockade {
 public:
  void Wait() {
    entered_.set_value();
    open_.get_future().wait();
  }
  void AwaitEntered() { entered_.get_future().wait(); }
  void Open() { open_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> open_;
};

TEST(EngineLimitsTest, FullLaneMakesQueriesWaitButNotRules) {
  EngineFixture f({.max_concurrency = 1});
  LoadMany(f, 1);
  Blockade blockade;
  HookedStorage blocked(f.storage, [&] { blockade.Wait(); });
  std::jthread dashboard([&] { EXPECT_TRUE(f.engine.Instant(blocked, "x_total", 0).ok()); });
  blockade.AwaitEntered();

  EXPECT_TRUE(f.engine.Instant(f.storage, "x_total", 0, {.lane = Lane::kRules}).ok());
  CancelToken cancel(f.clock);
  cancel.Cancel();
  const auto canceled = f.engine.Instant(f.storage, "x_total", 0, {}, &cancel);
  ASSERT_FALSE(canceled.ok());
  EXPECT_EQ(canceled.error().message(), "query was canceled in query queue");
  f.clock.AdvanceMs(1);
  CancelToken expired(f.clock, 1);
  const auto timed_out = f.engine.Instant(f.storage, "x_total", 0, {}, &expired);
  ASSERT_FALSE(timed_out.ok());
  EXPECT_EQ(timed_out.error().message(), "query timed out in query queue");

  blockade.Open();
  dashboard.join();
  EXPECT_TRUE(f.engine.Instant(f.storage, "x_total", 0).ok());
}

}  // namespace
}  // namespace tocsin::promql
