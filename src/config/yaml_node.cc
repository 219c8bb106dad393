#include "config/yaml_node.h"

#include <utility>

namespace tocsin::config {

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const YamlEntry& entry : entries)
    if (entry.key.text == key) return &entry.value;
  return nullptr;
}

YamlNode YamlNode::String(std::string value) {
  YamlNode node;
  node.kind = Kind::kScalar;
  node.is_quoted = true;
  node.text = std::move(value);
  return node;
}

YamlNode YamlNode::Plain(std::string value) {
  YamlNode node = String(std::move(value));
  node.is_quoted = false;
  return node;
}

YamlNode YamlNode::Sequence() {
  YamlNode node;
  node.kind = Kind::kSequence;
  return node;
}

YamlNode YamlNode::Mapping() {
  YamlNode node;
  node.kind = Kind::kMapping;
  return node;
}

void YamlNode::Add(std::string_view key, YamlNode value) {
  entries.push_back({String(std::string(key)), std::move(value)});
}

}  // namespace tocsin::config
