#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::app {

/// One command-line flag, as data. Names are Prometheus' and Alertmanager's.
struct FlagSpec {
  enum class Kind { kString, kBool, kDuration, kInteger, kNumber, kByteSize, kStrings };
  /// `kHidden` is left out of --help, as upstream hides it. `kAccepted` parses and is warned about
  /// when set, since it has no effect here (help says why).
  enum class Standing { kNormal, kHidden, kAccepted };

  std::string_view name;  ///< Without the dashes.
  Kind kind = Kind::kString;
  std::string_view default_value;  ///< For kStrings: one value or "".
  std::string_view help;
  Standing standing = Standing::kNormal;
};

/// Parses a command line against a table of flags: `--flag=value`, `--flag value`, `--bool`,
/// `--no-bool`. Immutable after Parse.
class FlagSet {
 public:
  /// `specs` must outlive the object.
  FlagSet(std::string program, std::string description, std::span<const FlagSpec> specs);

  /// Refuses unknown flags (naming the nearest known one), missing and malformed values, and
  /// operands.
  Status Parse(const std::vector<std::string>& arguments);

  bool help_requested() const { return help_requested_; }
  bool version_requested() const { return version_requested_; }

  // The value given or the default. Asking for a name that is not in the table is a broken
  // invariant.
  const std::string& String(std::string_view name) const;
  const std::vector<std::string>& Strings(std::string_view name) const;
  bool Bool(std::string_view name) const;
  int64_t DurationMs(std::string_view name) const;
  int64_t Integer(std::string_view name) const;
  double Number(std::string_view name) const;
  uint64_t Bytes(std::string_view name) const;
  /// Whether the command line named it.
  bool IsSet(std::string_view name) const;

  /// All flags and their values as text, for /api/v1/status/flags.
  std::map<std::string, std::string> Values() const;
  /// Flags that were given but have no effect, with their help.
  std::vector<std::string> AcceptedWithoutEffect() const;
  /// The text of --help.
  std::string Help() const;

 private:
  struct Value {
    std::vector<std::string> texts;
    bool is_set = false;
  };

  const Value& Find(std::string_view name) const;
  void TakeEmptyValues(std::vector<std::string>& arguments);
  Status ParseWithLibrary(std::vector<std::string> arguments);
  Status CheckValues() const;
  Error UnknownFlag(std::string_view argument) const;

  const std::string program_;
  const std::string description_;
  const std::span<const FlagSpec> specs_;
  std::map<std::string, Value, std::less<>> values_;
  bool help_requested_ = false;
  bool version_requested_ = false;
};

/// Parses `512MB`, `1GiB`, `0`: units B, KB…EB are powers of 1024, as upstream's flags.
Result<uint64_t> ParseByteSize(std::string_view text);

}  // namespace tocsin::app
