#include "rules/rule_fixture.h"
#include "rules/rule_manager.h"

namespace tocsin::rules {
namespace {

constexpr const char* kDown =
    "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: up == 0, for: 5m}\n";

class RuleManagerReloadTest : public RuleTest {
 protected:
  RuleManagerReloadTest() : manager_(Environment(), {}) {
    settings_.rule_files = {directory_ + "/*.yml"};
  }
  void Apply() {
    const Status status = manager_.ApplySettings(settings_);
    ASSERT_TRUE(status.ok()) << status.error().message();
  }
  AlertView OnlyAlert() {
    const auto alerts = manager_.ActiveAlerts();
    EXPECT_EQ(alerts.size(), 1u);
    return alerts.empty() ? AlertView() : alerts[0];
  }

  RuleSettings settings_;
  RuleManager manager_;
};

TEST_F(RuleManagerReloadTest, UnchangedGroupsGoOn) {
  WriteRules("r.yml", kDown);
  Apply();
  manager_.Start();
  AddUp("a", kStartMs, kStartMs + 20 * kMinuteMs, 0);
  timers_.AdvanceBy(3 * kMinuteMs);
  const int64_t active_at_ns = OnlyAlert().active_at_ns;
  WriteRules("other.yml", "groups:\n- name: h\n");
  Apply();
  EXPECT_EQ(manager_.Groups().size(), 2u);
  EXPECT_EQ(OnlyAlert().active_at_ns, active_at_ns);
  timers_.AdvanceBy(4 * kMinuteMs);
  EXPECT_EQ(OnlyAlert().state, AlertState::kFiring);
}

TEST_F(RuleManagerReloadTest, ChangedGroupsKeepTheStateOfSameRules) {
  WriteRules("r.yml", kDown);
  Apply();
  manager_.Start();
  AddUp("a", kStartMs, kStartMs + 20 * kMinuteMs, 0);
  timers_.AdvanceBy(3 * kMinuteMs);
  const int64_t active_at_ns = OnlyAlert().active_at_ns;
  WriteRules("r.yml", std::string(kDown) + "  - {record: new, expr: 'vector(1)'}\n");
  Apply();
  EXPECT_EQ(OnlyAlert().active_at_ns, active_at_ns);
  timers_.AdvanceBy(4 * kMinuteMs);
  EXPECT_EQ(OnlyAlert().state, AlertState::kFiring);
  EXPECT_FALSE(storage_.SamplesOf(Labels{{"__name__", "new"}}).empty());
}

TEST_F(RuleManagerReloadTest, BadFilesChangeNothing) {
  WriteRules("r.yml", kDown);
  Apply();
  manager_.Start();
  WriteRules("bad.yml", "groups:\n- name: g\n  rules:\n  - {record: x, expr: 'sum('}\n");
  EXPECT_FALSE(manager_.CheckSettings(settings_).ok());
  const Status status = manager_.ApplySettings(settings_);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(),
              testing::StartsWith(directory_ + "/bad.yml:4:23: group \"g\", rule 1, \"x\": "));
  ASSERT_EQ(manager_.Groups().size(), 1u);
  AddUp("a", kStartMs, kStartMs + 20 * kMinuteMs, 0);
  timers_.AdvanceBy(7 * kMinuteMs);
  EXPECT_EQ(OnlyAlert().state, AlertState::kFiring);
}

TEST_F(RuleManagerReloadTest, SeriesOfRemovedRulesBecomeStaleWithTheNextEvaluation) {
  WriteRules("r.yml",
             "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'vector(1)'}\n  - "
             "{record: b, expr: 'vector(1)'}\n");
  Apply();
  manager_.Start();
  timers_.AdvanceBy(2 * kMinuteMs);
  WriteRules("r.yml", "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'vector(1)'}\n");
  Apply();
  timers_.AdvanceBy(kMinuteMs);
  EXPECT_TRUE(IsStaleNan(storage_.SamplesOf(Labels{{"__name__", "b"}}).back().value));
  EXPECT_EQ(storage_.SamplesOf(Labels{{"__name__", "a"}}).back().value, 1);
}

TEST_F(RuleManagerReloadTest, SeriesOfRemovedGroupsBecomeStaleAfterTwoIntervals) {
  const std::string path =
      WriteRules("r.yml", "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'vector(1)'}\n");
  Apply();
  manager_.Start();
  timers_.AdvanceBy(2 * kMinuteMs);
  ASSERT_TRUE(fs_.Remove(path).ok());
  Apply();
  EXPECT_TRUE(manager_.Groups().empty());
  timers_.AdvanceBy(kMinuteMs);
  EXPECT_FALSE(IsStaleNan(storage_.SamplesOf(Labels{{"__name__", "a"}}).back().value));
  timers_.AdvanceBy(kMinuteMs);
  EXPECT_TRUE(IsStaleNan(storage_.SamplesOf(Labels{{"__name__", "a"}}).back().value));
}

TEST_F(RuleManagerReloadTest, NewExternalLabelsReachTemplatesWithoutLosingState) {
  WriteRules("r.yml",
             "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: up == 0, for: 5m, annotations: "
             "{dc: '{{ $externalLabels.dc }}'}}\n");
  settings_.external_labels = Labels{{"dc", "old"}};
  Apply();
  manager_.Start();
  AddUp("a", kStartMs, kStartMs + 20 * kMinuteMs, 0);
  timers_.AdvanceBy(3 * kMinuteMs);
  const int64_t active_at_ns = OnlyAlert().active_at_ns;
  settings_.external_labels = Labels{{"dc", "new"}};
  Apply();
  timers_.AdvanceBy(kMinuteMs);
  EXPECT_EQ(OnlyAlert().annotations.Get("dc"), "new");
  EXPECT_EQ(OnlyAlert().active_at_ns, active_at_ns);
}

}  // namespace
}  // namespace tocsin::rules
