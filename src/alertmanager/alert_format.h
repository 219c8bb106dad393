#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "alertmanager/stored_alert.h"
#include "base/result.h"

namespace tocsin::alertmanager {

/// Alerts as they were at a moment: a journal record, or behind its header the whole file `alerts`.
struct AlertBatch {
  int64_t written_at_ns = 0;
  std::vector<StoredAlert> alerts;
};

/// The file is Tocsin's own; Alertmanager keeps no alerts. alert_format.cc draws the bytes.
std::string EncodeAlertBatch(const AlertBatch& batch);
/// kCorruption for malformed bytes; bounded by its input.
Result<AlertBatch> DecodeAlertBatch(std::string_view bytes);

/// The header of version 1 of the file, and a batch behind it.
std::string EncodeAlertFile(const AlertBatch& batch);
/// Also kCorruption for a version this program does not know.
Result<AlertBatch> DecodeAlertFile(std::string_view bytes);

}  // namespace tocsin::alertmanager
