#include "base/json_writer.h"
#include "config/discovery_clouds.h"
#include "discovery/api_refresher.h"
#include "discovery/cloud_discoveries.h"
#include "discovery/target_labels.h"

namespace tocsin::discovery {
namespace {

// What the API knows about addresses of all instances.
struct Addresses {
  JsonValue::Array details;
  JsonValue::Array ipv6_ranges;
};

std::string ReverseName(const JsonValue& address) {
  const std::string name = ScalarText(address.Find("rdns"));
  return name == "null" ? "" : name;
}

std::string MegabytesAsBytes(const JsonValue* megabytes) {
  return std::to_string(static_cast<int64_t>(IntegerOf(megabytes)) << 20);
}

void SetIpv4(const JsonValue& instance, const Addresses& addresses, std::string_view separator,
             TargetLabels& labels) {
  std::vector<std::string> extra;
  for (const std::string& ip : Strings(instance.Find("ipv4"))) {
    for (const JsonValue& detail : addresses.details) {
      if (detail.FindString("address") != ip) continue;
      const std::string kind = IsTrue(detail.Find("public")) ? "public_ipv4" : "private_ipv4";
      if (!labels.Get(kind).empty()) {
        extra.push_back(ip);
        continue;
      }
      labels.Set(kind, ip);
      labels.Set(kind + "_rdns", ReverseName(detail));
    }
  }
  labels.Set("extra_ips", JoinSurrounded(extra, separator));
}

void SetIpv6(const JsonValue& instance, const Addresses& addresses, std::string_view separator,
             TargetLabels& labels) {
  const std::string with_prefix = ScalarText(instance.Find("ipv6"));
  if (with_prefix.empty()) return;
  const std::string ip = with_prefix.substr(0, with_prefix.find('/'));
  for (const JsonValue& detail : addresses.details) {
    if (detail.FindString("address") != ip) continue;
    labels.Set("public_ipv6", ip);
    labels.Set("public_ipv6_rdns", ReverseName(detail));
  }
  std::vector<std::string> ranges;
  for (const JsonValue& range : addresses.ipv6_ranges) {
    if (range.FindString("route_target") != ip) continue;
    ranges.push_back(
        fmt::format("{}/{}", range.FindString("range"), IntegerOf(range.Find("prefix"))));
  }
  labels.Set("ipv6_ranges", JoinSurrounded(ranges, separator));
}

class LinodeRefresher final : public ApiRefresher {
 public:
  LinodeRefresher(const config::LinodeDiscoveryConfig& config, http::ClientOptions options,
                  const DiscoveryEnvironment& environment)
      : ApiRefresher(environment, std::move(options), config.refresh_interval),
        config_(config),
        failures_(environment.registry.AddCounter(
            "prometheus_sd_linode_failures_total",
            "Number of Linode service discovery refresh failures.")) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    auto groups = Fetch();
    if (!groups) failures_.Increment();
    return groups;
  }

 private:
  Result<std::vector<TargetGroup>> Fetch() {
    TOCSIN_ASSIGN_OR_RETURN(const auto instances, FetchAll("linode/instances"));
    Addresses addresses;
    TOCSIN_ASSIGN_OR_RETURN(addresses.details, FetchAll("networking/ips"));
    TOCSIN_ASSIGN_OR_RETURN(addresses.ipv6_ranges, FetchAll("networking/ipv6/ranges"));
    std::vector<Labels> targets;
    for (const JsonValue& instance : instances) {
      if (!Items(instance.Find("ipv4")).empty()) targets.push_back(MakeTarget(instance, addresses));
    }
    return OneGroup("Linode", std::move(targets));
  }

  Result<JsonValue::Array> FetchAll(const std::string& what) {
    http::Fields headers;
    if (!config_.region.empty()) {
      std::string filter;
      JsonWriter writer(filter);
      writer.BeginObject();
      writer.KeyString("region", config_.region);
      writer.EndObject();
      headers.emplace_back("X-Filter", filter);
    }
    JsonValue::Array all;
    for (int64_t page = 1, pages = 1; page <= pages; ++page) {
      TOCSIN_ASSIGN_OR_RETURN(
          const JsonValue answer,
          api_.GetJson(
              fmt::format("https://api.linode.com/v4/{}?page={}&page_size=500", what, page),
              headers));
      for (const JsonValue& item : Items(answer.Find("data"))) all.push_back(item);
      pages = IntegerOf(answer.Find("pages"));
    }
    return all;
  }

  Labels MakeTarget(const JsonValue& instance, const Addresses& addresses) const {
    const JsonValue* specs = instance.Find("specs");
    TargetLabels labels("__meta_linode_");
    SetIpv4(instance, addresses, config_.tag_separator, labels);
    SetIpv6(instance, addresses, config_.tag_separator, labels);
    labels.SetAddress(JoinHostPort(labels.Get("public_ipv4"), config_.port));
    labels.Set("instance_id", instance.Find("id"));
    labels.Set("instance_label", instance.Find("label"));
    for (const std::string_view name :
         {"image", "region", "type", "status", "group", "hypervisor"}) {
      labels.Set(name, instance.Find(name));
    }
    labels.Set("gpus", std::to_string(IntegerOf(FindPath(specs, {"gpus"}))));
    labels.Set("backups",
               IsTrue(FindPath(instance, {"backups", "enabled"})) ? "enabled" : "disabled");
    labels.Set("specs_disk_bytes", MegabytesAsBytes(FindPath(specs, {"disk"})));
    labels.Set("specs_memory_bytes", MegabytesAsBytes(FindPath(specs, {"memory"})));
    labels.Set("specs_vcpus", std::to_string(IntegerOf(FindPath(specs, {"vcpus"}))));
    labels.Set("specs_transfer_bytes", MegabytesAsBytes(FindPath(specs, {"transfer"})));
    labels.Set("tags", JoinSurrounded(Strings(instance.Find("tags")), config_.tag_separator));
    return labels.Build();
  }

  const config::LinodeDiscoveryConfig config_;
  telemetry::Counter& failures_;
};

}  // namespace

Result<ServerDiscovery> MakeLinodeDiscovery(const config::ServerDiscoveryConfig& config,
                                            const DiscoveryEnvironment& environment) {
  return MakeApiDiscovery<config::LinodeDiscoveryConfig, LinodeRefresher>("linode", config,
                                                                          environment);
}

}  // namespace tocsin::discovery
