// DigitalOcean, Hetzner, IONOS, Linode, Scaleway, Vultr.
#include <gmock/gmock.h>

#include "discovery/server_discovery_fixture.h"

namespace tocsin::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using CloudDiscoveryTest = ServerDiscoveryTest;

TEST_F(CloudDiscoveryTest, DigitalOceanListsDropletsOfAllPages) {
  const std::string url = "https://api.digitalocean.com/v2/droplets";
  fake_.client.AnswerJson(url, R"({"droplets": [
    {"id": 3164444, "name": "web", "status": "active", "size_slug": "s-1vcpu", "vpc_uuid": "v-1",
     "features": ["ipv6", "backups"], "tags": ["prod"],
     "image": {"slug": "ubuntu", "name": "16.04 x64"}, "region": {"slug": "nyc3"},
     "networks": {"v4": [{"ip_address": "10.0.0.2", "type": "private"},
                         {"ip_address": "104.236.32.182", "type": "public"}],
                  "v6": [{"ip_address": "2604::1", "type": "public"}]}},
    {"id": 2, "networks": {"v4": [], "v6": []}}],
    "links": {"pages": {"next": "https://x/?page=2", "last": "https://x/?page=2"}}})");
  fake_.client.AnswerJson(url + "?page=2", R"({"droplets": [
    {"id": 9, "networks": {"v4": [{"ip_address": "1.2.3.4", "type": "public"}]}}],
    "links": {"pages": {"first": "https://x/?page=1"}}})");
  Start("digitalocean_sd_configs: [{authorization: {credentials: abc}}]");
  ASSERT_EQ(groups_.size(), 1u);
  EXPECT_EQ(groups_[0].source, "DigitalOcean");
  EXPECT_THAT(Targets(), ElementsAre(Labels{{"__address__", "104.236.32.182:80"},
                                            {"__meta_digitalocean_droplet_id", "3164444"},
                                            {"__meta_digitalocean_droplet_name", "web"},
                                            {"__meta_digitalocean_image", "ubuntu"},
                                            {"__meta_digitalocean_image_name", "16.04 x64"},
                                            {"__meta_digitalocean_private_ipv4", "10.0.0.2"},
                                            {"__meta_digitalocean_public_ipv4", "104.236.32.182"},
                                            {"__meta_digitalocean_public_ipv6", "2604::1"},
                                            {"__meta_digitalocean_region", "nyc3"},
                                            {"__meta_digitalocean_size", "s-1vcpu"},
                                            {"__meta_digitalocean_status", "active"},
                                            {"__meta_digitalocean_vpc", "v-1"},
                                            {"__meta_digitalocean_features", ",ipv6,backups,"},
                                            {"__meta_digitalocean_tags", ",prod,"}},
                                     Labels{{"__address__", "1.2.3.4:80"},
                                            {"__meta_digitalocean_droplet_id", "9"},
                                            {"__meta_digitalocean_public_ipv4", "1.2.3.4"}}));
  EXPECT_EQ(fake_.client.requests[0].options->authorization_credentials, "abc");
}

