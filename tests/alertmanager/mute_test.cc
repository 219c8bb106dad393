// What keeps pages back: silences, inhibition, time intervals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alertmanager/harness.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SilenceTimelineTest, SilencedAlertIsNotTold) {
  Harness h(BasicConfig());
  h.Silence("alertname", "A", kHour);
  h.Fire("alertname=A", 24 * kHour);
  h.Fire("alertname=B", 24 * kHour);
  h.To(30 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [B:firing]"));
  EXPECT_EQ(h.metric(R"(alertmanager_notifications_suppressed_total{reason="silence"})"), 6);
}

TEST(SilenceTimelineTest, EndOfTheSilenceIsToldAtTheNextTick) {
  Harness h(BasicConfig());
  h.Silence("alertname", "A", 12 * kMinute);
  h.Fire("alertname=A", 24 * kHour);
  h.To(kHour);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("15m30s firing first notification [A:firing]"));
}

TEST(SilenceTimelineTest, AlertThatResolvesUnderASilenceGetsNoResolvedNotice) {
  Harness h(BasicConfig());
  h.Fire("alertname=A");
  h.To(kMinute);
  h.Silence("alertname", "A", kHour);
  h.To(2 * kMinute);
  h.Resolve("alertname=A");
  h.To(30 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]"));
}

TEST(SilenceTimelineTest, UnmutedAlertCountsAsNewWhenTheGroupWasToldMeanwhile) {
  Harness h(BasicConfig());
  h.Fire("alertname=A,i=1", 24 * kHour);
  h.To(kMinute);
  h.Silence("i", "1", 12 * kMinute);
  h.Fire("alertname=A,i=2", 24 * kHour);
  h.To(20 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "5m30s firing new alerts added [A:firing]",
                                            "15m30s firing new alerts added [A:firing A:firing]"));
}

constexpr const char* kInhibit =
    "inhibit_rules:\n"
    "- source_matchers: [severity = critical]\n"
    "  target_matchers: [severity = warning]\n"
    "  equal: [cluster]\n";

TEST(InhibitionTimelineTest, SourceKeepsTheTargetBack) {
  Harness h(BasicConfig("", kInhibit));
  h.Fire("alertname=W,severity=warning,cluster=a", 24 * kHour);
  h.Fire("alertname=W2,severity=warning,cluster=b", 24 * kHour);
  h.Fire("alertname=C,severity=critical,cluster=a", 8 * kMinute);
  h.To(30 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [W2:firing]",
                                            "30s firing first notification [C:firing]",
                                            "10m30s firing first notification [W:firing]",
                                            "10m30s resolved all alerts resolved [C:resolved]"));
}

TEST(InhibitionTimelineTest, SourceOfTheSamePostComesFirstWhateverTheOrder) {
  Harness h(BasicConfig("  group_wait: 0s\n", kInhibit));
  Alert target;
  target.labels = ParseLabels("alertname=W,severity=warning");
  target.starts_at_ns = (kStartMs - kHour) * 1'000'000;
  target.ends_at_ns = (kStartMs + kHour) * 1'000'000;
  Alert source = target;
  source.labels = ParseLabels("alertname=C,severity=critical");
  const Alert both[] = {target, source};
  ASSERT_TRUE(h.alertmanager->PostAlerts(both));
  h.By(kSecond);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("0s firing first notification [C:firing]"));
}

TEST(InhibitionTimelineTest, RestartDoesNotLeakInhibitedAlerts) {
  Harness h(BasicConfig("", kInhibit));
  h.Fire("alertname=W,severity=warning", 24 * kHour);
  h.Fire("alertname=C,severity=critical", 24 * kHour);
  h.To(10 * kMinute);
  h.KillAndRestart();
  h.To(20 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [C:firing]"));
}

TEST(InhibitionTimelineTest, SilencedSourceStillInhibits) {
  Harness h(BasicConfig("", kInhibit));
  h.Silence("alertname", "C", kHour);
  h.Fire("alertname=C,severity=critical");
  h.Fire("alertname=W,severity=warning");
  h.To(kMinute);
  EXPECT_THAT(h.TakeTimeline(), IsEmpty());
}

std::string Timed(const std::string& route_line, const std::string& times) {
  return "route:\n  receiver: web\n  group_by: [alertname]\n  routes:\n  - matchers: [team = x]\n" +
         ("    " + route_line + "\n") +
         "receivers:\n- name: web\n  webhook_configs: [{url: 'http://receiver/hook'}]\n"
         "time_intervals:\n- name: interval\n  time_intervals:\n" +
         times;
}

// The tests begin on a Monday at 12:00 UTC.
TEST(TimeIntervalTimelineTest, MutedRouteIsToldWhenTheIntervalEnds) {
  Harness h(Timed("mute_time_intervals: [interval]",
                  "  - times: [{start_time: '11:00', end_time: '12:30'}]\n"));
  h.Fire("alertname=A,team=x", 24 * kHour);
  h.Fire("alertname=B", 24 * kHour);
  h.To(kHour);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [B:firing]",
                                            "30m30s firing first notification [A:firing]"));
  EXPECT_EQ(h.metric(R"(alertmanager_notifications_suppressed_total{reason="mute_time_interval"})"),
            6);
}

TEST(TimeIntervalTimelineTest, ActiveIntervalIsWaitedFor) {
  Harness h(Timed("active_time_intervals: [interval]",
                  "  - times: [{start_time: '09:00', end_time: '17:00'}]\n"
                  "    weekdays: ['monday:friday']\n"
                  "    location: 'America/New_York'\n"));
  h.Fire("alertname=A,team=x", 24 * kHour);  // 07:00 in New York.
  h.To(3 * kHour);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("2h30s firing first notification [A:firing]"));
}

TEST(TimeIntervalTimelineTest, GroupsShowTheIntervalThatMutesThem) {
  Harness h(Timed("mute_time_intervals: [interval]",
                  "  - times: [{start_time: '11:00', end_time: '12:30'}]\n"));
  h.Fire("alertname=A,team=x", 24 * kHour);
  const auto muted_by = [&] {
    const JsonValue groups = h.CallJson("GET", "/api/v2/alerts/groups");
    const JsonValue& alert = groups.AsArray()->front().Find("alerts")->AsArray()->front();
    return alert.Find("status")->Find("mutedBy")->AsArray()->size();
  };
  EXPECT_EQ(muted_by(), 0u);  // Known only after the first flush.
  h.To(kMinute);
  EXPECT_EQ(muted_by(), 1u);
  EXPECT_THAT(*h.CallJson("GET", "/api/v2/alerts/groups?muted=false").AsArray(), IsEmpty());
  h.To(40 * kMinute);
  EXPECT_EQ(muted_by(), 0u);
}

}  // namespace
}  // namespace tocsin::alertmanager
