// Kill -9, restarts and reloads: no page lost, none sent twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "alertmanager/harness.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(RestartTest, WhatWasToldIsNotToldAgainAfterAKill) {
  Harness h(BasicConfig());
  h.Fire("alertname=A", 24 * kHour);
  h.To(kMinute);
  h.KillAndRestart();
  h.To(2 * kHour);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]"));
}

TEST(RestartTest, AlertThatWaitedIsToldAfterAKill) {
  Harness h(BasicConfig());
  h.Fire("alertname=A", 24 * kHour);
  h.To(10 * kSecond);
  h.KillAndRestart();
  h.To(kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("40s firing first notification [A:firing]"));
}

TEST(RestartTest, ResolvedNoticeThatWaitedIsSentAfterAKill) {
  Harness h(BasicConfig());
  h.Fire("alertname=A");
  h.To(kMinute);
  h.Resolve("alertname=A");
  h.KillAndRestart();
  h.To(10 * kMinute);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "1m resolved all alerts resolved [A:resolved]"));
}

// The sender lives in the same process, so it was down as well.
TEST(RestartTest, AlertWhoseSenderWasDownTooIsNotResolvedAtOnce) {
  Harness h(BasicConfig());
  h.Fire("alertname=A", 4 * kMinute);
  h.To(kMinute);
  h.client.answer = nullptr;
  h.clock.SetMs(kStartMs + 20 * kMinute);  // Nothing ran meanwhile.
  h.client.AnswerWith(200);
  h.KillAndRestart();
  h.By(kSecond);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]"));
  h.Fire("alertname=A", 24 * kHour);  // It speaks again in time.
  h.To(kHour);
  EXPECT_THAT(h.TakeTimeline(), IsEmpty());
}

TEST(RestartTest, AlertWhoseSenderStaysSilentResolvesAfterTheGrace) {
  Harness h(BasicConfig());
  h.Fire("alertname=A", 4 * kMinute);
  h.To(kMinute);
  h.clock.SetMs(kStartMs + 20 * kMinute);
  h.KillAndRestart();
  h.To(kHour);
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "25m resolved all alerts resolved [A:resolved]"));
}

TEST(RestartTest, SilencesSurviveAKill) {
  Harness h(BasicConfig());
  const std::string id = h.Silence("alertname", "A", kHour);
  h.KillAndRestart();
  h.Fire("alertname=A");
  h.To(kMinute);
  EXPECT_THAT(h.TakeTimeline(), IsEmpty());
  EXPECT_EQ(h.CallJson("GET", "/api/v2/silence/" + id).FindString("comment"), "quiet");
}

TEST(RestartTest, ExpirySurvivesAKill) {
  Harness h(BasicConfig());
  const std::string id = h.Silence("alertname", "A", kHour);
  h.By(kSecond);
  EXPECT_EQ(h.Call("DELETE", "/api/v2/silence/" + id).status, 200);
  h.KillAndRestart();
  h.Fire("alertname=A");
  h.To(kMinute);
  EXPECT_EQ(h.TakePages().size(), 1u);
}

TEST(RestartTest, EverythingSurvivesACleanStop) {
  Harness h(BasicConfig());
  h.Silence("alertname", "S", kHour);
  h.Fire("alertname=A", 24 * kHour);
  h.Fire("alertname=S", 24 * kHour);
  h.To(kMinute);
  h.StopAndRestart();
  h.To(kHour);
  h.Resolve("alertname=A");
  h.To(2 * kHour);
  EXPECT_THAT(h.TakeTimeline(),
              UnorderedElementsAre("30s firing first notification [A:firing]",
                                   "1h1m firing first notification [S:firing]",
                                   "1h1m resolved all alerts resolved [A:resolved]"));
}

TEST(RestartTest, KillsAtAnyMomentNeitherLoseNorRepeat) {
  for (int64_t kill_s = 1; kill_s < 700; kill_s += 23) {
    Harness h(BasicConfig());
    h.Fire("alertname=A", 24 * kHour);
    constexpr int64_t kResolveS = 400;
    h.To(std::min(kill_s, kResolveS) * kSecond);
    kill_s < kResolveS ? h.KillAndRestart() : h.Resolve("alertname=A");
    h.To(std::max(kill_s, kResolveS) * kSecond);
    kill_s < kResolveS ? h.Resolve("alertname=A") : h.KillAndRestart();
    h.To(kHour);
    std::vector<std::string> statuses;
    for (const Page& page : h.TakePages()) statuses.push_back(page.status);
    EXPECT_THAT(statuses, ElementsAre("firing", "resolved")) << "killed at " << kill_s << " s";
  }
}