TEST_F(CloudDiscoveryTest, HetznerCloudListsServersWithTheirNetworks) {
  fake_.client.AnswerJson(
      "https://api.hetzner.cloud/v1/servers?label_selector=a%3Db&page=1&per_page=50",
      R"({"servers": [{"id": 42, "name": "my-server", "status": "running",
        "public_net": {"ipv4": {"ip": "1.2.3.4"}, "ipv6": {"ip": "2001:db8::/64"}},
        "private_net": [{"network": 4711, "ip": "10.0.0.2"}, {"network": 1, "ip": "10.9.0.1"}],
        "server_type": {"name": "cx11", "cores": 1, "memory": 1.0, "disk": 25,
                        "cpu_type": "shared"},
        "datacenter": {"name": "fsn1-dc8",
                       "location": {"name": "fsn1", "network_zone": "eu-central"}},
        "image": {"name": "ubuntu-20.04", "description": "Ubuntu 20.04", "os_flavor": "ubuntu",
                  "os_version": "20.04"},
        "labels": {"env/name": "prod", "empty": ""}}],
        "meta": {"pagination": {"page": 1, "next_page": 2}}})");
  fake_.client.AnswerJson(
      "https://api.hetzner.cloud/v1/servers?label_selector=a%3Db&page=2&per_page=50",
      R"({"servers": [{"id": 44, "public_net": {"ipv4": null, "ipv6": null}}],
        "meta": {"pagination": {"page": 2, "next_page": null}}})");
  fake_.client.AnswerJson("https://api.hetzner.cloud/v1/networks?page=1&per_page=50",
                          R"({"networks": [{"id": 4711, "name": "my-net"}]})");
  Start("hetzner_sd_configs: [{role: hcloud, label_selector: a=b}]");
  EXPECT_EQ(groups_.at(0).source, "hetzner");
  const Labels first{{"__address__", "1.2.3.4:80"},
                     {"__meta_hetzner_role", "hcloud"},
                     {"__meta_hetzner_server_id", "42"},
                     {"__meta_hetzner_server_name", "my-server"},
                     {"__meta_hetzner_server_status", "running"},
                     {"__meta_hetzner_datacenter", "fsn1-dc8"},
                     {"__meta_hetzner_public_ipv4", "1.2.3.4"},
                     {"__meta_hetzner_public_ipv6_network", "2001:db8::/64"},
                     {"__meta_hetzner_hcloud_location", "fsn1"},
                     {"__meta_hetzner_hcloud_location_network_zone", "eu-central"},
                     {"__meta_hetzner_hcloud_datacenter_location", "fsn1"},
                     {"__meta_hetzner_hcloud_datacenter_location_network_zone", "eu-central"},
                     {"__meta_hetzner_hcloud_server_type", "cx11"},
                     {"__meta_hetzner_hcloud_cpu_cores", "1"},
                     {"__meta_hetzner_hcloud_cpu_type", "shared"},
                     {"__meta_hetzner_hcloud_memory_size_gb", "1"},
                     {"__meta_hetzner_hcloud_disk_size_gb", "25"},
                     {"__meta_hetzner_hcloud_image_name", "ubuntu-20.04"},
                     {"__meta_hetzner_hcloud_image_description", "Ubuntu 20.04"},
                     {"__meta_hetzner_hcloud_image_os_flavor", "ubuntu"},
                     {"__meta_hetzner_hcloud_image_os_version", "20.04"},
                     {"__meta_hetzner_hcloud_private_ipv4_my_net", "10.0.0.2"},
                     {"__meta_hetzner_hcloud_label_env_name", "prod"},
                     {"__meta_hetzner_hcloud_labelpresent_env_name", "true"},
                     {"__meta_hetzner_hcloud_labelpresent_empty", "true"}};
  ASSERT_EQ(Targets().size(), 2u);
  EXPECT_EQ(Targets()[0], first);
  EXPECT_EQ(Targets()[1].Get("__address__"), "<nil>:80");
}

TEST_F(CloudDiscoveryTest, HetznerRobotListsDedicatedServers) {
  fake_.client.AnswerJson("https://robot-ws.your-server.de/server", R"([{"server": {
    "server_ip": "123.123.123.123", "server_number": 321, "server_name": "server1",
    "product": "DS 3000", "dc": "NBG1-DC1", "status": "ready", "cancelled": false,
    "subnet": [{"ip": "123.123.123.0", "mask": "24"}, {"ip": "2a01:4f8::", "mask": "64"},
               {"ip": "2a01:4f9::", "mask": "64"}]}}])");
  Start("hetzner_sd_configs: [{role: robot, port: 9100}]");
  EXPECT_THAT(Targets(), ElementsAre(Labels{{"__address__", "123.123.123.123:9100"},
                                            {"__meta_hetzner_role", "robot"},
                                            {"__meta_hetzner_server_id", "321"},
                                            {"__meta_hetzner_server_name", "server1"},
                                            {"__meta_hetzner_datacenter", "nbg1-dc1"},
                                            {"__meta_hetzner_public_ipv4", "123.123.123.123"},
                                            {"__meta_hetzner_public_ipv6_network", "2a01:4f8::/64"},
                                            {"__meta_hetzner_server_status", "ready"},
                                            {"__meta_hetzner_robot_product", "DS 3000"},
                                            {"__meta_hetzner_robot_cancelled", "false"}}));
}

