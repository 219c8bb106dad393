#include "config/discovery_registries.h"
#include "discovery/api_refresher.h"
#include "discovery/registry_discoveries.h"
#include "discovery/target_labels.h"
#include "discovery/xml.h"

namespace tocsin::discovery {
namespace {

// A number as Go's strconv prints what it read: "" counts as 0.
std::string NumberText(const std::string& text) { return text.empty() ? "0" : text; }

class EurekaRefresher final : public ApiRefresher {
 public:
  EurekaRefresher(const config::EurekaDiscoveryConfig& config, http::ClientOptions options,
                  const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        url_(config.server + "/apps") {}

  Result<std::vector<TargetGroup>> Refresh() override {
    http::ClientRequest request;
    request.url = url_;
    TOCSIN_ASSIGN_OR_RETURN(const http::ClientResponse response, api_.Send(std::move(request)));
    if (response.status / 100 != 2) {
      return Errorf(ErrorCode::kUnavailable,
                    "non 2xx status '{}' response during eureka service discovery",
                    response.status);
    }
    auto applications = ParseXml(response.body);
    if (!applications) return applications.error().WithContext(fmt::format("\"{}\"", url_));
    std::vector<Labels> targets;
    for (const XmlElement& application : applications->children) {
      if (application.name != "application") continue;
      for (const XmlElement& instance : application.children) {
        if (instance.name != "instance") continue;
        targets.push_back(MakeTarget(application.FindText("name"), instance));
      }
    }
    return OneGroup("eureka", std::move(targets));
  }

 private:
  static Labels MakeTarget(const std::string& application, const XmlElement& instance) {
    static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
        {"app_instance_hostname", "hostName"},
        {"app_instance_homepage_url", "homePageUrl"},
        {"app_instance_statuspage_url", "statusPageUrl"},
        {"app_instance_healthcheck_url", "healthCheckUrl"},
        {"app_instance_ip_addr", "ipAddr"},
        {"app_instance_vip_address", "vipAddress"},
        {"app_instance_secure_vip_address", "secureVipAddress"},
        {"app_instance_status", "status"},
        {"app_instance_id", "instanceId"},
    };
    TargetLabels labels("__meta_eureka_");
    const XmlElement* port = instance.Find("port");
    labels.SetAddress(JoinHostPort(instance.FindText("hostName"),
                                   port == nullptr ? "80" : NumberText(instance.FindText("port"))));
    labels.SetPlain("instance", instance.FindText("instanceId"));
    labels.Set("app_name", application);
    for (const auto& [label, element] : kTexts) labels.Set(label, instance.FindText(element));
    labels.Set("app_instance_country_id", NumberText(instance.FindText("countryId")));
    SetPort(instance, "port", "app_instance_port", labels);
    SetPort(instance, "securePort", "app_instance_secure_port", labels);
    if (const XmlElement* datacenter = instance.Find("dataCenterInfo")) {
      labels.Set("app_instance_datacenterinfo_name", datacenter->FindText("name"));
      SetMetadata(*datacenter, "app_instance_datacenterinfo_metadata_", labels);
    }
    SetMetadata(instance, "app_instance_metadata_", labels);
    return labels.Build();
  }

  static void SetPort(const XmlElement& instance, std::string_view element, std::string label,
                      TargetLabels& labels) {
    const XmlElement* port = instance.Find(element);
    if (port == nullptr) return;
    labels.Set(label, NumberText(instance.FindText(element)));
    labels.Set(label + "_enabled", port->Attribute("enabled") == "true" ? "true" : "false");
  }

  // Values are what is written between the tags, entities and all, as upstream takes them.
  static void SetMetadata(const XmlElement& parent, std::string_view prefix, TargetLabels& labels) {
    const XmlElement* metadata = parent.Find("metadata");
    if (metadata == nullptr) return;
    for (const XmlElement& item : metadata->children) {
      labels.Set(fmt::format("{}{}", prefix, SanitizeLabelName(item.name)), item.inner_xml);
    }
  }

  const std::string url_;
};

}  // namespace

Result<ServerDiscovery> MakeEurekaDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::EurekaDiscoveryConfig, EurekaRefresher>("eureka", config,
                                                                          environment);
}

}  // namespace tocsin::discovery
