#pragma once

#include <span>
#include <string>

#include "model/alert.h"

namespace tocsin::notifier {

/// The body of POST /api/v2/alerts: an array of postable alerts, times with three fraction digits.
std::string FormatAlerts(std::span<const Alert> alerts);

}  // namespace tocsin::notifier
