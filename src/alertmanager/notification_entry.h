#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace tocsin::alertmanager {

/// Which integration of which receiver a notification went to.
struct ReceiverKey {
  std::string receiver;
  std::string integration;  ///< Its kind: "webhook".
  uint32_t index = 0;       ///< Among the receiver's integrations of this kind.
};

/// What an integration remembers between notifications of a group (a message id, a channel).
using ReceiverValue = std::variant<std::string, int64_t, double>;

/// The last notification of a group to an integration. Times are nanoseconds since the epoch.
struct NotificationEntry {
  std::string group_key;
  ReceiverKey receiver;
  int64_t timestamp_ns = 0;
  std::vector<uint64_t> firing_alerts;    ///< Notification hashes, sorted.
  std::vector<uint64_t> resolved_alerts;  ///< Likewise.
  std::map<std::string, ReceiverValue> receiver_values;
  int64_t expires_at_ns = 0;
};

}  // namespace tocsin::alertmanager