TEST_F(CloudDiscoveryTest, IonosListsServersThatHaveAddresses) {
  fake_.client.AnswerJson("https://api.ionos.com/cloudapi/v6/datacenters/dc-1/servers?depth=3",
                          R"({"id": "dc-1/servers", "items": [
    {"id": "s-1", "metadata": {"state": "AVAILABLE"},
     "properties": {"name": "web", "cpuFamily": "INTEL_XEON", "availabilityZone": "AUTO",
       "vmState": "RUNNING", "type": "ENTERPRISE", "bootCdrom": {"id": "cd"},
       "bootVolume": {"id": "vol"}},
     "entities": {"volumes": {"items": [{"properties": {"image": "img"}}]},
       "nics": {"items": [{"properties": {"name": "my nic", "ips": ["10.0.0.1", "10.0.0.2"]}},
                          {"properties": {"name": null, "ips": ["85.0.0.1"]}}]}}},
    {"id": "s-2", "entities": {"nics": {"items": []}}}]})");
  Start("ionos_sd_configs: [{datacenter_id: dc-1}]");
  EXPECT_EQ(groups_.at(0).source, "ionos");
  EXPECT_THAT(Targets(),
              ElementsAre(Labels{{"__address__", "85.0.0.1:80"},
                                 {"__meta_ionos_server_availability_zone", "AUTO"},
                                 {"__meta_ionos_server_boot_cdrom_id", "cd"},
                                 {"__meta_ionos_server_boot_image_id", "img"},
                                 {"__meta_ionos_server_boot_volume_id", "vol"},
                                 {"__meta_ionos_server_cpu_family", "INTEL_XEON"},
                                 {"__meta_ionos_server_id", "s-1"},
                                 {"__meta_ionos_server_ip", ",85.0.0.1,10.0.0.1,10.0.0.2,"},
                                 {"__meta_ionos_server_lifecycle", "AVAILABLE"},
                                 {"__meta_ionos_server_name", "web"},
                                 {"__meta_ionos_server_nic_ip_my_nic", ",10.0.0.1,10.0.0.2,"},
                                 {"__meta_ionos_server_nic_ip_unnamed", ",85.0.0.1,"},
                                 {"__meta_ionos_server_servers_id", "dc-1/servers"},
                                 {"__meta_ionos_server_state", "RUNNING"},
                                 {"__meta_ionos_server_type", "ENTERPRISE"}}));
}

