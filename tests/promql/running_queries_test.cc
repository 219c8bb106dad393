#include "promql/running_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "promql/engine_fixture.h"

namespace tocsin::promql {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Storage whose queriers are made when the test lets them.
class BlockingStorage final : public storage::Queryable {
 public:
  explicit BlockingStorage(storage::Queryable& inner) : inner_(inner) {}
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override {
    asked.count_down();
    go.wait();
    return inner_.MakeQuerier(start_ms, end_ms);
  }
  std::latch asked{1};
  std::latch go{1};

 private:
  storage::Queryable& inner_;
};

TEST(RunningQueriesTest, AreListedWhileTheyRunAndCanBeCanceled) {
  EngineFixture f;
  EXPECT_THAT(f.engine.running_queries().List(), IsEmpty());
  BlockingStorage storage(f.storage);
  Result<QueryResult> result = Error(ErrorCode::kInternal, "did not run");
  std::jthread client([&] { result = f.engine.Range(storage, "sum(up)", 1'000, 3'000, 500); });
  storage.asked.wait();
  const std::vector<RunningQuery> running = f.engine.running_queries().List();
  ASSERT_THAT(running, SizeIs(1));
  EXPECT_EQ(running[0].text, "sum(up)");
  EXPECT_FALSE(running[0].is_instant);
  EXPECT_FALSE(running[0].is_rule);
  EXPECT_EQ(running[0].start_ms, 1'000);
  EXPECT_EQ(running[0].end_ms, 3'000);
  EXPECT_EQ(running[0].step_ms, 500);
  EXPECT_FALSE(f.engine.running_queries().Cancel(running[0].id + 1));
  EXPECT_TRUE(f.engine.running_queries().Cancel(running[0].id));
  storage.go.count_down();
  client.join();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCanceled);
  EXPECT_EQ(result.error().message(), "query was canceled in expression evaluation");
  EXPECT_THAT(f.engine.running_queries().List(), IsEmpty());
  EXPECT_FALSE(f.engine.running_queries().Cancel(running[0].id));
}

TEST(RunningQueriesTest, WaitingOnesAreListedAndCanBeCanceledToo) {
  EngineFixture f({.max_concurrency = 1});
  BlockingStorage storage(f.storage);
  Result<QueryResult> first = Error(ErrorCode::kInternal, "did not run");
  std::jthread client([&] { first = f.engine.Instant(storage, "up", 1'000); });
  storage.asked.wait();
  Result<QueryResult> second = Error(ErrorCode::kInternal, "did not run");
  std::jthread other([&] { second = f.engine.Instant(f.storage, "down", 1'000); });
  RunningQueries& queries = f.engine.running_queries();
  while (queries.List().size() < 2) std::this_thread::yield();
  const std::vector<RunningQuery> running = queries.List();
  EXPECT_EQ(running[1].text, "down");
  EXPECT_TRUE(running[1].is_waiting);
  EXPECT_TRUE(queries.Cancel(running[1].id));
  other.join();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message(), "query was canceled in query queue");
  storage.go.count_down();
  client.join();
  EXPECT_TRUE(first.ok());
}

}  // namespace
}  // namespace tocsin::promql
