#pragma once

#include <optional>
#include <string>
#include <vector>

#include "alertmanager/core.h"
#include "base/json_writer.h"
#include "http/message.h"
#include "model/matcher.h"
#include "model/regex.h"

namespace tocsin::alertmanager {

/// What mutes an alert now.
struct AlertStatus {
  std::vector<std::string> silenced_by;
  std::vector<std::string> inhibited_by;
  std::vector<std::string> muted_by;  ///< Time intervals; known of groups only.
};

/// Which alerts a request wants to see: the parameters that /alerts and /alerts/groups share.
class AlertFilter {
 public:
  /// On bad parameters answers and returns nullopt.
  static std::optional<AlertFilter> Read(const Core& core, const http::Request& request,
                                         http::Response& response);

  /// The alert's status if it is wanted: not over, not filtered out.
  std::optional<AlertStatus> Select(const Core& core, const RunningConfig& running,
                                    const StoredAlert& alert, int64_t now_ns) const;
  /// Whether the route's receiver is wanted.
  bool AcceptsReceiver(const RunningConfig& running, const std::string& receiver) const;

 private:
  bool wants_active_ = true;
  bool wants_silenced_ = true;
  bool wants_inhibited_ = true;
  std::vector<Matcher> matchers_;
  std::optional<Regex> receiver_;
  std::vector<Matcher> receiver_matchers_;
};

/// Parses all values of `parameter` as matchers; on failure answers and returns nullopt.
std::optional<std::vector<Matcher>> ReadMatchers(const Core& core, const http::Request& request,
                                                 std::string_view parameter,
                                                 http::Response& response);

/// Whether a receiver's labels, with its name as the label "name", match.
bool MatchesReceiver(const std::vector<Matcher>& matchers, const config::ReceiverConfig& receiver);

/// Writes the alert as the API shows it.
void WriteAlert(JsonWriter& json, const StoredAlert& alert, const AlertStatus& status,
                const std::vector<std::string>& receivers);
void WriteLabels(JsonWriter& json, std::string_view key, const Labels& labels);

}  // namespace tocsin::alertmanager
