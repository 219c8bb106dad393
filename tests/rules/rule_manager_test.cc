#include "rules/rule_manager.h"

#include "rules/rule_fixture.h"

namespace tocsin::rules {
namespace {

using testing::HasSubstr;

class RuleManagerTest : public RuleTest {
 protected:
  RuleSettings Settings() {
    RuleSettings settings;
    settings.rule_files = {directory_ + "/*.yml"};
    return settings;
  }
};

TEST_F(RuleManagerTest, EvaluatesAtAlignedMoments) {
  WriteRules("r.yml",
             "groups:\n- name: g\n  interval: 10s\n  rules:\n  - {record: out, expr: "
             "'vector(time())'}\n");
  RuleManager manager(Environment(), {});
  ASSERT_TRUE(manager.ApplySettings(Settings()).ok());
  timers_.AdvanceBy(60'000);
  EXPECT_EQ(storage_.series_count(), 0u);  // Not started.
  manager.Start();
  timers_.AdvanceBy(60'000);
  const auto samples = storage_.SamplesOf(Labels{{"__name__", "out"}});
  ASSERT_EQ(samples.size(), 6u);
  for (size_t i = 1; i < samples.size(); ++i)
    EXPECT_EQ(samples[i].timestamp_ms - samples[i - 1].timestamp_ms, 10'000);
  EXPECT_GT(samples[0].timestamp_ms, kStartMs + 60'000);
}

TEST_F(RuleManagerTest, MissedMomentsAreCountedAndSkipped) {
  const std::string path = WriteRules(
      "r.yml",
      "groups:\n- name: g\n  interval: 10s\n  rules:\n  - {record: out, expr: 'vector(1)'}\n");
  RuleManager manager(Environment(), {});
  ASSERT_TRUE(manager.ApplySettings(Settings()).ok());
  manager.Start();
  timers_.AdvanceBy(10'000);
  // Time jumps while nothing runs, as during a long evaluation.
  clock_.AdvanceMs(35'000);
  timers_.AdvanceBy(0);
  const auto samples = storage_.SamplesOf(Labels{{"__name__", "out"}});
  ASSERT_EQ(samples.size(), 2u);
  // Two or three moments passed, as the hash of the path has it.
  const int64_t missed = (clock_.NowMs() - samples[0].timestamp_ms) / 10'000 - 1;
  EXPECT_GE(missed, 2);
  EXPECT_EQ(samples[1].timestamp_ms - samples[0].timestamp_ms, (missed + 1) * 10'000);
  EXPECT_THAT(registry_.Expose(),
              HasSubstr("prometheus_rule_group_iterations_missed_total{rule_group=\"" + path +
                        ";g\"} " + std::to_string(missed)));
}

TEST_F(RuleManagerTest, AlertsReachTheSinkWithTheirSource) {
  WriteRules("r.yml", R"(groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 2m
    labels: {severity: page}
    annotations: {summary: "{{ $labels.instance }} in {{ $externalLabels.dc }}"}
)");
  RuleOptions options;
  options.external_url = "http://tocsin:9090";
  RuleManager manager(Environment(), options);
  RuleSettings settings = Settings();
  settings.external_labels = Labels{{"dc", "fra"}};
  ASSERT_TRUE(manager.ApplySettings(settings).ok());
  manager.Start();
  AddUp("a", kStartMs, kStartMs + 20 * kMinuteMs, 0);
  timers_.AdvanceBy(2 * kMinuteMs);
  EXPECT_TRUE(sink_.Take().empty());
  ASSERT_EQ(manager.ActiveAlerts().size(), 1u);
  EXPECT_EQ(manager.ActiveAlerts()[0].state, AlertState::kPending);
  timers_.AdvanceBy(2 * kMinuteMs);
  const std::vector<Alert> sent = sink_.Take();
  ASSERT_GE(sent.size(), 1u);
  EXPECT_EQ(sent[0].labels,
            (Labels{{"alertname", "Down"}, {"instance", "a"}, {"job", "x"}, {"severity", "page"}}));
  EXPECT_EQ(sent[0].annotations, (Labels{{"summary", "a in fra"}}));
  EXPECT_EQ(sent[0].generator_url, "http://tocsin:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1");
  EXPECT_EQ(sent[0].ends_at_ns, sent[0].starts_at_ns + 4 * 60 * kSecondNs);
}

TEST_F(RuleManagerTest, ViewsAreSortedByFileAndName) {
  WriteRules("b.yml", "groups:\n- name: y\n- name: x\n");
  WriteRules("a.yml", "groups:\n- name: z\n  interval: 7s\n  limit: 3\n");
  RuleManager manager(Environment(), {});
  ASSERT_TRUE(manager.ApplySettings(Settings()).ok());
  const auto groups = manager.Groups();
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].name, "z");
  EXPECT_EQ(groups[0].interval_seconds, 7);
  EXPECT_EQ(groups[0].limit, 3);
  EXPECT_EQ(groups[1].name, "x");
  EXPECT_EQ(groups[2].name, "y");
}

TEST_F(RuleManagerTest, StoppingEndsEvaluation) {
  WriteRules(
      "r.yml",
      "groups:\n- name: g\n  interval: 10s\n  rules:\n  - {record: out, expr: 'vector(1)'}\n");
  RuleManager manager(Environment(), {});
  ASSERT_TRUE(manager.ApplySettings(Settings()).ok());
  manager.Start();
  timers_.AdvanceBy(20'000);
  manager.Stop();
  const size_t count = storage_.SamplesOf(Labels{{"__name__", "out"}}).size();
  timers_.AdvanceBy(60'000);
  EXPECT_EQ(storage_.SamplesOf(Labels{{"__name__", "out"}}).size(), count);
}

}  // namespace
}  // namespace tocsin::rules
