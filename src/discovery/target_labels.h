#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_value.h"
#include "model/labels.h"

namespace tocsin::discovery {

// What the kinds share on the way from an API's answer to a target's labels.

/// `name` with all that must not be in a label name replaced by '_', one for a character.
std::string SanitizeLabelName(std::string_view name);

/// host:port, the host in brackets when it holds a colon, as Go's net.JoinHostPort.
std::string JoinHostPort(std::string_view host, std::string_view port);
std::string JoinHostPort(std::string_view host, uint64_t port);

/// ",a,b,": separators around, so that regular expressions need not care about the ends; "" for
/// none.
std::string JoinSurrounded(const std::vector<std::string>& words, std::string_view separator);

// Looking into JSON that may lack anything; `json` may be null everywhere.

/// Follows members; nullptr where one is missing.
const JsonValue* FindPath(const JsonValue* json, std::initializer_list<std::string_view> path);
const JsonValue* FindPath(const JsonValue& json, std::initializer_list<std::string_view> path);
/// The items of a list; none when it is something else.
const JsonValue::Array& Items(const JsonValue* json);
/// The members of an object; none when it is something else.
const JsonValue::Object& Members(const JsonValue* json);
/// A string as it is, an integer, "true"/"false", or a number as Go's 'g' prints it; else "".
std::string ScalarText(const JsonValue* json);
/// Whether it is `true`.
bool IsTrue(const JsonValue* json);
/// An integer, or 0.
int64_t IntegerOf(const JsonValue* json);
/// The strings of a list.
std::vector<std::string> Strings(const JsonValue* json);

/// Collects the labels of one target. Empty values are left out; the last of a name wins. Confined
/// to a thread.
class TargetLabels {
 public:
  /// `prefix` goes before all names given: "__meta_consul_".
  explicit TargetLabels(std::string_view prefix) : prefix_(prefix) {}

  void SetAddress(std::string_view address) { labels_.Set("__address__", address); }
  void Set(std::string_view name, std::string_view value);
  /// The text of a scalar.
  void Set(std::string_view name, const JsonValue* value) { Set(name, ScalarText(value)); }
  /// A label for every member of an object: `name` and the sanitised key.
  void SetMembers(std::string_view name, const JsonValue* object);
  /// A label without the prefix.
  void SetPlain(std::string_view name, std::string_view value) { labels_.Set(name, value); }
  /// Adds, or overwrites with, all of `other`.
  void Merge(const TargetLabels& other);

  std::string_view Get(std::string_view name) const;
  Labels Build() const { return labels_.Build(); }

 private:
  std::string prefix_;
  LabelsBuilder labels_;
};

}  // namespace tocsin::discovery
