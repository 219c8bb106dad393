#include "rules/alerting_rule.h"

#include "rules/rule_fixture.h"

namespace tocsin::rules {
namespace {

constexpr int64_t kResendNs = 60 * kSecondNs;
constexpr int64_t kIntervalNs = 60 * kSecondNs;

// Drives one rule, a minute a step, with values of `up` given per step; 1 is healthy.
class AlertingRuleTest : public RuleTest {
 protected:
  void Make(int64_t hold_minutes, int64_t keep_minutes = 0, LabelPairs labels = {},
            LabelPairs annotations = {}) {
    AlertingRuleOptions options;
    options.name = "Down";
    options.query = Prepare("up == 0");
    options.hold_ns = hold_minutes * 60 * kSecondNs;
    options.keep_firing_ns = keep_minutes * 60 * kSecondNs;
    options.labels = std::move(labels);
    options.annotations = std::move(annotations);
    rule_ = std::make_unique<AlertingRule>(std::move(options),
                                           std::make_shared<const TemplateEnvironment>());
  }

  EvaluationContext Context() {
    EvaluationContext context{queries_};
    context.time_ns = time_ns_;
    context.interval_ns = kIntervalNs;
    return context;
  }

  // One step: up has `value` now. Returns the state of the only alert, "" if there is none.
  std::string Step(double value) {
    storage_.Add(Labels{{"__name__", "up"}, {"instance", "a"}}, time_ns_ / 1'000'000, value);
    const auto samples = rule_->Evaluate(Context());
    EXPECT_TRUE(samples.ok()) << samples.error().message();
    samples_ = *samples;
    sent_ = rule_->TakeAlertsToSend(time_ns_, kResendNs, kIntervalNs, "http://t");
    time_ns_ += 60 * kSecondNs;
    const AlertMap alerts = rule_->SnapshotAlerts();
    return alerts.empty() ? "" : std::string(AlertStateText(alerts.begin()->second.state));
  }
  std::vector<std::string> Steps(const std::vector<double>& values) {
    std::vector<std::string> states;
    for (const double value : values) states.push_back(Step(value));
    return states;
  }
  const ActiveAlert Alert0() { return rule_->SnapshotAlerts().begin()->second; }

