#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "config/alertmanager_matchers.h"
#include "config/config_warnings.h"
#include "config/http_client_config.h"
#include "config/time_interval.h"
#include "config/yaml_node.h"
#include "model/matcher.h"

namespace tocsin::config {

/// `global` of alertmanager.yml.
struct AlertmanagerGlobalConfig {
  std::chrono::milliseconds resolve_timeout = std::chrono::minutes(5);
  HttpClientConfig http_config;
  /// The defaults of single integrations (smtp_*, slack_*, …) by key, values as text; secrets
  /// apart.
  std::map<std::string, std::string> settings;
  std::map<std::string, Secret> secret_settings;
  std::optional<TlsConfig> smtp_tls_config;
};

/// A node of the routing tree as written: unset fields inherit from the parent, which the router
/// resolves. Value type.
struct RouteConfig {
  std::string receiver;  ///< Empty: inherited.
  /// nullopt: inherited; empty list: one group for the whole route. `group_by_all` for `['...']`.
  std::optional<std::vector<std::string>> group_by;
  bool group_by_all = false;
  std::map<std::string, std::string> match;  ///< Deprecated equality matchers.
  std::map<std::string, Matcher> match_re;   ///< Deprecated regex matchers, by label name.
  std::vector<Matcher> matchers;
  std::vector<std::string> mute_time_intervals;
  std::vector<std::string> active_time_intervals;
  bool continue_matching = false;
  std::map<std::string, std::string> labels;  ///< Route labels; values are templates.
  std::vector<RouteConfig> routes;
  std::optional<std::chrono::milliseconds> group_wait;
  std::optional<std::chrono::milliseconds> group_interval;
  std::optional<std::chrono::milliseconds> repeat_interval;
};

struct InhibitRuleConfig {
  std::string name;
  std::map<std::string, std::string> source_match;  ///< Deprecated.
  std::map<std::string, Matcher> source_match_re;   ///< Deprecated.
  std::vector<Matcher> source_matchers;
  std::map<std::string, std::string> target_match;  ///< Deprecated.
  std::map<std::string, Matcher> target_match_re;   ///< Deprecated.
  std::vector<Matcher> target_matchers;
  std::vector<std::string> equal;
};

/// One entry of webhook_configs.
struct WebhookConfig {
  bool send_resolved = true;
  HttpClientConfig http_config;  ///< The global one unless the receiver has its own.
  bool has_own_http_config = false;
  Secret url;  ///< May be a template. One of url and url_file is set.
  std::string url_file;
  uint64_t max_alerts = 0;  ///< 0 means all.
  std::chrono::milliseconds timeout{0};
  std::optional<YamlNode> payload;  ///< Replaces the body when set; strings in it are templates.
};

/// An integration that Tocsin does not send to yet: accepted, warned about, never notified.
struct UnsupportedIntegration {
  std::string kind;  ///< The key: "slack_configs".
  YamlNode body;     ///< The list as written.
};

struct ReceiverConfig {
  std::string name;
  std::map<std::string, std::string> labels;
  std::vector<WebhookConfig> webhooks;
  std::vector<UnsupportedIntegration> unsupported;
};

/// A whole alertmanager.yml, valid. Value type; read-only once loaded.
struct AlertmanagerConfig {
  AlertmanagerGlobalConfig global;
  RouteConfig route;  ///< The root; its receiver is set.
  std::vector<InhibitRuleConfig> inhibit_rules;
  std::vector<ReceiverConfig> receivers;
  std::vector<std::string> templates;  ///< Globs, joined to the directory of the file.
  std::vector<NamedTimeInterval> mute_time_intervals;  ///< Deprecated list; names unique over both.
  std::vector<NamedTimeInterval> time_intervals;
  std::optional<YamlNode> tracing;
  std::optional<YamlNode> event_recorder;
  std::string original;  ///< The text of the file, for alertmanager_config_hash.
};

struct AlertmanagerLoadOptions {
  MatcherMode matcher_mode = MatcherMode::kFallback;
  ConfigWarnings* warnings = nullptr;  ///< Receives warnings when set; borrowed for the call.
  /// Accepts the names of time zones that exist; empty: every name passes.
  std::function<bool(const std::string& name)> knows_time_zone;
};

/// Reads and validates `path`. Errors are `file:line:column: what (value)` with kInvalidArgument,
/// or the file system's.
Result<AlertmanagerConfig> LoadAlertmanagerConfig(Fs& fs, const std::string& path,
                                                  const AlertmanagerLoadOptions& options = {});

/// The same for text in memory; `file_name` appears in messages and its directory anchors relative
/// paths.
Result<AlertmanagerConfig> ParseAlertmanagerConfig(std::string_view text,
                                                   const std::string& file_name,
                                                   const AlertmanagerLoadOptions& options = {});

/// The configuration as /api/v2/status shows it: secrets masked.
std::string FormatAlertmanagerConfig(const AlertmanagerConfig& config);

}  // namespace tocsin::config
