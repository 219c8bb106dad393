#include <algorithm>
#include <map>

#include "alertmanager/api.h"
#include "alertmanager/api_alert_view.h"
#include "alertmanager/api_errors.h"

namespace tocsin::alertmanager {

namespace {

struct ShownAlert {
  AlertPtr alert;
  AlertStatus status;
};

struct ShownGroup {
  GroupSnapshot group;
  std::vector<ShownAlert> alerts;
};

// Upstream LabelSet.Before, then the receiver.
bool GroupComesBefore(const ShownGroup& a, const ShownGroup& b) {
  const size_t size_a = a.group.labels.size();
  const size_t size_b = b.group.labels.size();
  if (size_a != size_b) return size_a < size_b;
  if (a.group.labels == b.group.labels) {
    return a.group.route->options().receiver < b.group.route->options().receiver;
  }
  return a.group.labels < b.group.labels;
}

// Rendered as a notification of the whole group would have them now.
KeyValues RouteLabels(const RunningConfig& running, const GroupSnapshot& group, int64_t now_ns) {
  NotificationContext context;
  context.receiver = group.route->options().receiver;
  context.group_labels = group.labels;
  context.route_labels = group.route->options().labels;
  if (context.route_labels.empty()) return {};
  return running.templates->MakeData(context, Freeze(group.alerts, now_ns)).route_labels;
}

void WriteGroup(JsonWriter& json, const RunningConfig& running, const ShownGroup& shown,
                const std::map<uint64_t, std::vector<std::string>>& receivers, int64_t now_ns) {
  json.BeginObject();
  json.Key("alerts");
  json.BeginArray();
  for (const ShownAlert& alert : shown.alerts) {
    WriteAlert(json, *alert.alert, alert.status, receivers.at(alert.alert->fingerprint));
  }
  json.EndArray();
  WriteLabels(json, "labels", shown.group.labels);
  json.Key("receiver");
  json.BeginObject();
  json.KeyString("name", shown.group.route->options().receiver);
  json.EndObject();
  const KeyValues route_labels = RouteLabels(running, shown.group, now_ns);
  json.Key("routeLabels");
  json.BeginObject();
  for (const auto& [name, value] : route_labels) json.KeyString(name, value);
  json.EndObject();
  json.EndObject();
}

}  // namespace

void GetAlertGroups(Core& core, const http::Request& request, http::Response& response) {
  const auto filter = AlertFilter::Read(core, request, response);
  if (!filter) return;
  const bool wants_muted = ReadBool(request, "muted", true);
  const auto running = core.running();
  const int64_t now_ns = core.dependencies.clock.NowNs();
  std::vector<ShownGroup> groups;
  std::map<uint64_t, std::vector<std::string>> receivers;
  for (GroupSnapshot& group : running->dispatcher->Groups()) {
    const std::string& receiver = group.route->options().receiver;
    if (!filter->AcceptsReceiver(*running, receiver)) continue;
    ShownGroup shown;
    for (const AlertPtr& alert : group.alerts) {
      auto status = filter->Select(core, *running, *alert, now_ns);
      if (!status) continue;
      status->muted_by = group.muted_by;
      receivers[alert->fingerprint].push_back(receiver);
      shown.alerts.push_back({alert, *std::move(status)});
    }
    const bool is_hidden = shown.alerts.empty() || (!wants_muted && !group.muted_by.empty());
    shown.group = std::move(group);
    if (!is_hidden) groups.push_back(std::move(shown));
  }
  std::stable_sort(groups.begin(), groups.end(), GroupComesBefore);
  for (auto& [fingerprint, names] : receivers) std::sort(names.begin(), names.end());
  std::string out;
  JsonWriter json(out);
  json.BeginArray();
  for (const ShownGroup& group : groups) WriteGroup(json, *running, group, receivers, now_ns);
  json.EndArray();
  SendJson(std::move(out), response);
}

}  // namespace tocsin::alertmanager
