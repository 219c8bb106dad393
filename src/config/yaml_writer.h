#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.h"
#include "config/yaml_node.h"
#include "config/yaml_reader.h"
#include "model/labels.h"

namespace tocsin::config {

/// Prints a tree as Go's yaml.v2 does: two spaces, lists not indented under their key, strings in
/// quotes only where they need them, lines folded at 80 columns.
std::string FormatYaml(const YamlNode& node);

/// Collects the keys of one mapping for showing; the other archive of Describe (yaml_reader.h).
/// Confined to a thread.
class MappingWriter {
 public:
  static constexpr bool kIsReader = false;

  template <typename T>
  void Field(std::string_view key, T&& value, Show show = Show::kUnlessZero) {
    YamlNode shown;
    const bool is_set = WriteValue(shown, value);
    if (is_set || show == Show::kAlways) node_.Add(key, std::move(shown));
  }
  void Add(std::string_view key, YamlNode value) { node_.Add(key, std::move(value)); }

  bool empty() const { return node_.entries.empty(); }
  YamlNode Take() { return std::move(node_); }

 private:
  YamlNode node_ = YamlNode::Mapping();
};

// Each sets `out` to what shows `value` and returns whether the value is not its type's zero.

bool WriteValue(YamlNode& out, const std::string& value);
bool WriteValue(YamlNode& out, const Secret& value);
bool WriteValue(YamlNode& out, bool value);
bool WriteValue(YamlNode& out, int64_t value);
bool WriteValue(YamlNode& out, uint64_t value);
bool WriteValue(YamlNode& out, double value);
bool WriteValue(YamlNode& out, std::chrono::milliseconds value);
bool WriteValue(YamlNode& out, const Labels& value);
/// A block shown as written, but for the values of keys that name secrets.
bool WriteValue(YamlNode& out, const YamlNode& value);
bool WriteValue(YamlNode& out, const FilePath& value);
bool WriteValue(YamlNode& out, const FilePaths& value);
bool WriteValue(YamlNode& out, const Url& value);
bool WriteValue(YamlNode& out, const ByteSize& value);
bool WriteValue(YamlNode& out, const Choice& value);
bool WriteValue(YamlNode& out, const FlowList& value);

template <typename T>
concept DescribedForWriting = requires(MappingWriter& writer, T& value) {
  Describe(writer, value);
};

/// Described structs show the keys that are set. They count as zero when none is.
template <DescribedForWriting T>
bool WriteValue(YamlNode& out, const T& value) {
  T copy = value;  // Describe names members for reading too, so it takes them mutable.
  MappingWriter writer;
  Describe(writer, copy);
  const bool is_set = !writer.empty();
  out = writer.Take();
  return is_set;
}

/// Set means shown, even if empty: upstream's pointers.
template <typename T>
bool WriteValue(YamlNode& out, const std::optional<T>& value) {
  if (value) WriteValue(out, *value);
  return value.has_value();
}

template <typename T>
bool WriteValue(YamlNode& out, const std::vector<T>& values) {
  out = YamlNode::Sequence();
  for (const T& value : values) WriteValue(out.items.emplace_back(), value);
  return !values.empty();
}

template <typename T>
bool WriteValue(YamlNode& out, const std::map<std::string, T>& values) {
  out = YamlNode::Mapping();
  for (const auto& [key, value] : values) {
    YamlNode shown;
    WriteValue(shown, value);
    out.Add(key, std::move(shown));
  }
  return !values.empty();
}

template <typename T>
bool WriteValue(YamlNode& out, const NonNull<T>& value) {
  return WriteValue(out, value.list);
}

}  // namespace tocsin::config