  int64_t time_ns_ = kStartMs * 1'000'000;
  std::unique_ptr<AlertingRule> rule_;
  std::vector<OutputSample> samples_;
  std::vector<Alert> sent_;
};

using testing::ElementsAre;

TEST_F(AlertingRuleTest, FiresAfterFor) {
  Make(2);
  EXPECT_THAT(Steps({1, 0, 0, 0, 0}), ElementsAre("", "pending", "pending", "firing", "firing"));
}

TEST_F(AlertingRuleTest, WithoutForFiresAtOnce) {
  Make(0);
  EXPECT_THAT(Steps({0}), ElementsAre("firing"));
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(AlertingRuleTest, PendingAlertsVanishWithoutAWord) {
  Make(5);
  EXPECT_THAT(Steps({0, 0, 1}), ElementsAre("pending", "pending", ""));
  EXPECT_TRUE(sent_.empty());
}

TEST_F(AlertingRuleTest, ForBeginsAnewAfterAGap) {
  Make(2);
  EXPECT_THAT(Steps({0, 0, 1, 0, 0, 0}),
              ElementsAre("pending", "pending", "", "pending", "pending", "firing"));
}

TEST_F(AlertingRuleTest, ResolvedAlertsAreToldAndKeptFifteenMinutes) {
  Make(0);
  Step(0);
  EXPECT_EQ(Step(1), "inactive");
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].ends_at_ns, time_ns_ - 60 * kSecondNs);
  EXPECT_EQ(sent_[0].starts_at_ns, kStartMs * 1'000'000);
  for (int minute = 1; minute <= 15; ++minute) EXPECT_EQ(Step(1), "inactive") << minute;
  EXPECT_EQ(Step(1), "");
}

TEST_F(AlertingRuleTest, AResolvedAlertBeginsAnew) {
  Make(1);
  EXPECT_THAT(Steps({0, 0, 1, 0, 0}),
              ElementsAre("pending", "firing", "inactive", "pending", "firing"));
  EXPECT_EQ(Alert0().resolved_at_ns, 0);
}

TEST_F(AlertingRuleTest, KeepFiringForHoldsTheResolution) {
  Make(0, 3);
  EXPECT_THAT(Steps({0, 1, 1, 1, 1}),
              ElementsAre("firing", "firing", "firing", "firing", "inactive"));
}

TEST_F(AlertingRuleTest, KeepFiringForStartsOverWhenItFiresAgain) {
  Make(0, 2);
  EXPECT_THAT(Steps({0, 1, 0, 1, 1, 1}),
              ElementsAre("firing", "firing", "firing", "firing", "firing", "inactive"));
}

TEST_F(AlertingRuleTest, KeepFiringForDoesNotKeepPendingAlerts) {
  Make(5, 5);
  EXPECT_THAT(Steps({0, 1}), ElementsAre("pending", ""));
}

TEST_F(AlertingRuleTest, FiringReturnsToPendingWhenForGrows) {
  Make(0);
  Step(0);
  const auto old = std::move(rule_);
  Make(5);
  rule_->CopyAlerts(*old);
  EXPECT_THAT(Steps({0, 0, 0, 0, 0}),
              ElementsAre("pending", "pending", "pending", "pending", "firing"));
}

TEST_F(AlertingRuleTest, ResendsAfterTheDelayOnly) {
  Make(0);
  Step(0);
  EXPECT_EQ(sent_.size(), 1u);
  Step(0);
  EXPECT_TRUE(sent_.empty());  // A minute later: not yet more than the delay.
  Step(0);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].ends_at_ns, time_ns_ - 60 * kSecondNs + 4 * kIntervalNs);
  EXPECT_EQ(sent_[0].generator_url, "http://t/graph?g0.expr=up+%3D%3D+0&g0.tab=1");
}

TEST_F(AlertingRuleTest, WritesAlertsAndForState) {
  Make(1);
  Step(0);
  ASSERT_EQ(samples_.size(), 2u);
  EXPECT_EQ(samples_[0].labels, (Labels{{"__name__", "ALERTS"},
                                        {"alertname", "Down"},
                                        {"alertstate", "pending"},
                                        {"instance", "a"}}));
  EXPECT_EQ(samples_[0].value, 1);
  EXPECT_EQ(samples_[1].labels,
            (Labels{{"__name__", "ALERTS_FOR_STATE"}, {"alertname", "Down"}, {"instance", "a"}}));
  EXPECT_EQ(samples_[1].value, kStartMs / 1000);
  Step(0);
  EXPECT_EQ(samples_[0].labels.Get("alertstate"), "firing");
}

TEST_F(AlertingRuleTest, WritesNothingBeforeItIsRestored) {
  Make(0);
  rule_->SetRestored(false);
  Step(0);
  EXPECT_TRUE(samples_.empty());
  rule_->SetRestored(true);
  Step(0);
  EXPECT_EQ(samples_.size(), 2u);
}

TEST_F(AlertingRuleTest, ExpandsLabelsAndAnnotations) {
  Make(0, 0, {{"summary", "{{ $labels.instance }} is down"}, {"empty", ""}},
       {{"description", "value {{ $value }}"}});
  Step(0);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].labels,
            (Labels{{"alertname", "Down"}, {"instance", "a"}, {"summary", "a is down"}}));
  EXPECT_EQ(sent_[0].annotations, (Labels{{"description", "value 0"}}));
}

TEST_F(AlertingRuleTest, RefusesAlertsThatBecomeTheSame) {
  Make(0, 0, {{"instance", "same"}});
  for (const char* instance : {"a", "b"})
    storage_.Add(Labels{{"__name__", "up"}, {"instance", instance}}, kStartMs, 0);
  const auto samples = rule_->Evaluate(Context());
  ASSERT_FALSE(samples.ok());
  EXPECT_EQ(samples.error().message(),
            "vector contains metrics with the same labelset after applying alert labels");
}

