#include "rules/rule_fixture.h"
#include "rules/rule_manager.h"

namespace tocsin::rules {
namespace {

class RuleManagerRestartTest : public RuleTest {
 protected:
  RuleManagerRestartTest() {
    settings_.rule_files = {directory_ + "/*.yml"};
    AddUp("a", kStartMs, kStartMs + 180 * kMinuteMs, 0);
  }
  void WriteDown(int64_t for_minutes) {
    WriteRules("r.yml",
               fmt::format("groups:\n- name: g\n  rules:\n  - {{alert: Down, expr: up == 0, for: "
                           "{}m, keep_firing_for: 10m}}\n",
                           for_minutes));
  }
  // Runs a manager for a while; a crash leaves the state file as it is at that moment.
  std::vector<AlertView> RunFor(int64_t minutes, bool crashes = false) {
    auto manager = std::make_unique<RuleManager>(Environment(), options_);
    EXPECT_TRUE(manager->ApplySettings(settings_).ok());
    manager->Start();
    timers_.AdvanceBy(minutes * kMinuteMs);
    const auto alerts = manager->ActiveAlerts();
    std::string state;
    if (!options_.state_path.empty()) state = fs_.ReadFile(options_.state_path).value_or("");
    manager.reset();
    if (crashes) {
      EXPECT_TRUE(fs_.WriteFileAtomically(options_.state_path, state).ok());
    }
    return alerts;
  }
  void Pause(int64_t minutes) { clock_.AdvanceMs(minutes * kMinuteMs); }

  RuleSettings settings_;
  RuleOptions options_;
};

// Upstream's way, from ALERTS_FOR_STATE alone.

TEST_F(RuleManagerRestartTest, SeriesRestoreWhatFiredBefore) {
  WriteDown(15);
  EXPECT_EQ(RunFor(20)[0].state, AlertState::kFiring);
  Pause(5);
  EXPECT_EQ(RunFor(4)[0].state, AlertState::kFiring);
}

TEST_F(RuleManagerRestartTest, SeriesRestorePendingTimeWithoutTheDowntime) {
  WriteDown(30);
  EXPECT_EQ(RunFor(11)[0].state, AlertState::kPending);
  Pause(30);
  // About 10 of 30 minutes have passed.
  EXPECT_EQ(RunFor(15)[0].state, AlertState::kPending);
  EXPECT_EQ(RunFor(8)[0].state, AlertState::kPending);
}

TEST_F(RuleManagerRestartTest, SeriesRestoreWaitsForTheGracePeriod) {
  WriteDown(15);
  EXPECT_EQ(RunFor(14)[0].state, AlertState::kPending);
  Pause(10);
  // Two minutes would remain; the grace period is ten.
  EXPECT_EQ(RunFor(9)[0].state, AlertState::kPending);
}

TEST_F(RuleManagerRestartTest, SeriesRestoreLooksBackAnHourOnly) {
  WriteDown(15);
  EXPECT_EQ(RunFor(20)[0].state, AlertState::kFiring);
  Pause(70);
  EXPECT_EQ(RunFor(10)[0].state, AlertState::kPending);
}

TEST_F(RuleManagerRestartTest, AlertsAreNotWrittenBeforeTheyAreRestored) {
  WriteDown(15);
  auto manager = std::make_unique<RuleManager>(Environment(), options_);
  ASSERT_TRUE(manager->ApplySettings(settings_).ok());
  manager->Start();
  timers_.AdvanceBy(kMinuteMs);
  EXPECT_EQ(storage_.series_count(), 1u);  // up alone, after one evaluation.
  timers_.AdvanceBy(2 * kMinuteMs);
  EXPECT_EQ(storage_.series_count(), 3u);
}

// Our way, from saved state.

class SavedStateTest : public RuleManagerRestartTest {
 protected:
  SavedStateTest() { options_.state_path = directory_ + "/alerts.json"; }
};

TEST_F(SavedStateTest, ShortForSurvivesACrash) {
  WriteDown(5);
  EXPECT_EQ(RunFor(4, true)[0].state, AlertState::kPending);
  EXPECT_EQ(RunFor(4, true)[0].state, AlertState::kFiring);
}

TEST_F(SavedStateTest, FiringAlertsStayFiringFromTheFirstEvaluationOn) {
  WriteDown(15);
  const auto before = RunFor(20, true);
  ASSERT_EQ(before[0].state, AlertState::kFiring);
  sink_.Take();
  Pause(2);
  const auto after = RunFor(1, true);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].state, AlertState::kFiring);
  EXPECT_EQ(after[0].active_at_ns, before[0].active_at_ns);
  const auto sent = sink_.Take();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_LT(sent[0].starts_at_ns, (kStartMs + 18 * kMinuteMs) * 1'000'000);
}

TEST_F(SavedStateTest, PendingTimeDoesNotCountTheDowntime) {
  WriteDown(15);
  const auto before = RunFor(11, true);
  Pause(30);
  const auto after = RunFor(1, true);
  const int64_t moved_ns = after[0].active_at_ns - before[0].active_at_ns;
  EXPECT_GE(moved_ns, 30 * 60 * kSecondNs);
  EXPECT_LE(moved_ns, 32 * 60 * kSecondNs);  // Heartbeat and the wait for the first evaluation.
}

TEST_F(SavedStateTest, KeepFiringForGoesOn) {
  WriteDown(0);
  EXPECT_EQ(RunFor(2, true)[0].state, AlertState::kFiring);
  const int64_t now_ms = clock_.NowMs();
  AddUp("a", now_ms - (now_ms - kStartMs) % 15'000, kStartMs + 180 * kMinuteMs,
        1);  // Healthy from here on.
  const auto kept = RunFor(4, true);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].state, AlertState::kFiring);
  EXPECT_NE(kept[0].keep_firing_since_ns, 0);
  EXPECT_EQ(RunFor(5, true).size(), 1u);
  EXPECT_EQ(RunFor(7, true).size(), 0u);
}

TEST_F(SavedStateTest, StateOlderThanTheOutageToleranceIsLeftToTheSeries) {
  WriteDown(15);
  RunFor(20, true);
  Pause(70);
  EXPECT_EQ(RunFor(10, true)[0].state, AlertState::kPending);
}

TEST_F(SavedStateTest, UnreadableStateIsNoReasonNotToStart) {
  WriteDown(5);
  ASSERT_TRUE(fs_.WriteFileAtomically(options_.state_path, "{\"version\":").ok());
  EXPECT_EQ(RunFor(8)[0].state, AlertState::kFiring);
}

TEST_F(SavedStateTest, RulesThatChangedNamesStartAnew) {
  WriteDown(5);
  RunFor(4, true);
  WriteRules("r.yml", "groups:\n- name: g\n  rules:\n  - {alert: Other, expr: up == 0, for: 5m}\n");
  const auto alerts = RunFor(3, true);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].labels.Get("alertname"), "Other");
  EXPECT_EQ(alerts[0].state, AlertState::kPending);
}

TEST_F(SavedStateTest, QuietRulesWriteNothing) {
  WriteRules("r.yml", "groups:\n- name: g\n  rules:\n  - {alert: Never, expr: up > 5}\n");
  auto manager = std::make_unique<RuleManager>(Environment(), options_);
  ASSERT_TRUE(manager->ApplySettings(settings_).ok());
  manager->Start();
  timers_.AdvanceBy(10 * kMinuteMs);
  EXPECT_FALSE(fs_.Exists(options_.state_path));
}

}  // namespace
}  // namespace tocsin::rules
