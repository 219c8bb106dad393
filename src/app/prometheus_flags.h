#pragma once

#include <span>

#include "app/flag_set.h"

namespace tocsin::app {

/// The flags of `tocsin` and `prometheus`: Prometheus' own, then Tocsin's.
std::span<const FlagSpec> PrometheusFlags();

/// The flags of `alertmanager` alone.
std::span<const FlagSpec> AlertmanagerFlags();

}  // namespace tocsin::app