TEST_F(AlertingRuleTest, OverTheLimitAllAlertsAreDropped) {
  Make(0);
  for (const char* instance : {"a", "b"})
    storage_.Add(Labels{{"__name__", "up"}, {"instance", instance}}, kStartMs, 0);
  EvaluationContext context = Context();
  context.limit = 1;
  const auto samples = rule_->Evaluate(context);
  ASSERT_FALSE(samples.ok());
  EXPECT_EQ(samples.error().message(), "exceeded limit of 1 with 2 alerts");
  EXPECT_TRUE(rule_->SnapshotAlerts().empty());
}

TEST_F(AlertingRuleTest, ViewShowsStateAndActiveAlerts) {
  Make(1, 2, {{"severity", "page"}});
  EXPECT_EQ(rule_->View().state, AlertState::kUnknown);
  rule_->SetEvaluated(1, 0.5);
  EXPECT_EQ(rule_->View().state, AlertState::kInactive);
  Step(0);
  RuleView view = rule_->View();
  EXPECT_EQ(view.state, AlertState::kPending);
  ASSERT_EQ(view.alerts.size(), 1u);
  EXPECT_EQ(view.alerts[0].labels.Get("severity"), "page");
  EXPECT_EQ(view.alerts[0].active_at_ns, kStartMs * 1'000'000);
  EXPECT_EQ(view.query, "up == 0");
  EXPECT_EQ(view.hold_seconds, 60);
  Steps({0, 1, 1, 1});
  view = rule_->View();
  EXPECT_EQ(view.state, AlertState::kInactive);
  EXPECT_TRUE(view.alerts.empty());
}

TEST_F(AlertingRuleTest, StateChangesAreNoticedOnce) {
  Make(1);
  Step(1);
  EXPECT_FALSE(rule_->TakeStateChanged());
  Step(0);
  EXPECT_TRUE(rule_->TakeStateChanged());
  EXPECT_FALSE(rule_->TakeStateChanged());
  Step(0);
  EXPECT_TRUE(rule_->TakeStateChanged());  // Fires.
  Step(0);
  EXPECT_FALSE(rule_->TakeStateChanged());
  Step(1);
  EXPECT_TRUE(rule_->TakeStateChanged());
}

TEST_F(AlertingRuleTest, AdoptedPendingTimeSkipsTheDowntime) {
  Make(5);
  AlertMap saved;
  ActiveAlert& alert = saved[Labels{{"alertname", "Down"}, {"instance", "a"}}];
  alert.active_at_ns = time_ns_ - 10 * 60 * kSecondNs;
  // Pending for 3 minutes, then down for 7.
  rule_->AdoptAlerts(saved, time_ns_ - 7 * 60 * kSecondNs);
  EXPECT_THAT(Steps({0, 0, 0}), ElementsAre("pending", "pending", "firing"));
}

TEST_F(AlertingRuleTest, AdoptedAlertsWaitForTheirData) {
  Make(5);
  AlertMap saved;
  ActiveAlert& alert = saved[Labels{{"alertname", "Down"}, {"instance", "a"}}];
  alert.state = AlertState::kFiring;
  alert.active_at_ns = alert.fired_at_ns = time_ns_ - 3600 * kSecondNs;
  rule_->AdoptAlerts(saved, time_ns_ - 600 * kSecondNs);
  EXPECT_THAT(Steps({1, 1, 1}), ElementsAre("firing", "firing", "inactive"));
}

TEST_F(AlertingRuleTest, AdoptedFiringAlertsKeepTheirStart) {
  Make(5);
  const int64_t fired_at_ns = time_ns_ - 3600 * kSecondNs;
  AlertMap saved;
  ActiveAlert& alert = saved[Labels{{"alertname", "Down"}, {"instance", "a"}}];
  alert.state = AlertState::kFiring;
  alert.active_at_ns = alert.fired_at_ns = fired_at_ns;
  rule_->AdoptAlerts(saved, time_ns_ - 600 * kSecondNs);
  EXPECT_THAT(Steps({0}), ElementsAre("firing"));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].starts_at_ns, fired_at_ns);
}

}  // namespace
}  // namespace tocsin::rules
