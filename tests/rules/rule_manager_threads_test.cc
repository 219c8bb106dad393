// Evaluation, reloads and readers at the same time, for the thread sanitizer.
#include <thread>

#include "rules/rule_fixture.h"

namespace tocsin::rules {
namespace {

class RuleManagerThreadsTest : public RuleTest {};

TEST_F(RuleManagerThreadsTest, ReloadsAndViewsRunBesideEvaluation) {
  const SystemClock clock;
  ThreadTimers timers(clock, 2);
  ThreadPool lane("rules", 2);
  const RuleEnvironment environment{clock, timers, queries_,  storage_, storage_,
                                    sink_, fs_,    registry_, logger_,  &lane};
  const auto rules = [](int version) {
    std::string text = "groups:\n";
    for (int group = 0; group < 4; ++group)
      text += fmt::format(
          "- name: g{}\n  interval: 2ms\n  rules:\n  - {{record: r{}, expr: 'vector({})'}}\n  - "
          "{{alert: A, expr: 'vector(1)'}}\n",
          group, group, group == 0 ? version : 1);
    return text;
  };
  RuleOptions options;
  options.state_path = directory_ + "/alerts.json";
  RuleSettings settings;
  settings.rule_files = {WriteRules("r.yml", rules(0))};
  RuleManager manager(environment, options);
  ASSERT_TRUE(manager.ApplySettings(settings).ok());
  manager.Start();
  {
    std::jthread reader([&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        (void)manager.Groups();
        (void)manager.ActiveAlerts();
      }
    });
    for (int version = 1; version <= 20; ++version) {
      WriteRules("r.yml", rules(version));
      ASSERT_TRUE(manager.ApplySettings(settings).ok());
    }
  }
  manager.Stop();
  EXPECT_FALSE(sink_.Take().empty());
  EXPECT_TRUE(fs_.Exists(options.state_path));
}

}  // namespace
}  // namespace tocsin::rules
