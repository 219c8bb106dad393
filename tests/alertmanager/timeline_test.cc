// Who is told what, and when: alerts posted at a time, pages expected at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alertmanager/harness.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TimelineTest, NewGroupWaitsGroupWait) {
  Harness h(BasicConfig());
  h.Fire("alertname=A");
  h.To(29999);
  EXPECT_THAT(h.TakeTimeline(), IsEmpty());
  h.To(30000);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]"));
}

TEST(TimelineTest, AlertsOfAGroupArriveTogether) {
  Harness h(BasicConfig());
  h.Fire("alertname=A,instance=2");
  h.To(10 * kSecond);
  h.Fire("alertname=A,instance=1");
  h.Fire("alertname=B");
  h.To(kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing A:firing]",
                                            "40s firing first notification [B:firing]"));
}

TEST(TimelineTest, AlertInAKnownGroupWaitsForTheNextTick) {
  Harness h(BasicConfig());
  h.Fire("alertname=A,instance=1");
  h.To(kMinute);
  h.TakePages();
  h.Fire("alertname=A,instance=2");
  h.To(5 * kMinute + 29999);
  EXPECT_THAT(h.TakeTimeline(), IsEmpty());
  h.To(5 * kMinute + 30000);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("5m30s firing new alerts added [A:firing A:firing]"));
}

TEST(TimelineTest, NothingNewIsNotSentAgain) {
  Harness h(BasicConfig());
  h.Fire("alertname=A", 24 * kHour);
  h.To(4 * kHour);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]"));
}

// The log is stamped after the send and must lie strictly before the tick, so a repeat_interval of
// a multiple of group_interval comes a tick late.
TEST(TimelineTest, RepeatComesAtTheFirstTickStrictlyAfterTheInterval) {
  Harness h(BasicConfig("  repeat_interval: 10m\n"));
  h.Fire("alertname=A", 24 * kHour);
  h.To(31 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "15m30s firing repeat interval elapsed [A:firing]",
                                            "30m30s firing repeat interval elapsed [A:firing]"));
}

TEST(TimelineTest, RepeatOfLessThanAMultipleComesInTime) {
  Harness h(BasicConfig("  repeat_interval: 9m59s\n"));
  h.Fire("alertname=A", 24 * kHour);
  h.To(25 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "10m30s firing repeat interval elapsed [A:firing]",
                                            "20m30s firing repeat interval elapsed [A:firing]"));
}

TEST(TimelineTest, ResolvedIsToldAtTheNextTick) {
  Harness h(BasicConfig());
  h.Fire("alertname=A");
  h.To(kMinute);
  h.Resolve("alertname=A");
  h.To(20 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "5m30s resolved all alerts resolved [A:resolved]"));
}

TEST(TimelineTest, SilentSenderMakesItsAlertResolve) {
  Harness h(BasicConfig());
  h.Fire("alertname=A", 2 * kMinute);
  h.To(20 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "5m30s resolved all alerts resolved [A:resolved]"));
}

TEST(TimelineTest, AlertThatEndsExactlyAtTheTickIsResolved) {
  Harness h(BasicConfig());
  h.Fire("alertname=A,i=1", 5 * kMinute + 30 * kSecond);
  h.Fire("alertname=A,i=2", 5 * kMinute + 30 * kSecond + 1);
  h.To(6 * kMinute);
  EXPECT_THAT(h.TakeTimeline(),
              ElementsAre("30s firing first notification [A:firing A:firing]",
                          "5m30s firing some alerts resolved [A:resolved A:firing]"));
}

TEST(TimelineTest, SomeResolvedIsAReason) {
  Harness h(BasicConfig());
  h.Fire("alertname=A,i=1", 24 * kHour);
  h.Fire("alertname=A,i=2");
  h.To(kMinute);
  h.Resolve("alertname=A,i=2");
  h.To(12 * kMinute);
  EXPECT_THAT(h.TakeTimeline(),
              ElementsAre("30s firing first notification [A:firing A:firing]",
                          "5m30s firing some alerts resolved [A:firing A:resolved]"));
}

TEST(TimelineTest, AlertThatResolvesBeforeTheFirstFlushIsNeverTold) {
  Harness h(BasicConfig());
  h.Fire("alertname=A");
  h.To(10 * kSecond);
  h.Resolve("alertname=A");
  h.To(kHour);
  EXPECT_THAT(h.TakeTimeline(), IsEmpty());
  EXPECT_EQ(h.metric("alertmanager_dispatcher_aggregation_groups"), 0);
}

TEST(TimelineTest, AlertThatFiresAgainMakesANewGroup) {
  Harness h(BasicConfig());
  h.Fire("alertname=A");
  h.To(kMinute);
  h.Resolve("alertname=A");
  h.To(6 * kMinute);
  h.Fire("alertname=A");
  h.To(7 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "5m30s resolved all alerts resolved [A:resolved]",
                                            "6m30s firing first notification [A:firing]"));
}

