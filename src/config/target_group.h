#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "config/yaml_node.h"
#include "model/labels.h"

namespace tocsin::config {

/// Targets that share labels, as static_configs and file discovery give them. Value type.
struct TargetGroup {
  std::vector<Labels> targets;  ///< Each has at least `__address__`.
  Labels labels;                ///< Added to every target.
  std::string source;           ///< Names the group inside its discovery: index, or file:index.
};

/// One entry of file_sd_configs.
struct FileDiscoveryConfig {
  std::vector<std::string> files;  ///< Globs, joined to the configuration's directory.
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(5);
};

/// What an entry of `http_sd_configs`, `dns_sd_configs`, … says: a struct of its kind, behind As().
/// Immutable.
class DiscoveryKindConfig {
 public:
  virtual ~DiscoveryKindConfig() = default;
  /// The entry with its defaults, secrets hidden.
  virtual YamlNode Show() const = 0;
};

/// The struct itself.
template <typename T>
class DiscoveryKindConfigOf : public DiscoveryKindConfig {
 public:
  T value;
};

/// An entry of one of the lists whose discoveries ask a server.
struct ServerDiscoveryConfig {
  std::string kind;         ///< The list's key: "http_sd_configs".
  std::string fingerprint;  ///< Of the entry as written: equal ones ask the same in the same way.
  std::shared_ptr<const DiscoveryKindConfig> config;

  /// Requires that T is the struct of this kind.
  template <typename T>
  const T& As() const {
    return static_cast<const DiscoveryKindConfigOf<T>&>(*config).value;
  }
};

/// A discovery of a kind that Tocsin does not do yet: accepted, warned about, finds nothing.
struct UnsupportedDiscovery {
  std::string kind;  ///< The key: "consul_sd_configs".
  YamlNode body;     ///< The list as written, for showing the configuration.
};

/// Every `*_sd_configs` and `static_configs` of a scrape config or an Alertmanager entry.
struct DiscoveryConfigs {
  std::vector<TargetGroup> static_groups;
  std::vector<FileDiscoveryConfig> files;
  std::vector<ServerDiscoveryConfig> servers;  ///< In order of their keys in the file.
  std::vector<UnsupportedDiscovery> unsupported;
};

}  // namespace tocsin::config