TEST_F(CloudDiscoveryTest, LinodeListsInstancesWithTheirAddresses) {
  const auto url = [](const std::string& what, int page) {
    return fmt::format("https://api.linode.com/v4/{}?page={}&page_size=500", what, page);
  };
  fake_.client.AnswerJson(url("linode/instances", 1), R"({"pages": 2, "data": [
    {"id": 26838044, "label": "web-1", "image": "linode/arch", "region": "us-east",
     "type": "g6-standard-2", "status": "running", "group": "", "hypervisor": "kvm",
     "tags": ["monitoring", "x"], "backups": {"enabled": false},
     "ipv4": ["45.33.82.151", "96.126.108.16", "192.168.170.51"], "ipv6": "2600:3c03::1/128",
     "specs": {"disk": 81920, "memory": 4096, "vcpus": 2, "gpus": 0, "transfer": 4000}}]})");
  fake_.client.AnswerJson(url("linode/instances", 2),
                          R"({"pages": 2, "data": [{"id": 2, "ipv4": []}]})");
  fake_.client.AnswerJson(url("networking/ips", 1), R"({"pages": 1, "data": [
    {"address": "45.33.82.151", "public": true, "rdns": "web.example"},
    {"address": "96.126.108.16", "public": true, "rdns": "null"},
    {"address": "192.168.170.51", "public": false, "rdns": null},
    {"address": "2600:3c03::1", "public": true, "rdns": null}]})");
  fake_.client.AnswerJson(url("networking/ipv6/ranges", 1), R"({"pages": 1, "data": [
    {"range": "2600:3c03:e000::", "prefix": 56, "route_target": "2600:3c03::1"},
    {"range": "2600:3c03:f000::", "prefix": 64, "route_target": "2600:3c03::2"}]})");
  Start("linode_sd_configs: [{region: us-east}]");
  EXPECT_EQ(groups_.at(0).source, "Linode");
  EXPECT_EQ(http::FindHeader(fake_.client.requests[0].headers, "X-Filter"),
            R"({"region":"us-east"})");
  EXPECT_THAT(Targets(),
              ElementsAre(Labels{{"__address__", "45.33.82.151:80"},
                                 {"__meta_linode_instance_id", "26838044"},
                                 {"__meta_linode_instance_label", "web-1"},
                                 {"__meta_linode_image", "linode/arch"},
                                 {"__meta_linode_private_ipv4", "192.168.170.51"},
                                 {"__meta_linode_public_ipv4", "45.33.82.151"},
                                 {"__meta_linode_public_ipv6", "2600:3c03::1"},
                                 {"__meta_linode_public_ipv4_rdns", "web.example"},
                                 {"__meta_linode_region", "us-east"},
                                 {"__meta_linode_type", "g6-standard-2"},
                                 {"__meta_linode_status", "running"},
                                 {"__meta_linode_tags", ",monitoring,x,"},
                                 {"__meta_linode_gpus", "0"},
                                 {"__meta_linode_hypervisor", "kvm"},
                                 {"__meta_linode_backups", "disabled"},
                                 {"__meta_linode_specs_disk_bytes", "85899345920"},
                                 {"__meta_linode_specs_memory_bytes", "4294967296"},
                                 {"__meta_linode_specs_vcpus", "2"},
                                 {"__meta_linode_specs_transfer_bytes", "4194304000"},
                                 {"__meta_linode_extra_ips", ",96.126.108.16,"},
                                 {"__meta_linode_ipv6_ranges", ",2600:3c03:e000::/56,"}}));
}

class ScalewayDiscoveryTest : public ServerDiscoveryTest {
 protected:
  static std::string Config(const std::string& more) {
    return "scaleway_sd_configs: [{project_id: p-1, access_key: a, secret_key: s3cret, " + more +
           "}]";
  }
};

