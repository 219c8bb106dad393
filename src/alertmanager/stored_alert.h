#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/alert.h"

namespace tocsin::alertmanager {

/// An alert as the Alertmanager keeps it. Times are nanoseconds since the epoch; an end of 0 means
/// that it has none (a firing alert in a notification). Immutable once shared.
struct StoredAlert : Alert {
  int64_t updated_at_ns = 0;
  /// The end is only the sender's silence plus resolve_timeout, not something the sender said.
  bool is_timeout = false;
  /// Zones that the sender wrote its times in: seconds east of UTC. Notifications keep them.
  int32_t starts_at_offset_seconds = 0;
  int32_t ends_at_offset_seconds = 0;
  /// Of the labels; set by Finish().
  uint64_t fingerprint = 0;
  /// As upstream's notification log hashes it: XXH64 over name 0xFF value 0xFF.
  uint64_t notification_hash = 0;

  /// Computes the hashes of the labels.
  void Finish();
};

using AlertPtr = std::shared_ptr<const StoredAlert>;
using AlertList = std::vector<AlertPtr>;

/// `newer` merged with what is known already (upstream alert.Merge): the newer update supplies
/// annotations and URL, the earliest start wins, and an end that the sender stated is not shortened
/// by an update that still fires.
StoredAlert MergeAlerts(const StoredAlert& older, const StoredAlert& newer, int64_t now_ns);

/// Whether the activity ranges overlap, so that both are the same episode of the alert.
bool DoRangesOverlap(const StoredAlert& older, const StoredAlert& newer);

/// The order of alerts in notifications and groups: by job, then instance (missing last), then
/// fewer labels first, then label by label.
bool ComesBefore(const StoredAlert& a, const StoredAlert& b);

/// The alerts as a notification shows them: what fires at `now_ns` has no end, and so cannot flip
/// to resolved however long it takes to send.
AlertList Freeze(const AlertList& alerts, int64_t now_ns);

/// 16 hexadecimal digits.
std::string FormatFingerprint(uint64_t fingerprint);

}  // namespace tocsin::alertmanager
