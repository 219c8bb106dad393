#include "rules/rule_group.h"

#include "rules/recording_rule.h"
#include "rules/rule_fixture.h"

namespace tocsin::rules {
namespace {

class RuleGroupTest : public RuleTest {
 protected:
  std::unique_ptr<Rule> Record(const std::string& name, std::string_view expr) {
    return std::make_unique<RecordingRule>(name, Prepare(expr), LabelPairs{});
  }
  RuleGroup& MakeGroup(std::vector<std::unique_ptr<Rule>> rules, int64_t query_offset_ms = 0) {
    RuleGroupOptions options;
    options.file = "f";
    options.name = "g";
    options.interval_ns = 60 * kSecondNs;
    options.query_offset_ms = query_offset_ms;
    options.rules = std::move(rules);
    group_ = std::make_unique<RuleGroup>(std::move(options), environment_, options_, metrics_);
    return *group_;
  }
  template <typename... Rules>
  static std::vector<std::unique_ptr<Rule>> List(Rules... rules) {
    std::vector<std::unique_ptr<Rule>> list;
    (list.push_back(std::move(rules)), ...);
    return list;
  }

  RuleEnvironment environment_ = Environment();
  RuleOptions options_;
  RuleMetrics metrics_{registry_};
  std::unique_ptr<RuleGroup> group_;
};

TEST_F(RuleGroupTest, LaterRulesSeeWhatEarlierOnesStored) {
  AddUp("a", kStartMs, kStartMs, 1);
  MakeGroup(List(Record("one", "up + 1"), Record("two", "one * 10")))
      .Evaluate(kStartMs * 1'000'000);
  EXPECT_EQ(
      storage_.ValueAt(Labels{{"__name__", "two"}, {"instance", "a"}, {"job", "x"}}, kStartMs), 20);
}

TEST_F(RuleGroupTest, SeriesThatVanishGetAStaleMarker) {
  const Labels out{{"__name__", "out"}, {"instance", "a"}, {"job", "x"}};
  AddUp("a", kStartMs, kStartMs, 1);
  RuleGroup& group = MakeGroup(List(Record("out", "up == 1")));
  group.Evaluate(kStartMs * 1'000'000);
  EXPECT_EQ(storage_.ValueAt(out, kStartMs), 1);
  AddUp("a", kStartMs + kMinuteMs, kStartMs + kMinuteMs, 0);
  group.Evaluate((kStartMs + kMinuteMs) * 1'000'000);
  const auto samples = storage_.SamplesOf(out);
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[1].timestamp_ms, kStartMs + kMinuteMs);
  EXPECT_TRUE(IsStaleNan(samples[1].value));
  group.Evaluate((kStartMs + 2 * kMinuteMs) * 1'000'000);
  EXPECT_EQ(storage_.SamplesOf(out).size(), 2u);  // Once.
}

TEST_F(RuleGroupTest, QueryOffsetMovesQueryAndSample) {
  AddUp("a", kStartMs - kMinuteMs, kStartMs - kMinuteMs, 7);
  AddUp("a", kStartMs, kStartMs, 8);
  MakeGroup(List(Record("out", "up")), kMinuteMs).Evaluate(kStartMs * 1'000'000);
  const auto samples =
      storage_.SamplesOf(Labels{{"__name__", "out"}, {"instance", "a"}, {"job", "x"}});
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].timestamp_ms, kStartMs - kMinuteMs);
  EXPECT_EQ(samples[0].value, 7);
}

TEST_F(RuleGroupTest, AFailingRuleDoesNotStopTheOthers) {
  AddUp("a", kStartMs, kStartMs, 1);
  AddUp("b", kStartMs, kStartMs, 1);
  RuleGroup& group = MakeGroup(List(Record("bad", "up + on(job) up"), Record("good", "sum(up)")));
  group.Evaluate(kStartMs * 1'000'000);
  EXPECT_EQ(storage_.ValueAt(Labels{{"__name__", "good"}}, kStartMs), 2);
  const GroupView view = group.View();
  EXPECT_EQ(view.rules[0].health, RuleHealth::kBad);
  EXPECT_THAT(view.rules[0].last_error, testing::HasSubstr("found duplicate series"));
  EXPECT_EQ(view.rules[1].health, RuleHealth::kGood);
  EXPECT_THAT(
      registry_.Expose(),
      testing::AllOf(
          testing::HasSubstr("prometheus_rule_evaluation_failures_total{rule_group=\"f;g\"} 1"),
          testing::HasSubstr("prometheus_rule_evaluations_total{rule_group=\"f;g\"} 2")));
}

TEST_F(RuleGroupTest, RefusedSamplesShowInTheHealth) {
  const Labels out{{"__name__", "out"}};
  storage_.Add(out, kStartMs + kMinuteMs, 1);  // Newer than what the rule will write.
  RuleGroup& group = MakeGroup(List(Record("out", "vector(1)")));
  group.Evaluate(kStartMs * 1'000'000);
  EXPECT_EQ(group.View().rules[0].health, RuleHealth::kBad);
  EXPECT_EQ(group.View().rules[0].last_error, "out of order sample");
}

TEST_F(RuleGroupTest, MomentsAreAlignedAndSpread) {
  RuleGroup& group = MakeGroup(List(Record("out", "vector(1)")));
  const int64_t interval_ns = 60 * kSecondNs;
  const int64_t now_ns = kStartMs * 1'000'000;
  const int64_t first_ns = group.EvaluationTimeAt(now_ns);
  EXPECT_LE(first_ns, now_ns);
  EXPECT_GT(first_ns, now_ns - interval_ns);
  EXPECT_EQ(group.EvaluationTimeAt(first_ns), first_ns);
  EXPECT_EQ(group.EvaluationTimeAt(first_ns + interval_ns - 1), first_ns);
  EXPECT_EQ(group.EvaluationTimeAt(first_ns + interval_ns), first_ns + interval_ns);
  const auto offset_ns = static_cast<int64_t>((Labels{{"file", "f"}, {"name", "g"}}.Hash()) %
                                              static_cast<uint64_t>(interval_ns));
  EXPECT_EQ(first_ns % interval_ns, offset_ns);
}

TEST_F(RuleGroupTest, StoppedGroupsEvaluateNothing) {
  RuleGroup& group = MakeGroup(List(Record("out", "vector(1)")));
  group.Stop(true);
  group.Evaluate(kStartMs * 1'000'000);
  EXPECT_EQ(storage_.series_count(), 0u);
}

}  // namespace
}  // namespace tocsin::rules
