#include "notifier/send_queue.h"

#include "notifier/notifier_fixture.h"

namespace tocsin::notifier {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SendQueueTest : public NotifierTest {
 protected:
  std::shared_ptr<SendQueue> MakeQueue(size_t capacity = 10'000, size_t batch = 256) {
    options_.queue_capacity = capacity;
    options_.max_batch_size = batch;
    PeerOptions peer{std::make_shared<const http::ClientOptions>(), 3000};
    return std::make_shared<SendQueue>("http://am/api/v2/alerts", peer, environment_, options_);
  }
  void Add(SendQueue& queue, const Alert& alert) { queue.Add({&alert, 1}); }
  std::string Metric(const std::string& name) {
    const std::string text = registry_.Expose();
    const size_t at = text.find(name + "{alertmanager=\"http://am/api/v2/alerts\"} ");
    if (at == std::string::npos) return "absent";
    const size_t begin = text.find(' ', at) + 1;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  NotifierEnvironment environment_ = Environment();
  NotifierOptions options_;
};

TEST_F(SendQueueTest, PostsWhatItGets) {
  const auto queue = MakeQueue();
  Add(*queue, MakeAlert("A"));
  timers_.AdvanceBy(0);
  ASSERT_EQ(client_.requests.size(), 1u);
  const http::ClientRequest& request = client_.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://am/api/v2/alerts");
  EXPECT_EQ(request.timeout_ms, 3000);
  EXPECT_THAT(request.headers, ElementsAre(testing::Pair("Content-Type", "application/json")));
  EXPECT_THAT(NamesIn(0), ElementsAre("A"));
  EXPECT_EQ(Metric("prometheus_notifications_sent_total"), "1");
}

TEST_F(SendQueueTest, SendsInBatchesInOrder) {
  const auto queue = MakeQueue(100, 2);
  for (const char* name : {"A", "B", "C"}) Add(*queue, MakeAlert(name));
  timers_.AdvanceBy(0);
  ASSERT_EQ(client_.requests.size(), 2u);
  EXPECT_THAT(NamesIn(0), ElementsAre("A", "B"));
  EXPECT_THAT(NamesIn(1), ElementsAre("C"));
}

TEST_F(SendQueueTest, OneRequestAtATime) {
  client_.holds = true;
  const auto queue = MakeQueue();
  Add(*queue, MakeAlert("A"));
  timers_.AdvanceBy(0);
  Add(*queue, MakeAlert("B"));
  timers_.AdvanceBy(1000);
  ASSERT_EQ(client_.requests.size(), 1u);
  client_.held[0](FakeClient::Answer(200));
  timers_.AdvanceBy(0);
  ASSERT_EQ(client_.requests.size(), 2u);
  EXPECT_THAT(NamesIn(1), ElementsAre("B"));
}

TEST_F(SendQueueTest, OverflowDropsTheOldest) {
  client_.holds = true;
  const auto queue = MakeQueue(2);
  for (const char* name : {"A", "B", "C", "D"}) Add(*queue, MakeAlert(name));
  timers_.AdvanceBy(0);
  EXPECT_THAT(NamesIn(0), ElementsAre("C", "D"));
  EXPECT_EQ(Metric("prometheus_notifications_dropped_total"), "2");
}

TEST_F(SendQueueTest, FailedBatchesAreTriedAgainLaterAndLater) {
  const auto queue = MakeQueue();
  for (int i = 0; i < 3; ++i) client_.responses.push_back(FakeClient::Refused());
  Add(*queue, MakeAlert("A"));
  timers_.AdvanceBy(0);
  EXPECT_EQ(client_.requests.size(), 1u);
  timers_.AdvanceBy(499);
  EXPECT_EQ(client_.requests.size(), 1u);
  timers_.AdvanceBy(1);
  EXPECT_EQ(client_.requests.size(), 2u);
  timers_.AdvanceBy(1000);
  EXPECT_EQ(client_.requests.size(), 3u);
  timers_.AdvanceBy(2000);
  ASSERT_EQ(client_.requests.size(), 4u);
  EXPECT_THAT(NamesIn(3), ElementsAre("A"));
  EXPECT_EQ(Metric("prometheus_notifications_errors_total"), "3");
  EXPECT_EQ(Metric("prometheus_notifications_dropped_total"), "0");
  timers_.AdvanceBy(600'000);
  EXPECT_EQ(client_.requests.size(), 4u);
}

TEST_F(SendQueueTest, OverloadAndServerErrorsAreTriedAgain) {
  for (const int status : {500, 503, 429}) {
    const auto queue = MakeQueue();
    const size_t before = client_.requests.size();
    client_.responses.push_back(FakeClient::Answer(status));
    Add(*queue, MakeAlert("A"));
    timers_.AdvanceBy(1000);
    EXPECT_EQ(client_.requests.size(), before + 2) << status;
  }
}

TEST_F(SendQueueTest, WhatIsNotUnderstoodIsNotRepeated) {
  const auto queue = MakeQueue();
  client_.responses.push_back(FakeClient::Answer(400));
  Add(*queue, MakeAlert("A"));
  Add(*queue, MakeAlert("B"));
  timers_.AdvanceBy(60'000);
  EXPECT_EQ(client_.requests.size(), 1u);
  EXPECT_EQ(Metric("prometheus_notifications_dropped_total"), "2");
}

TEST_F(SendQueueTest, NewerStateSupersedesAFailedOne) {
  client_.holds = true;
  const auto queue = MakeQueue();
  Add(*queue, MakeAlert("A"));
  Add(*queue, MakeAlert("B"));
  timers_.AdvanceBy(0);
  Add(*queue, MakeAlert("A", -1));  // Resolved meanwhile.
  client_.held[0](FakeClient::Refused());
  timers_.AdvanceBy(500);
  ASSERT_EQ(client_.requests.size(), 2u);
  EXPECT_THAT(NamesIn(1), ElementsAre("B", "A"));
}

TEST_F(SendQueueTest, FiringAlertsAreNotSentAfterTheirValidity) {
  const auto queue = MakeQueue();
  client_.holds = true;
  Add(*queue, MakeAlert("Old", 1));
  Add(*queue, MakeAlert("Resolved", -1));
  timers_.AdvanceBy(0);
  timers_.AdvanceBy(120'000);
  client_.held[0](FakeClient::Refused());
  timers_.AdvanceBy(500);
  ASSERT_EQ(client_.requests.size(), 2u);
  EXPECT_THAT(NamesIn(1), ElementsAre("Resolved"));
  EXPECT_EQ(Metric("prometheus_notifications_dropped_total"), "1");
}

TEST_F(SendQueueTest, GoesOnAfterEverythingWaitingBecameWorthless) {
  const auto queue = MakeQueue();
  client_.holds = true;
  Add(*queue, MakeAlert("Old", 1));
  timers_.AdvanceBy(0);
  timers_.AdvanceBy(120'000);
  client_.held[0](FakeClient::Refused());
  client_.holds = false;
  Add(*queue, MakeAlert("New"));
  timers_.AdvanceBy(0);
  ASSERT_EQ(client_.requests.size(), 2u);
  EXPECT_THAT(NamesIn(1), ElementsAre("New"));
}

TEST_F(SendQueueTest, DrainingSendsAllThatWaits) {
  const auto queue = MakeQueue(100, 2);
  for (const char* name : {"A", "B", "C"}) Add(*queue, MakeAlert(name));
  queue->Stop(true);
  queue->WaitUntilIdle();
  EXPECT_EQ(client_.requests.size(), 2u);
  Add(*queue, MakeAlert("D"));
  timers_.AdvanceBy(1000);
  EXPECT_EQ(client_.requests.size(), 2u);
}

TEST_F(SendQueueTest, DrainingGivesUpAtTheFirstFailure) {
  const auto queue = MakeQueue(100, 1);
  client_.responses.push_back(FakeClient::Refused());
  for (const char* name : {"A", "B", "C"}) Add(*queue, MakeAlert(name));
  queue->Stop(true);
  queue->WaitUntilIdle();
  EXPECT_EQ(client_.requests.size(), 1u);
  EXPECT_EQ(Metric("prometheus_notifications_dropped_total"), "3");
}

TEST_F(SendQueueTest, StoppingWithoutDrainSendsNothing) {
  const auto queue = MakeQueue();
  Add(*queue, MakeAlert("A"));
  queue->Stop(false);
  queue->WaitUntilIdle();
  timers_.AdvanceBy(1000);
  EXPECT_TRUE(client_.requests.empty());
  EXPECT_EQ(Metric("prometheus_notifications_dropped_total"), "1");
}

}  // namespace
}  // namespace tocsin::notifier