TEST_F(ScalewayDiscoveryTest, ListsInstances) {
  fake_.client.AnswerJson(
      "https://api.scaleway.com/instance/v1/zones/fr-par-1/servers?name=n&tags=x%2Cy&per_page=50&"
      "page=1",
      R"({"servers": [{"id": "s-1", "name": "web", "hostname": "web-h", "boot_type": "local",
        "organization": "o", "project": "p-1", "state": "running", "commercial_type": "DEV1-S",
        "zone": "fr-par-1", "tags": ["x", "y"],
        "image": {"id": "i", "arch": "x86_64", "name": "Ubuntu"},
        "location": {"cluster_id": "1", "hypervisor_id": "2", "node_id": "3"},
        "security_group": {"id": "g", "name": "default"},
        "public_ips": [{"family": "inet", "address": "51.0.0.1"},
                       {"family": "inet6", "address": "2001:bc8::1"}],
        "public_ip": {"address": "51.0.0.1"}, "ipv6": null, "private_ip": "10.1.0.1"},
        {"id": "s-2", "private_ip": null, "public_ip": null,
         "public_ips": [{"family": "inet6", "address": "2001:bc8::2"}]},
        {"id": "s-3", "public_ips": []}]})");
  Start(Config("role: instance, name_filter: n, tags_filter: [x, y]"));
  EXPECT_EQ(groups_.at(0).source, "scaleway");
  EXPECT_EQ(http::FindHeader(fake_.client.requests[0].headers, "X-Auth-Token"), "s3cret");
  EXPECT_THAT(
      Targets(),
      ElementsAre(Labels{{"__address__", "10.1.0.1:80"},
                         {"__meta_scaleway_instance_boot_type", "local"},
                         {"__meta_scaleway_instance_hostname", "web-h"},
                         {"__meta_scaleway_instance_id", "s-1"},
                         {"__meta_scaleway_instance_image_arch", "x86_64"},
                         {"__meta_scaleway_instance_image_id", "i"},
                         {"__meta_scaleway_instance_image_name", "Ubuntu"},
                         {"__meta_scaleway_instance_location_cluster_id", "1"},
                         {"__meta_scaleway_instance_location_hypervisor_id", "2"},
                         {"__meta_scaleway_instance_location_node_id", "3"},
                         {"__meta_scaleway_instance_name", "web"},
                         {"__meta_scaleway_instance_organization_id", "o"},
                         {"__meta_scaleway_instance_private_ipv4", "10.1.0.1"},
                         {"__meta_scaleway_instance_project_id", "p-1"},
                         {"__meta_scaleway_instance_public_ipv4", "51.0.0.1"},
                         {"__meta_scaleway_instance_public_ipv4_addresses", ",51.0.0.1,"},
                         {"__meta_scaleway_instance_public_ipv6_addresses", ",2001:bc8::1,"},
                         {"__meta_scaleway_instance_security_group_id", "g"},
                         {"__meta_scaleway_instance_security_group_name", "default"},
                         {"__meta_scaleway_instance_status", "running"},
                         {"__meta_scaleway_instance_tags", ",x,y,"},
                         {"__meta_scaleway_instance_type", "DEV1-S"},
                         {"__meta_scaleway_instance_zone", "fr-par-1"},
                         {"__meta_scaleway_instance_region", "fr-par"}},
                  Labels{{"__address__", "[2001:bc8::2]:80"},
                         {"__meta_scaleway_instance_id", "s-2"},
                         {"__meta_scaleway_instance_public_ipv6_addresses", ",2001:bc8::2,"}}));
}

TEST_F(ScalewayDiscoveryTest, AsksForPagesUntilOneIsNotFull) {
  std::string full;
  for (int i = 0; i < 50; ++i)
    full += fmt::format("{}{{\"private_ip\": \"10.0.0.{}\"}}", i == 0 ? "" : ",", i);
  const std::string url =
      "https://api.scaleway.com/instance/v1/zones/fr-par-1/servers?per_page=50&page=";
  fake_.client.AnswerJson(url + "1", "{\"servers\": [" + full + "]}");
  fake_.client.AnswerJson(url + "2", R"({"servers": [{"private_ip": "10.0.1.0"}]})");
  Start(Config("role: instance"));
  EXPECT_EQ(Targets().size(), 51u);
  EXPECT_EQ(fake_.client.requests.size(), 2u);
}

TEST_F(ScalewayDiscoveryTest, ListsBareMetal) {
  const std::string base = "https://s/baremetal/v1/zones/fr-par-2/";
  fake_.client.AnswerJson(base + "servers?project_id=p-1&page_size=50&page=1",
                          R"({"servers": [{"id": "b-1", "name": "n", "zone": "fr-par-2",
    "status": "ready", "offer_id": "of", "tags": ["t"], "install": {"os_id": "os"},
    "ips": [{"address": "51.1.1.1", "version": "IPv4"}, {"address": "2001::1", "version": "IPv6"}]}]})");
  fake_.client.AnswerJson(base + "offers?page_size=50&page=1",
                          R"({"offers": [{"id": "of", "name": "GP-BM1-S"}]})");
  fake_.client.AnswerJson(base + "os?page_size=50&page=1",
                          R"({"os": [{"id": "os", "name": "Ubuntu", "version": "20.04"}]})");
  Start(Config("role: baremetal, zone: fr-par-2, api_url: 'https://s', port: 1"));
  EXPECT_THAT(Addresses(groups_), ElementsAre("51.1.1.1:1", "[2001::1]:1"));
  EXPECT_EQ(Targets()[1], (Labels{{"__address__", "[2001::1]:1"},
                                  {"__meta_scaleway_baremetal_id", "b-1"},
                                  {"__meta_scaleway_baremetal_ip_is_public", "true"},
                                  {"__meta_scaleway_baremetal_ip_version", "IPv6"},
                                  {"__meta_scaleway_baremetal_name", "n"},
                                  {"__meta_scaleway_baremetal_os_name", "Ubuntu"},
                                  {"__meta_scaleway_baremetal_os_version", "20.04"},
                                  {"__meta_scaleway_baremetal_status", "ready"},
                                  {"__meta_scaleway_baremetal_tags", ",t,"},
                                  {"__meta_scaleway_baremetal_type", "GP-BM1-S"},
                                  {"__meta_scaleway_baremetal_zone", "fr-par-2"}}));
}

