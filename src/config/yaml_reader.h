#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config_warnings.h"
#include "config/secret.h"
#include "config/yaml_node.h"

// Turns YAML nodes into structs. A struct T that is read has a function template
//   template <typename Archive> void Describe(Archive& archive, T& value);
// that names its keys once, for reading (MappingReader) and for showing (MappingWriter in
// yaml_writer.h), and may have `void Validate(MappingReader& at, T& value);` for what keys mean
// together.

namespace tocsin::config {

/// Whether a key whose value is zero is shown.
enum class Show { kUnlessZero, kAlways };

/// Collects the outcome of reading one file: the first error, with its place, and warnings.
/// Confined to a thread.
class ConfigReader {
 public:
  /// `warnings` may be null; it is borrowed.
  ConfigReader(std::string file_name, ConfigWarnings* warnings);

  /// Notes `file:line:column: message` unless there is an error already: the first one wins.
  void Fail(const YamlNode& at, std::string_view message);
  void Warn(const YamlNode& at, std::string_view message);
  bool failed() const { return error_.has_value(); }
  /// Requires failed().
  const Error& error() const { return *error_; }

  /// `path` as seen from the directory of the file; "" and absolute paths stay.
  std::string JoinDirectory(const std::string& path) const;
  const std::string& file_name() const { return file_name_; }

 private:
  std::string Place(const YamlNode& at, std::string_view message) const;

  const std::string file_name_;
  const std::string directory_;
  ConfigWarnings* const warnings_;
  std::optional<Error> error_;
};

/// Reads the keys of one mapping; a null node counts as an empty mapping. Keys that nobody asked
/// for are errors. Confined to a thread.
class MappingReader {
 public:
  static constexpr bool kIsReader = true;

  /// Both are borrowed.
  MappingReader(ConfigReader& reader, const YamlNode& node);

  /// Reads `key` into `out` if it is there.
  template <typename T>
  void Field(std::string_view key, T&& out, Show = Show::kUnlessZero) {
    if (const YamlNode* value = Take(key); value != nullptr && !reader_.failed())
      ReadValue(reader_, *value, out);
  }

  /// The value of `key`, which counts as known from now on, or nullptr.
  const YamlNode* Take(std::string_view key);
  bool Has(std::string_view key) const { return node_.Find(key) != nullptr; }
  /// Takes each key not asked for yet that `accept` accepts.
  void TakeRest(const std::function<bool(const std::string& key, const YamlNode& value)>& accept);

  /// Fails at the value of `key`, or at the mapping if the key is absent.
  void Fail(std::string_view key, std::string_view message);
  /// Fails at the mapping.
  void Fail(std::string_view message) { reader_.Fail(node_, message); }

  /// Refuses keys that nobody asked for.
  void Finish();

  ConfigReader& reader() { return reader_; }
  bool failed() const { return reader_.failed(); }
  const YamlNode& node() const { return node_; }

 private:
  ConfigReader& reader_;
  const YamlNode& node_;
  std::vector<bool> taken_;
};

// Scalars. null means the empty value of strings and leaves anything else as it was.

void ReadValue(ConfigReader& reader, const YamlNode& node, std::string& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, Secret& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, bool& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, int64_t& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, uint64_t& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, double& out);
/// Prometheus' durations: 1h30m.
void ReadValue(ConfigReader& reader, const YamlNode& node, std::chrono::milliseconds& out);

/// A node as it is.
inline void ReadValue(ConfigReader&, const YamlNode& node, YamlNode& out) { out = node; }

/// False, with the error noted, when `node` is neither null nor a sequence (mapping).
bool ExpectSequence(ConfigReader& reader, const YamlNode& node);
bool ExpectMapping(ConfigReader& reader, const YamlNode& node);

template <typename T>
concept DescribedForReading = requires(MappingReader& reader, T& value) {
  Describe(reader, value);
};

template <DescribedForReading T>
void ReadValue(ConfigReader& reader, const YamlNode& node, T& out) {
  MappingReader mapping(reader, node);
  if (reader.failed()) return;
  Describe(mapping, out);
  mapping.Finish();
  if constexpr (requires { Validate(mapping, out); }) {
    if (!reader.failed()) Validate(mapping, out);
  }
}

template <typename T>
void ReadValue(ConfigReader& reader, const YamlNode& node, std::optional<T>& out) {
  if (node.is_null()) return;
  ReadValue(reader, node, out.emplace());
}

template <typename T>
void ReadValue(ConfigReader& reader, const YamlNode& node, std::vector<T>& out) {
  out.clear();
  if (!ExpectSequence(reader, node)) return;
  out.resize(node.items.size());
  for (size_t i = 0; i < out.size() && !reader.failed(); ++i)
    ReadValue(reader, node.items[i], out[i]);
}

template <typename T>
void ReadValue(ConfigReader& reader, const YamlNode& node, std::map<std::string, T>& out) {
  out.clear();
  if (!ExpectMapping(reader, node)) return;
  for (const YamlEntry& entry : node.entries) {
    if (reader.failed()) return;
    ReadValue(reader, entry.value, out[entry.key.text]);
  }
}

// Ways to read a plain member otherwise: `archive.Field("proxy_url", Url{c.proxy_url})`.

/// A path, joined to the directory of the file.
struct FilePath {
  std::string& path;
};
struct FilePaths {
  std::vector<std::string>& paths;
};
/// A URL that Go's url.Parse takes; its password is masked when shown.
struct Url {
  std::string& url;
};
/// Sizes with a unit: 15MB is 15 MiB, as upstream reads it.
struct ByteSize {
  uint64_t& bytes;
};
/// One of a few words. `message` is the error, with {} for the value.
struct Choice {
  std::string& value;
  std::vector<std::string_view> allowed;
  std::string_view message;
};
/// A list whose entries must not be null; `message` is the error.
template <typename T>
struct NonNull {
  NonNull(std::vector<T>& values, std::string_view error) : list(values), message(error) {}
  std::vector<T>& list;
  std::string_view message;
};
/// A list that is shown in brackets.
struct FlowList {
  std::vector<std::string>& list;
};

void ReadValue(ConfigReader& reader, const YamlNode& node, const FilePath& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, const FilePaths& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, const Url& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, const ByteSize& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, const Choice& out);
void ReadValue(ConfigReader& reader, const YamlNode& node, const FlowList& out);

template <typename T>
void ReadValue(ConfigReader& reader, const YamlNode& node, const NonNull<T>& out) {
  if (node.is_sequence()) {
    for (const YamlNode& item : node.items)
      if (item.is_null()) return reader.Fail(item, out.message);
  }
  ReadValue(reader, node, out.list);
}

}  // namespace tocsin::config
