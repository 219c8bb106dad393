#include "rules/alert_state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tocsin::rules {
namespace {

SavedAlertState MakeState() {
  SavedAlertState state;
  state.saved_at_ns = 1'700'000'000'123'456'789;
  SavedRule rule{"/r.yml", "g", "Down", {{"severity", "page \"x\" \n"}}, {}};
  ActiveAlert& firing = rule.alerts[Labels{{"alertname", "Down"}, {"é", "ü<&>"}}];
  firing.state = AlertState::kFiring;
  firing.annotations = Labels{{"summary", "it is\tdown"}};
  firing.value = 1e-300;
  firing.active_at_ns = 1;
  firing.fired_at_ns = 2;
  firing.last_sent_at_ns = 3;
  firing.valid_until_ns = 4;
  firing.keep_firing_since_ns = 5;
  ActiveAlert& resolved = rule.alerts[Labels{{"alertname", "Down"}}];
  resolved.state = AlertState::kInactive;
  resolved.value = std::nan("");
  resolved.resolved_at_ns = 6;
  state.rules.push_back(rule);
  return state;
}

TEST(AlertStateFileTest, RoundTrips) {
  const SavedAlertState state = MakeState();
  const std::string text = FormatAlertState(state);
  const auto again = ParseAlertState(text);
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(again->saved_at_ns, state.saved_at_ns);
  EXPECT_EQ(FormatAlertState(*again), text);
  const AlertMap& alerts = again->rules.at(0).alerts;
  const ActiveAlert& firing = alerts.at(Labels{{"alertname", "Down"}, {"é", "ü<&>"}});
  EXPECT_EQ(firing.value, 1e-300);
  EXPECT_EQ(firing.keep_firing_since_ns, 5);
  EXPECT_EQ(firing.annotations.Get("summary"), "it is\tdown");
  EXPECT_TRUE(std::isnan(alerts.at(Labels{{"alertname", "Down"}}).value));
}

TEST(AlertStateFileTest, TruncatedAnywhereIsRefused) {
  const std::string text = FormatAlertState(MakeState());
  for (size_t size = 0; size + 2 < text.size(); ++size)
    EXPECT_FALSE(ParseAlertState(text.substr(0, size)).ok()) << size;
}

TEST(AlertStateFileTest, OtherContentIsRefused) {
  for (const char* text :
       {"[]", "{}", R"({"version":2,"saved_at_ns":1,"rules":[]})", R"({"version":1})",
        R"({"version":1,"saved_at_ns":1,"rules":[{}]})",
        R"({"version":1,"saved_at_ns":1,"rules":[{"labels":{"a":1},"alerts":[]}]})",
        R"({"version":1,"saved_at_ns":1,"rules":[{"labels":{},"alerts":[{}]}]})",
        R"({"version":1,"saved_at_ns":1,"rules":[{"labels":{},"alerts":[{"labels":{},
            "annotations":{},"state":"odd","value":"1"}]}]})"})
    EXPECT_FALSE(ParseAlertState(text).ok()) << text;
}

}  // namespace
}  // namespace tocsin::rules
