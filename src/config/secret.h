#pragma once

#include <string>
#include <utility>

namespace tocsin::config {

/// What a secret prints as, wherever a configuration is shown.
inline constexpr const char* kSecretText = "<secret>";

/// A string that must not be shown: passwords, tokens, keys. Reading it takes an explicit reveal().
/// Value type.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  /// The secret itself, for the one place that sends it.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  /// `<secret>`, or "" when nothing is set.
  std::string ToString() const { return empty() ? "" : kSecretText; }

  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

}  // namespace tocsin::config
