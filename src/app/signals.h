#pragma once

#include <functional>

#include "base/result.h"

namespace tocsin::app {

/// What the operating system or an operator asks of the process.
enum class ProcessEvent { kStop, kReload };

/// Blocks SIGINT, SIGTERM and SIGHUP in every thread made afterwards and hands them to Wait.
/// SIGPIPE and SIGXFSZ are ignored: a closed socket or a full quota is an error of one write, not
/// the end. One per process, made before any thread. Confined to the main thread, but for PostStop.
class ProcessEvents {
 public:
  ProcessEvents();
  ~ProcessEvents();
  ProcessEvents(const ProcessEvents&) = delete;
  ProcessEvents& operator=(const ProcessEvents&) = delete;

  /// The next event; waits for it.
  ProcessEvent Wait();
  /// Makes Wait return kStop, as SIGTERM would. Thread-safe.
  void PostStop();

 private:
  int signal_descriptor_ = -1;
  int event_descriptor_ = -1;
};

}  // namespace tocsin::app