TEST_F(CloudDiscoveryTest, VultrFollowsTheCursor) {
  fake_.client.AnswerJson("https://api.vultr.com/v2/instances?per_page=100", R"({"instances": [
    {"id": "v-1", "os": "CentOS", "os_id": 381, "ram": 1024, "disk": 25, "main_ip": "1.1.1.1",
     "vcpu_count": 1, "region": "ewr", "plan": "vc2-1c-1gb", "allowed_bandwidth": 1000,
     "server_status": "ok", "v6_main_ip": "2001::1", "label": "web", "internal_ip": "10.0.0.1",
     "hostname": "h", "tags": ["a"], "features": ["ddos"]}],
    "meta": {"total": 2, "links": {"next": "bmV4==", "prev": ""}}})");
  fake_.client.AnswerJson("https://api.vultr.com/v2/instances?cursor=bmV4%3D%3D&per_page=100",
                          R"({"instances": [{"id": "v-2", "main_ip": "1.1.1.2"}],
    "meta": {"links": {"next": ""}}})");
  Start("vultr_sd_configs: [{port: 9100}]");
  EXPECT_EQ(groups_.at(0).source, "Vultr");
  EXPECT_THAT(Addresses(groups_), ElementsAre("1.1.1.1:9100", "1.1.1.2:9100"));
  EXPECT_EQ(Targets()[0], (Labels{{"__address__", "1.1.1.1:9100"},
                                  {"__meta_vultr_instance_id", "v-1"},
                                  {"__meta_vultr_instance_label", "web"},
                                  {"__meta_vultr_instance_os", "CentOS"},
                                  {"__meta_vultr_instance_os_id", "381"},
                                  {"__meta_vultr_instance_region", "ewr"},
                                  {"__meta_vultr_instance_plan", "vc2-1c-1gb"},
                                  {"__meta_vultr_instance_vcpu_count", "1"},
                                  {"__meta_vultr_instance_ram_mb", "1024"},
                                  {"__meta_vultr_instance_allowed_bandwidth_gb", "1000"},
                                  {"__meta_vultr_instance_disk_gb", "25"},
                                  {"__meta_vultr_instance_main_ip", "1.1.1.1"},
                                  {"__meta_vultr_instance_main_ipv6", "2001::1"},
                                  {"__meta_vultr_instance_internal_ip", "10.0.0.1"},
                                  {"__meta_vultr_instance_hostname", "h"},
                                  {"__meta_vultr_instance_server_status", "ok"},
                                  {"__meta_vultr_instance_features", ",ddos,"},
                                  {"__meta_vultr_instance_tags", ",a,"}}));
}

TEST_F(CloudDiscoveryTest, AFailingPageFailsTheRefresh) {
  for (const char* list :
       {"digitalocean_sd_configs: [{}]", "hetzner_sd_configs: [{role: hcloud}]",
        "hetzner_sd_configs: [{role: robot}]", "ionos_sd_configs: [{datacenter_id: d}]",
        "linode_sd_configs: [{}]", "vultr_sd_configs: [{}]"}) {
    Start(list);
    EXPECT_EQ(publications_, 0) << list;
    EXPECT_EQ(fake_.client.requests.size(), 1u) << list;
    fake_.client.requests.clear();
  }
}

}  // namespace
}  // namespace tocsin::discovery
