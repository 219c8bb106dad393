#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/default_config.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/timers.h"
#include "http/client.h"

namespace tocsin::app {

/// Looks every second which of the usual exporters answer on this machine. One that has
/// answered once stays found: when it goes away, that is worth an alert. Thread-safe.
class LocalExporterFinder {
 public:
  /// `found` is called on a timer's thread with all found so far, whenever one more is.
  using Found = std::function<void(const std::vector<LocalExporter>&)>;

  LocalExporterFinder(const Clock& clock, Timers& timers, http::Client& client, Found found);
  /// When it returns, `found` neither runs nor will run.
  ~LocalExporterFinder();
  LocalExporterFinder(const LocalExporterFinder&) = delete;
  LocalExporterFinder& operator=(const LocalExporterFinder&) = delete;

 private:
  struct State;
  static void ScheduleRound(const std::shared_ptr<State>& state, int64_t delay_ms);
  static void Round(const std::shared_ptr<State>& state);
  static void Report(State& state);

  std::shared_ptr<State> state_;  // Shared with probes under way, which may end after us.
};

}  // namespace tocsin::app
