#include "rules/recording_rule.h"

#include "rules/rule_fixture.h"

namespace tocsin::rules {
namespace {

class RecordingRuleTest : public RuleTest {
 protected:
  Result<std::vector<OutputSample>> Evaluate(std::string_view expr, LabelPairs labels = {},
                                             int64_t limit = 0) {
    RecordingRule rule("out", Prepare(expr), std::move(labels));
    EvaluationContext context{queries_};
    context.time_ns = kStartMs * 1'000'000;
    context.limit = limit;
    return rule.Evaluate(context);
  }
};

TEST_F(RecordingRuleTest, RenamesAndRelabels) {
  AddUp("a", kStartMs, kStartMs, 1);
  const auto samples = Evaluate("up", {{"job", "y"}, {"new", "z"}});
  ASSERT_TRUE(samples.ok()) << samples.error().message();
  ASSERT_EQ(samples->size(), 1u);
  EXPECT_EQ((*samples)[0].labels,
            (Labels{{"__name__", "out"}, {"instance", "a"}, {"job", "y"}, {"new", "z"}}));
  EXPECT_EQ((*samples)[0].value, 1);
}

TEST_F(RecordingRuleTest, ScalarsHaveNoLabels) {
  const auto samples = Evaluate("1 + 2");
  ASSERT_TRUE(samples.ok());
  EXPECT_EQ((*samples)[0].labels, (Labels{{"__name__", "out"}}));
  EXPECT_EQ((*samples)[0].value, 3);
}

TEST_F(RecordingRuleTest, FailsWhereUpstreamFails) {
  AddUp("a", kStartMs, kStartMs, 1);
  AddUp("b", kStartMs, kStartMs, 1);
  EXPECT_EQ(Evaluate("up", {{"instance", "same"}}).error().message(),
            "vector contains metrics with the same labelset after applying rule labels");
  EXPECT_EQ(Evaluate("up", {}, 1).error().message(), "exceeded limit of 1 with 2 series");
  EXPECT_EQ(Evaluate("\"text\"").error().message(), "rule result is not a vector or scalar");
}

}  // namespace
}  // namespace tocsin::rules
