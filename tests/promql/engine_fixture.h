#pragma once

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "promql/engine.h"
#include "support/memory_storage.h"
#include "telemetry/registry.h"

namespace tocsin::promql {

/// An engine on a storage in memory, in virtual time.
struct EngineFixture {
  explicit EngineFixture(EngineOptions options = {}, size_t threads = 2)
      : pool("query", threads), engine(std::move(options), clock, pool, registry, logger) {}

  /// Adds values to `labels` at 0, step_ms, …
  void Load(const Labels& labels, int64_t step_ms, const std::vector<double>& values) {
    for (size_t i = 0; i < values.size(); ++i) {
      storage.Put(labels, step_ms * static_cast<int64_t>(i), values[i]);
    }
  }

  ManualClock clock;
  ThreadPool pool;
  telemetry::Registry registry;
  NullLogger logger;
  support::MemoryStorage storage;
  Engine engine;
};

}  // namespace tocsin::promql