TEST(TimelineTest, AlertThatFiresAgainBeforeTheTickIsNotToldAsResolved) {
  Harness h(BasicConfig());
  h.Fire("alertname=A");
  h.To(kMinute);
  h.Resolve("alertname=A");
  h.To(2 * kMinute);
  h.Fire("alertname=A");
  h.To(20 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]"));
}

TEST(TimelineTest, OldAlertOfANewGroupDoesNotWait) {
  Harness h(BasicConfig());
  h.To(kHour);
  Alert alert;
  alert.labels = ParseLabels("alertname=A");
  alert.starts_at_ns = (kStartMs + 10 * kMinute) * 1'000'000;
  alert.ends_at_ns = (kStartMs + 2 * kHour) * 1'000'000;
  h.Post(alert);
  h.By(0);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("1h firing first notification [A:firing]"));
}

TEST(TimelineTest, GroupWaitOfZeroFlushesAtOnce) {
  Harness h(BasicConfig("  group_wait: 0s\n"));
  h.Fire("alertname=A");
  h.By(0);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("0s firing first notification [A:firing]"));
}

TEST(TimelineTest, RhythmDoesNotDependOnHowLongSendingTakes) {
  Harness h(BasicConfig());
  h.client.answer = nullptr;
  h.Fire("alertname=A,i=1");
  h.To(4 * kMinute);  // The first page has been waiting since 30 s.
  h.client.Release(200);
  h.By(0);
  h.Fire("alertname=A,i=2");
  h.client.AnswerWith(200);
  h.To(6 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "5m30s firing new alerts added [A:firing A:firing]"));
}

TEST(TimelineTest, OneFlushOfAGroupAtATime) {
  Harness h(BasicConfig("  group_interval: 1m\n"));
  h.client.answer = nullptr;
  h.Fire("alertname=A,i=1");
  h.To(30 * kSecond);
  h.Fire("alertname=A,i=2");
  h.To(3 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]"));
  h.client.AnswerWith(200);
  h.client.Release(200);
  h.By(0);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("3m firing new alerts added [A:firing A:firing]"));
}

TEST(TimelineTest, AlertDoesNotFlipToResolvedDuringASlowSend) {
  Harness h(BasicConfig());
  h.client.AnswerWith(503);
  h.Fire("alertname=A", 31 * kSecond);
  h.To(30 * kSecond);
  h.To(40 * kSecond);  // Retries; the alert has ended meanwhile.
  for (const Page& page : h.TakePages()) {
    EXPECT_EQ(page.status, "firing");
    EXPECT_EQ(page.body.Find("alerts")->AsArray()->front().FindString("endsAt"),
              "0001-01-01T00:00:00Z");
  }
}

TEST(TimelineTest, StartDelayHoldsTheFirstFlushBack) {
  AlertmanagerOptions options;
  options.start_delay_ms = 2 * kMinute;
  Harness h(BasicConfig(), options);
  h.Fire("alertname=A");
  h.To(10 * kMinute);
  h.Fire("alertname=B");
  h.To(11 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("2m firing first notification [A:firing]",
                                            "10m30s firing first notification [B:firing]"));
}

TEST(TimelineTest, ReceiverWithoutResolvedNoticesGetsFiringOnly) {
  Harness h(BasicConfig("", "    send_resolved: false\n"));
  h.Fire("alertname=A,i=1", 24 * kHour);
  h.Fire("alertname=A,i=2");
  h.To(kMinute);
  h.Resolve("alertname=A,i=2");
  h.To(10 * kMinute);
  h.Fire("alertname=A,i=3", 24 * kHour);
  h.To(11 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing A:firing]",
                                            "10m30s firing new alerts added [A:firing A:firing]"));
}

TEST(TimelineTest, ReceiverWithoutResolvedNoticesStillLearnsThatNothingFires) {
  Harness h(BasicConfig("", "    send_resolved: false\n"));
  h.Fire("alertname=A");
  h.To(kMinute);
  h.Resolve("alertname=A");
  h.To(6 * kMinute);
  // The log says that nothing fires, so the next episode is new.
  h.Fire("alertname=A");
  h.To(7 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "6m30s firing first notification [A:firing]"));
}

TEST(TimelineTest, GroupByAllMakesAGroupOfEachAlert) {
  Harness h(
      "route: {receiver: web, group_by: ['...']}\n"
      "receivers: [{name: web, webhook_configs: [{url: 'http://receiver/hook'}]}]\n");
  h.Fire("alertname=A,i=1");
  h.Fire("alertname=A,i=2");
  h.To(kMinute);
  EXPECT_EQ(h.TakePages().size(), 2u);
}

TEST(TimelineTest, ReceiverWithoutIntegrationsIsABlackHole) {
  Harness h("route: {receiver: none}\nreceivers: [{name: none}]\n");
  h.Fire("alertname=A");
  h.To(kMinute);
  EXPECT_THAT(h.TakeTimeline(), IsEmpty());
  EXPECT_EQ(h.CallJson("GET", "/api/v2/alerts").AsArray()->size(), 1u);
}

}  // namespace
}  // namespace tocsin::alertmanager
