#include "config/discovery_binding.h"

#include <algorithm>
#include <array>
#include <map>

#include "config/discovery_kind.h"
#include "config/http_client_binding.h"

namespace tocsin::config {
namespace {

constexpr std::string_view kAddressLabel = "__address__";

// Kinds that upstream knows and Tocsin does not do yet.
constexpr std::array<std::string_view, 11> kUnsupportedKinds = {
    "aws_sd_configs",      "azure_sd_configs",     "ec2_sd_configs",    "gce_sd_configs",
    "kuma_sd_configs",     "lightsail_sd_configs", "oci_sd_configs",    "openstack_sd_configs",
    "outscale_sd_configs", "ovhcloud_sd_configs",  "stackit_sd_configs"};

bool IsUnsupportedKind(std::string_view key) {
  return std::find(kUnsupportedKinds.begin(), kUnsupportedKinds.end(), key) !=
         kUnsupportedKinds.end();
}

// ^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$
bool IsTargetFilePattern(std::string_view path) {
  static constexpr std::string_view kEndings[] = {".json", ".yml", ".yaml",
                                                  ".JSON", ".YML", ".YAML"};
  const bool has_ending =
      std::any_of(std::begin(kEndings), std::end(kEndings),
                  [&](std::string_view ending) { return path.ends_with(ending); });
  const size_t star = path.find('*');
  return has_ending &&
         (star == std::string_view::npos || path.find('/', star) == std::string_view::npos);
}

void ReadStaticConfigs(ConfigReader& reader, const YamlNode& list,
                       std::vector<TargetGroup>& groups) {
  if (!ExpectSequence(reader, list)) return;
  for (const YamlNode& item : list.items) {
    if (item.is_null()) return reader.Fail(item, "empty or null section in static_configs");
    TargetGroup& group = groups.emplace_back();
    group.source = std::to_string(groups.size() - 1);
    ReadTargetGroup(reader, item, group);
  }
}

void ReadKind(ConfigReader& reader, const DiscoveryKind& kind, const YamlNode& list,
              DiscoveryConfigs& discovery) {
  if (!ExpectSequence(reader, list)) return;
  for (const YamlNode& item : list.items) {
    if (item.is_null()) {
      return reader.Fail(item, fmt::format("empty or null section in {}", kind.key));
    }
    if (!ExpectMapping(reader, item)) return;
    ServerDiscoveryConfig& entry = discovery.servers.emplace_back();
    entry.kind = kind.key;
    entry.fingerprint = FormatYaml(item);
    entry.config = kind.read(reader, item);
    if (reader.failed()) return;
  }
}

void ReadUnsupported(ConfigReader& reader, const std::string& key, const YamlNode& list,
                     DiscoveryConfigs& discovery) {
  if (!ExpectSequence(reader, list)) return;
  for (const YamlNode& item : list.items) {
    if (item.is_null()) return reader.Fail(item, "empty or null section in " + key);
    if (!ExpectMapping(reader, item)) return;
    // How to authenticate reads the same in all kinds; what else they take is not known here.
    MappingReader at(reader, item);
    HttpClientConfig client;
    DescribeHttpClient(at, client);
    if (reader.failed()) return;
  }
  reader.Warn(list, key + " is not supported yet and finds no targets");
  discovery.unsupported.push_back({key, list});
}

}  // namespace

template <typename Archive>
void Describe(Archive& archive, FileDiscoveryConfig& config) {
  archive.Field("files", FilePaths{config.files}, Show::kAlways);
  archive.Field("refresh_interval", config.refresh_interval);
}

void Validate(MappingReader& at, FileDiscoveryConfig& config) {
  if (config.files.empty())
    return at.Fail("file service discovery config must contain at least one path name");
  for (const std::string& path : config.files) {
    if (!IsTargetFilePattern(path))
      return at.Fail("files",
                     fmt::format("path name {} is not valid for file discovery", GoQuote(path)));
  }
}

void ReadLabels(ConfigReader& reader, const YamlNode& node, Labels& out) {
  std::map<std::string, std::string> values;
  ReadValue(reader, node, values);
  for (const YamlEntry& entry : node.entries) {
    if (!IsValidUtf8Name(entry.key.text))
      return reader.Fail(entry.key,
                         fmt::format("{} is not a valid label name", GoQuote(entry.key.text)));
    if (!IsValidUtf8(entry.value.text))
      return reader.Fail(entry.value,
                         fmt::format("{} is not a valid label value", GoQuote(entry.value.text)));
  }
  out = Labels::FromPairs({values.begin(), values.end()});
}

void ReadTargetGroup(ConfigReader& reader, const YamlNode& node, TargetGroup& group) {
  MappingReader mapping(reader, node);
  std::vector<std::string> addresses;
  mapping.Field("targets", addresses);
  if (const YamlNode* labels = mapping.Take("labels"); labels != nullptr && !reader.failed())
    ReadLabels(reader, *labels, group.labels);
  mapping.Finish();
  for (const std::string& address : addresses) {
    if (!IsValidUtf8(address)) return mapping.Fail("targets", "address is not valid UTF-8");
    group.targets.push_back(Labels{{kAddressLabel, address}});
  }
}

void CheckStaticTargets(MappingReader& at, const DiscoveryConfigs& discovery) {
  const YamlNode* list = at.node().Find("static_configs");
  for (size_t i = 0; i < discovery.static_groups.size(); ++i) {
    const auto& targets = discovery.static_groups[i].targets;
    for (size_t j = 0; j < targets.size(); ++j) {
      const std::string_view address = targets[j].Get(kAddressLabel);
      if (address.find('/') == std::string_view::npos) continue;
      return at.reader().Fail(list->items[i].Find("targets")->items[j],
                              fmt::format("{} is not a valid hostname", GoQuote(address)));
    }
  }
}

void DescribeDiscovery(MappingReader& reader, DiscoveryConfigs& discovery) {
  if (const YamlNode* list = reader.Take("static_configs"); list != nullptr && !reader.failed())
    ReadStaticConfigs(reader.reader(), *list, discovery.static_groups);
  reader.Field("file_sd_configs",
               NonNull(discovery.files, "empty or null section in file_sd_configs"));
  reader.TakeRest([&](const std::string& key, const YamlNode& value) {
    if (const DiscoveryKind* kind = FindDiscoveryKind(key); kind != nullptr) {
      if (!reader.failed()) ReadKind(reader.reader(), *kind, value, discovery);
      return true;
    }
    if (!IsUnsupportedKind(key)) return false;
    if (!reader.failed()) ReadUnsupported(reader.reader(), key, value, discovery);
    return true;
  });
}

void DescribeDiscovery(MappingWriter& writer, DiscoveryConfigs& discovery) {
  std::map<std::string, YamlNode> lists;
  for (const UnsupportedDiscovery& kind : discovery.unsupported)
    WriteValue(lists[kind.kind], kind.body);
  for (const ServerDiscoveryConfig& entry : discovery.servers) {
    YamlNode& list = lists.try_emplace(entry.kind, YamlNode::Sequence()).first->second;
    list.items.push_back(entry.config->Show());
  }
  if (!discovery.files.empty()) WriteValue(lists["file_sd_configs"], discovery.files);
  if (!discovery.static_groups.empty()) {
    YamlNode& list = lists["static_configs"] = YamlNode::Sequence();
    for (const TargetGroup& group : discovery.static_groups) {
      std::vector<std::string> addresses;
      for (const Labels& target : group.targets) addresses.emplace_back(target.Get(kAddressLabel));
      MappingWriter entry;
      entry.Field("targets", addresses, Show::kAlways);
      entry.Field("labels", group.labels);
      list.items.push_back(entry.Take());
    }
  }
  for (auto& [key, list] : lists) writer.Add(key, std::move(list));
}

}  // namespace tocsin::config
