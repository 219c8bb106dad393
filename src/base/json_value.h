#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tocsin {

/// A parsed JSON document: API bodies, file discovery. Object members keep their order. Value type.
class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<std::pair<std::string, JsonValue>>;

  JsonValue() = default;
  explicit JsonValue(bool value) : value_(value) {}
  explicit JsonValue(double value) : value_(value) {}
  explicit JsonValue(int64_t value) : value_(value) {}
  explicit JsonValue(std::string value) : value_(std::move(value)) {}
  explicit JsonValue(Array value) : value_(std::move(value)) {}
  explicit JsonValue(Object value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // Each returns nullptr when the value is of another kind.
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Array* AsArray() const { return std::get_if<Array>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }
  const int64_t* AsInt() const { return std::get_if<int64_t>(&value_); }
  bool is_number() const { return AsInt() || std::holds_alternative<double>(value_); }
  /// The number, integer or not; 0 for other kinds.
  double number() const;

  /// The member `key`, or nullptr when this is no object or has none. The last of duplicates wins.
  const JsonValue* Find(std::string_view key) const;
  /// The member's text, or "" when it is missing or no string.
  std::string_view FindString(std::string_view key) const;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

/// Parses one JSON document of at most 64 levels. kInvalidArgument says what is wrong.
Result<JsonValue> ParseJson(std::string_view text);

}  // namespace tocsin
