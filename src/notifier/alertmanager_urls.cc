#include "notifier/alertmanager_urls.h"

#include <algorithm>

#include "model/relabel.h"

namespace tocsin::notifier {
namespace {

constexpr std::string_view kAddressLabel = "__address__";
constexpr std::string_view kSchemeLabel = "__scheme__";
constexpr std::string_view kPathLabel = "__alerts_path__";

std::string AlertsPath(const std::string& prefix) {
  std::string path = prefix;
  while (path.ends_with('/')) path.pop_back();
  if (!path.empty() && path[0] != '/') path.insert(0, "/");
  return path + "/api/v2/alerts";
}

// A port that follows from the scheme is written out.
std::string WithPort(std::string address, std::string_view scheme) {
  const size_t colon = address.rfind(':');
  const bool has_port = colon != std::string::npos &&
                        address.find(']', colon) == std::string::npos &&
                        (address.find(':') == colon || address[0] == '[');
  if (!has_port) address += scheme == "https" ? ":443" : ":80";
  return address;
}

std::string UrlOf(const LabelsBuilder& labels) {
  const std::string scheme(labels.Get(kSchemeLabel));
  return scheme + "://" + WithPort(std::string(labels.Get(kAddressLabel)), scheme) +
         std::string(labels.Get(kPathLabel));
}

void AddOnce(std::vector<std::string>& urls, std::string url) {
  if (std::find(urls.begin(), urls.end(), url) == urls.end()) urls.push_back(std::move(url));
}

}  // namespace

AlertmanagerUrls ResolveAlertmanagers(const config::AlertmanagerEndpointConfig& endpoint,
                                      const std::vector<config::TargetGroup>& groups) {
  AlertmanagerUrls urls;
  for (const config::TargetGroup& group : groups) {
    for (const Labels& target : group.targets) {
      LabelsBuilder labels(group.labels);
      for (const LabelView label : target) labels.Set(label.name, label.value);
      labels.Set(kSchemeLabel, endpoint.scheme);
      labels.Set(kPathLabel, AlertsPath(endpoint.path_prefix));
      const LabelsBuilder before = labels;
      if (!Relabel(endpoint.relabel_configs, labels)) {
        AddOnce(urls.dropped, UrlOf(before));
        continue;
      }
      const std::string_view address = labels.Get(kAddressLabel);
      // Nothing that could be called: no host, or a whole URL where a host belongs.
      if (address.empty() || address.find('/') != std::string_view::npos) continue;
      AddOnce(urls.active, UrlOf(labels));
    }
  }
  return urls;
}

}  // namespace tocsin::notifier