TEST(RestartTest, CorruptFilesAreSetAsideAndTheRestGoesOn) {
  Harness h(BasicConfig());
  h.Fire("alertname=A", 24 * kHour);
  h.Silence("alertname", "B", kHour);
  h.To(20 * kMinute);
  h.alertmanager->Stop();
  for (const char* name : {"nflog", "silences", "alerts"}) {
    std::ofstream(h.directory.path() + "/data/" + name) << "no such format";
  }
  h.alertmanager.reset();
  h.StopAndRestart();
  EXPECT_TRUE(std::filesystem::exists(h.directory.path() + "/data/silences.corrupt"));
  EXPECT_EQ(h.CallJson("GET", "/api/v2/silences").AsArray()->size(), 0u);
  h.Fire("alertname=C");
  h.By(kMinute);
  EXPECT_THAT(h.TakeTimeline(), testing::Contains(HasSubstr("[C:firing]")));
}

TEST(ReloadTest, TimersRestartAndNothingIsToldTwice) {
  Harness h(BasicConfig());
  h.Fire("alertname=A,i=1", 24 * kHour);
  h.To(4 * kMinute);
  ASSERT_TRUE(h.Reload(BasicConfig()));
  h.Fire("alertname=A,i=2", 24 * kHour);
  h.To(8 * kMinute);
  // The group of the new configuration is old, so it does not wait.
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]",
                                            "4m firing new alerts added [A:firing A:firing]"));
}

TEST(ReloadTest, AnotherGroupKeyIsToldAnew) {
  Harness h(BasicConfig());
  h.Fire("alertname=A", 24 * kHour);
  h.To(4 * kMinute);
  ASSERT_TRUE(
      h.Reload("route: {receiver: web, group_by: [alertname, cluster]}\n"
               "receivers: [{name: web, webhook_configs: [{url: 'http://other/hook'}]}]\n"));
  h.To(5 * kMinute);
  // The key holds the labels that the alert has, not those that are asked for: it is the same.
  EXPECT_THAT(h.TakeTimeline(), ElementsAre("30s firing first notification [A:firing]"));
}

TEST(ReloadTest, BadConfigurationLeavesTheOldOneAtWork) {
  Harness h(BasicConfig());
  std::ofstream(h.directory.path() + "/bad.tmpl") << "{{ nonsense }}";
  const auto status = h.Reload(BasicConfig("", "templates: [bad.tmpl]\n"));
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("function \"nonsense\" not defined"));
  EXPECT_EQ(h.metric("alertmanager_config_last_reload_successful"), 0);
  h.Fire("alertname=A");
  h.To(kMinute);
  EXPECT_EQ(h.TakePages().size(), 1u);
  ASSERT_TRUE(h.Reload(BasicConfig()));
  EXPECT_EQ(h.metric("alertmanager_config_last_reload_successful"), 1);
}

TEST(ReloadTest, SendUnderWayIsFinishedAndNotRepeated) {
  Harness h(BasicConfig());
  h.client.answer = nullptr;
  h.Fire("alertname=A", 24 * kHour);
  h.To(31 * kSecond);
  ASSERT_TRUE(h.Reload(BasicConfig()));
  h.By(kSecond);  // The new group flushes at once, and waits for its turn.
  EXPECT_EQ(h.TakePages().size(), 1u);
  h.client.AnswerWith(200);
  h.client.Release(200);
  h.To(4 * kHour);
  EXPECT_THAT(h.TakeTimeline(), IsEmpty());
}

TEST(ReloadTest, RetriesOfTheOldConfigurationEnd) {
  Harness h(BasicConfig());
  h.client.AnswerWith(503);
  h.Fire("alertname=A", 24 * kHour);
  h.To(2 * kMinute);
  h.TakePages();
  ASSERT_TRUE(
      h.Reload("route: {receiver: web, group_by: [alertname], group_wait: 10m}\n"
               "receivers: [{name: web, webhook_configs: [{url: 'http://new/hook'}]}]\n"));
  h.client.AnswerWith(200);
  h.To(15 * kMinute);
  ASSERT_EQ(h.TakePages().size(), 1u);
  EXPECT_EQ(h.client.sent.back().request.url, "http://new/hook");
}

}  // namespace
}  // namespace tocsin::alertmanager
