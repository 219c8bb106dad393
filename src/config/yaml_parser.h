#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "config/yaml_node.h"

namespace tocsin::config {

/// Larger files are refused: the largest rule files people have are a few MiB.
inline constexpr size_t kMaxYamlBytes = size_t{64} << 20;
/// Nodes of a document with aliases expanded: a few dozen bytes of aliases cannot eat the memory.
inline constexpr size_t kMaxYamlNodes = 4'000'000;
/// Nodes that aliases may add to a document.
inline constexpr size_t kMaxYamlAliasNodes = 200'000;
inline constexpr int kMaxYamlDepth = 200;

/// Parses the first document of `text`; an empty one is a null node. Aliases are expanded, merge
/// keys (`<<`) merged, duplicate keys refused. Errors: `file_name:line:column: what (value)`,
/// kInvalidArgument.
Result<YamlNode> ParseYaml(std::string_view text, std::string_view file_name);

}  // namespace tocsin::config
