#include "config/alertmanager_config.h"

#include <set>

#include "config/alertmanager_global.h"
#include "config/alertmanager_receiver.h"
#include "config/alertmanager_route.h"
#include "config/time_interval_binding.h"
#include "config/yaml_parser.h"
#include "model/labels.h"

namespace tocsin::config {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;  // As kMaxYamlBytes.

using Names = std::set<std::string>;

// Reads every item of the list under `key` with `read(item, T&)`.
template <typename T, typename Read>
void ReadList(MappingReader& root, std::string_view key, std::vector<T>& out, Read read) {
  const YamlNode* list = root.Take(key);
  if (list == nullptr || root.failed() || !ExpectSequence(root.reader(), *list)) return;
  for (const YamlNode& item : list->items) {
    if (root.failed()) return;
    read(item, out.emplace_back());
  }
}

void ReadTimeIntervals(MappingReader& root, const AlertmanagerLoadOptions& options,
                       std::string_view key, std::string_view what, Names& names,
                       std::vector<NamedTimeInterval>& out) {
  ReadList(root, key, out, [&](const YamlNode& item, NamedTimeInterval& interval) {
    ReadNamedTimeInterval(root.reader(), item, options.knows_time_zone, interval);
    if (!root.failed() && !names.insert(interval.name).second)
      root.reader().Fail(*item.Find("name"),
                         fmt::format("{} {} is not unique", what, GoQuote(interval.name)));
  });
}

void ReadReceivers(MappingReader& root, AlertmanagerConfig& config, Names& names) {
  ReadList(root, "receivers", config.receivers, [&](const YamlNode& item, ReceiverConfig& out) {
    ReadReceiver(root.reader(), item, config.global.http_config, out);
    if (!root.failed() && !names.insert(out.name).second)
      root.reader().Fail(
          *item.Find("name"),
          fmt::format("notification config name {} is not unique", GoQuote(out.name)));
  });
}

void CheckRoot(ConfigReader& reader, const YamlNode& node, const RouteConfig& root) {
  MappingReader at(reader, node);
  if (root.receiver.empty())
    return at.Fail("receiver", "root route must specify a default receiver");
  if (!root.match.empty()) return at.Fail("match", "root route must not have any matchers");
  if (!root.match_re.empty()) return at.Fail("match_re", "root route must not have any matchers");
  if (!root.matchers.empty()) return at.Fail("matchers", "root route must not have any matchers");
  if (!root.mute_time_intervals.empty())
    return at.Fail("mute_time_intervals", "root route must not have any mute time intervals");
  if (!root.active_time_intervals.empty())
    return at.Fail("active_time_intervals", "root route must not have any active time intervals");
  if (root.continue_matching) at.Fail("continue", "cannot have continue in root route");
}

void CheckIntervalNames(MappingReader& at, std::string_view key,
                        const std::vector<std::string>& used, const Names& known) {
  for (size_t i = 0; i < used.size() && !at.failed(); ++i) {
    if (!known.contains(used[i]))
      at.reader().Fail(at.node().Find(key)->items[i],
                       fmt::format("undefined time interval {} used in route", GoQuote(used[i])));
  }
}

// Names of receivers and time intervals that do not exist.
void CheckReferences(ConfigReader& reader, const YamlNode& node, const RouteConfig& route,
                     const Names& receivers, const Names& intervals) {
  MappingReader at(reader, node);
  if (!route.receiver.empty() && !receivers.contains(route.receiver))
    at.Fail("receiver",
            fmt::format("undefined receiver {} used in route", GoQuote(route.receiver)));
  CheckIntervalNames(at, "mute_time_intervals", route.mute_time_intervals, intervals);
  CheckIntervalNames(at, "active_time_intervals", route.active_time_intervals, intervals);
  for (size_t i = 0; i < route.routes.size() && !reader.failed(); ++i)
    CheckReferences(reader, node.Find("routes")->items[i], route.routes[i], receivers, intervals);
}

void ReadRoot(MappingReader& root, const AlertmanagerLoadOptions& options,
              AlertmanagerConfig& config) {
  ConfigReader& reader = root.reader();
  if (const YamlNode* global = root.Take("global"); global != nullptr && !root.failed()) {
    MappingReader at(reader, *global);
    ReadAlertmanagerGlobal(at, config.global);
  }
  DefaultAlertmanagerGlobal(config.global);
  const YamlNode* route = root.Take("route");
  if (route != nullptr && !root.failed())
    ReadRoute(reader, *route, options.matcher_mode, config.route);
  ReadList(root, "inhibit_rules", config.inhibit_rules,
           [&](const YamlNode& item, InhibitRuleConfig& rule) {
             ReadInhibitRule(reader, item, options.matcher_mode, rule);
           });
  Names receivers;
  ReadReceivers(root, config, receivers);
  root.Field("templates", FilePaths{config.templates});
  Names intervals;
  ReadTimeIntervals(root, options, "mute_time_intervals", "mute time interval", intervals,
                    config.mute_time_intervals);
  ReadTimeIntervals(root, options, "time_intervals", "time interval", intervals,
                    config.time_intervals);
  root.Field("tracing", config.tracing);
  root.Field("event_recorder", config.event_recorder);
  root.Finish();
  if (root.failed()) return;
  if (route == nullptr || route->is_null()) return root.Fail("route", "no routes provided");
  CheckRoot(reader, *route, config.route);
  CheckReferences(reader, *route, config.route, receivers, intervals);
}

void WarnOfUnsupported(MappingReader& root) {
  for (const std::string_view key : {"tracing", "event_recorder"}) {
    if (const YamlNode* node = root.node().Find(key); node != nullptr && !node->is_null())
      root.reader().Warn(*node, fmt::format("{} is not supported yet and is ignored", key));
  }
  if (const YamlNode* node = root.node().Find("mute_time_intervals"))
    root.reader().Warn(*node, "mute_time_intervals is deprecated, use time_intervals");
}

}  // namespace

Result<AlertmanagerConfig> ParseAlertmanagerConfig(std::string_view text,
                                                   const std::string& file_name,
                                                   const AlertmanagerLoadOptions& options) {
  TOCSIN_ASSIGN_OR_RETURN(const YamlNode node, ParseYaml(text, file_name));
  ConfigReader reader(file_name, options.warnings);
  AlertmanagerConfig config;
  config.original = text;
  MappingReader root(reader, node);
  if (!reader.failed()) ReadRoot(root, options, config);
  if (reader.failed()) return reader.error();
  WarnOfUnsupported(root);
  return config;
}

Result<AlertmanagerConfig> LoadAlertmanagerConfig(Fs& fs, const std::string& path,
                                                  const AlertmanagerLoadOptions& options) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, fs.ReadFile(path, kMaxFileBytes));
  return ParseAlertmanagerConfig(text, path, options);
}

std::string FormatAlertmanagerConfig(const AlertmanagerConfig& config) {
  MappingWriter root;
  root.Field("global", config.global);
  root.Field("route", config.route);
  root.Field("inhibit_rules", config.inhibit_rules);
  root.Field("receivers", config.receivers);
  // Shown even when empty, as upstream does.
  root.Field("templates", config.templates, Show::kAlways);
  root.Field("mute_time_intervals", config.mute_time_intervals);
  root.Field("time_intervals", config.time_intervals);
  root.Field("tracing", config.tracing);
  root.Field("event_recorder", config.event_recorder);
  return FormatYaml(root.Take());
}

}  // namespace tocsin::config
