#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "alertmanager/callback_gate.h"
#include "alertmanager/core.h"
#include "alertmanager/send_turns.h"
#include "base/result.h"

namespace tocsin::alertmanager {

/// What outlives configurations and their pipelines share.
struct BuildContext {
  Core& core;
  std::shared_ptr<CallbackGate> gate;
  std::shared_ptr<SendTurns> turns;
  int64_t first_flush_ms = 0;  ///< No group flushes before.
};

/// Builds all that a configuration asks for, without starting any of it, and sets the gauges that
/// count receivers. Fails without a trace when a template does not parse or a receiver cannot be
/// built.
Result<std::shared_ptr<RunningConfig>> BuildConfig(const BuildContext& context,
                                                   config::AlertmanagerConfig config);

/// The first 48 bits of the MD5 of the file: alertmanager_config_hash.
double ConfigHash(const std::string& file);

}  // namespace tocsin::alertmanager
