#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::config {

struct YamlEntry;

/// A parsed YAML value that remembers where it stood. Aliases and merge keys are already expanded.
/// Value type.
struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  bool is_quoted = false;  ///< A scalar in quotes or a block scalar: text, whatever it looks like.
  bool is_flow = false;    ///< A sequence to be shown in brackets.
  int line = 0;            ///< From 1; 0 when the node came from nowhere.
  int column = 0;          ///< From 1, in bytes.
  std::string text;        ///< Of a scalar.
  std::vector<YamlNode> items;     ///< Of a sequence.
  std::vector<YamlEntry> entries;  ///< Of a mapping, in file order.

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_mapping() const { return kind == Kind::kMapping; }

  /// The value of `key` in a mapping, or nullptr.
  const YamlNode* Find(std::string_view key) const;

  /// Text that stays text (shown in quotes where it looks like something else).
  static YamlNode String(std::string value);
  /// A scalar shown as it is: numbers, booleans, durations.
  static YamlNode Plain(std::string value);
  static YamlNode Sequence();
  static YamlNode Mapping();
  /// Appends to a mapping.
  void Add(std::string_view key, YamlNode value);
};

/// A key and its value.
struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

}  // namespace tocsin::config
