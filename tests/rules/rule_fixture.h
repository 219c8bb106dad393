#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "base/timers.h"
#include "promql/engine.h"
#include "rules/alert_sink.h"
#include "rules/memory_storage.h"
#include "rules/rule_environment.h"
#include "rules/rule_manager.h"
#include "rules/rule_queries.h"
#include "telemetry/registry.h"

namespace tocsin::rules {

/// Remembers what rules send. Thread-safe.
class RecordingSink final : public AlertSink {
 public:
  void Send(std::span<const Alert> alerts) override {
    MutexLock lock(mutex_);
    sent_.insert(sent_.end(), alerts.begin(), alerts.end());
  }
  std::vector<Alert> Take() {
    MutexLock lock(mutex_);
    return std::exchange(sent_, {});
  }

 private:
  Mutex mutex_;
  std::vector<Alert> sent_ GUARDED_BY(mutex_);
};

inline constexpr int64_t kSecondNs = 1'000'000'000;
inline constexpr int64_t kMinuteMs = 60'000;

/// The real engine over storage in memory, in virtual time.
class RuleTest : public testing::Test {
 protected:
  /// The moment tests begin at: a round time, to be read in failures.
  static constexpr int64_t kStartMs = 1'700'000'000'000;

  RuleTest();
  ~RuleTest() override;

  std::shared_ptr<const promql::PreparedQuery> Prepare(std::string_view expr);
  RuleEnvironment Environment() {
    return {clock_, timers_, queries_, storage_, storage_, sink_, fs_, registry_, logger_, nullptr};
  }
  /// Writes a rule file into the test's directory and returns its path.
  std::string WriteRules(const std::string& name, const std::string& text);
  /// Adds a sample of `up{job="x", instance=…}` every 15 s in [from_ms, to_ms].
  void AddUp(const std::string& instance, int64_t from_ms, int64_t to_ms, double value);

  ManualClock clock_{kStartMs};
  ManualTimers timers_{clock_};
  NullLogger logger_;
  telemetry::Registry registry_;
  ThreadPool pool_{"query", 1};
  PosixFs fs_;
  MemoryStorage storage_;
  promql::Engine engine_;
  EngineRuleQueries queries_;
  RecordingSink sink_;
  std::string directory_;
};

}  // namespace tocsin::rules
