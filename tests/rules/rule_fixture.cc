#include "rules/rule_fixture.h"

namespace tocsin::rules {

RuleTest::RuleTest()
    : engine_(promql::EngineOptions(), clock_, pool_, registry_, logger_),
      queries_(engine_, storage_),
      directory_(testing::TempDir() + "rules_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name()) {
  (void)fs_.RemoveAll(directory_);
  EXPECT_TRUE(fs_.CreateDirectories(directory_).ok());
}

RuleTest::~RuleTest() { (void)fs_.RemoveAll(directory_); }

std::shared_ptr<const promql::PreparedQuery> RuleTest::Prepare(std::string_view expr) {
  auto prepared = queries_.Prepare(expr);
  EXPECT_TRUE(prepared.ok()) << prepared.error().message();
  return prepared.ok() ? *prepared : nullptr;
}

std::string RuleTest::WriteRules(const std::string& name, const std::string& text) {
  const std::string path = directory_ + "/" + name;
  EXPECT_TRUE(fs_.WriteFileAtomically(path, text).ok());
  return path;
}

void RuleTest::AddUp(const std::string& instance, int64_t from_ms, int64_t to_ms, double value) {
  const Labels labels{{"__name__", "up"}, {"instance", instance}, {"job", "x"}};
  for (int64_t time_ms = from_ms; time_ms <= to_ms; time_ms += 15'000)
    storage_.Add(labels, time_ms, value);
}

}  // namespace tocsin::rules
