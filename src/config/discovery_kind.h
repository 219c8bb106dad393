#pragma once

#include <memory>
#include <string_view>

#include "config/target_group.h"
#include "config/yaml_reader.h"
#include "config/yaml_writer.h"

namespace tocsin::config {

/// A list of discoveries that ask servers: its key, and how an entry is read.
struct DiscoveryKind {
  std::string_view key;  ///< "http_sd_configs".
  std::shared_ptr<const DiscoveryKindConfig> (*read)(ConfigReader& reader, const YamlNode& entry);
};

/// The kind whose entries are T's, for the file that has T's Describe and Validate in scope.
template <typename T>
DiscoveryKind MakeDiscoveryKind(std::string_view key) {
  class Config final : public DiscoveryKindConfigOf<T> {
   public:
    YamlNode Show() const override {
      YamlNode shown;
      WriteValue(shown, this->value);
      return shown;
    }
  };
  return {key, [](ConfigReader& reader, const YamlNode& entry) {
            auto config = std::make_shared<Config>();
            ReadValue(reader, entry, config->value);
            return std::shared_ptr<const DiscoveryKindConfig>(std::move(config));
          }};
}

/// The kind with this key, or nullptr.
const DiscoveryKind* FindDiscoveryKind(std::string_view key);

}  // namespace tocsin::config
