#include "discovery/dns_discovery.h"

#include <atomic>
#include <map>

#include "config/discovery_dns.h"

namespace tocsin::discovery {
namespace {

DnsType TypeOf(const std::string& name) {
  if (name == "A") return DnsType::kA;
  if (name == "AAAA") return DnsType::kAaaa;
  if (name == "MX") return DnsType::kMx;
  if (name == "NS") return DnsType::kNs;
  return DnsType::kSrv;
}

std::string HostPort(const std::string& host, uint64_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

class DnsRefresher final : public Refresher {
 public:
  DnsRefresher(const config::DnsDiscoveryConfig& config, const DiscoveryEnvironment& environment)
      : config_(config),
        type_(TypeOf(config.type)),
        resolver_(environment.resolver),
        logger_(environment.logger),
        lookups_(environment.registry.AddCounter("prometheus_sd_dns_lookups_total",
                                                 "The number of DNS-SD lookups.")),
        failures_(environment.registry.AddCounter("prometheus_sd_dns_lookup_failures_total",
                                                  "The number of DNS-SD lookup failures.")) {}

  Result<std::vector<TargetGroup>> Refresh() override {
    for (const std::string& name : config_.names) {
      if (is_stopped_) return Error(ErrorCode::kCanceled, "context canceled");
      lookups_.Increment();
      const auto records = resolver_.Resolve(name, type_);
      if (records) {
        groups_[name] = MakeGroup(name, *records);
        continue;
      }
      // The name keeps what it had; the others go on.
      failures_.Increment();
      logger_.Error("Error refreshing DNS targets", {{"err", records.error().message()}});
    }
    std::vector<TargetGroup> groups;
    for (const auto& [name, group] : groups_) groups.push_back(group);
    return groups;
  }
  void Stop() override { is_stopped_ = true; }

 private:
  TargetGroup MakeGroup(const std::string& name, const std::vector<DnsRecord>& records) const {
    TargetGroup group;
    group.source = name;
    for (const DnsRecord& record : records) {
      const bool is_srv = type_ == DnsType::kSrv;
      group.targets.push_back(Labels::FromPairs({
          {"__address__", HostPort(record.target, is_srv ? record.port : config_.port)},
          {"__meta_dns_name", name},
          {"__meta_dns_srv_record_target", is_srv ? record.target : ""},
          {"__meta_dns_srv_record_port", is_srv ? std::to_string(record.port) : ""},
          {"__meta_dns_mx_record_target", type_ == DnsType::kMx ? record.target : ""},
          {"__meta_dns_ns_record_target", type_ == DnsType::kNs ? record.target : ""},
      }));
    }
    return group;
  }

  const config::DnsDiscoveryConfig config_;
  const DnsType type_;
  DnsResolver& resolver_;
  Logger& logger_;
  telemetry::Counter& lookups_;
  telemetry::Counter& failures_;
  std::atomic<bool> is_stopped_ = false;
  std::map<std::string, TargetGroup> groups_;  // By name, the last that could be had.
};

}  // namespace

Result<ServerDiscovery> MakeDnsDiscovery(const config::ServerDiscoveryConfig& config,
                                         const DiscoveryEnvironment& environment) {
  const auto& dns = config.As<config::DnsDiscoveryConfig>();
  return ServerDiscovery{"dns", dns.refresh_interval.count(),
                         std::make_unique<DnsRefresher>(dns, environment)};
}

}  // namespace tocsin::discovery
