#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tocsin::templates {

class Value;

/// A function that a template may call. It sees its arguments and returns a value or an error,
/// whose message the template's error quotes ("error calling NAME: MESSAGE"). It checks its own
/// arguments.
using Function = std::function<Result<Value>(std::span<const Value>)>;
/// Functions by the name templates call them.
using FunctionTable = std::map<std::string, Function, std::less<>>;

/// An instant as Go's time.Time: any year, with the zone it is shown in. Value type.
struct Time {
  int64_t unix_seconds = kZeroUnixSeconds;
  int32_t nanoseconds = 0;     ///< [0, 1e9)
  int32_t offset_seconds = 0;  ///< East of UTC.
  std::string zone = "UTC";    ///< Abbreviation: "UTC", "CET".

  /// 0001-01-01T00:00:00Z: Go's zero time.
  static constexpr int64_t kZeroUnixSeconds = -62135596800;
  /// UTC.
  static Time FromUnixNs(int64_t unix_ns);
  /// Saturates outside of the years 1678 to 2262.
  int64_t UnixNs() const;
  bool IsZero() const { return unix_seconds == kZeroUnixSeconds && nanoseconds == 0; }
};

/// A span of time as Go's time.Duration.
struct Duration {
  int64_t nanoseconds = 0;
};

using List = std::vector<Value>;

/// A Go map with string keys; ranges and prints in order of keys.
struct Map {
  std::map<std::string, Value, std::less<>> entries;
  /// map[string]string, whose missing keys are "" (with MissingKey::kZero); else map[string]any,
  /// whose missing keys print as <no value>.
  bool has_string_values = false;
};

/// A Go value with a type of its own: a struct with fields, or a named map or list, with methods.
/// Implementations are immutable: executions on several threads may share one.
class Object {
 public:
  virtual ~Object() = default;
  /// As error texts name it: "template.Alert".
  virtual std::string_view type_name() const = 0;
  /// The exported field, or nullopt when there is none.
  virtual std::optional<Value> Field(std::string_view name) const;
  /// Calls the method, or nullopt when there is none.
  virtual std::optional<Result<Value>> Call(std::string_view method,
                                            std::span<const Value> arguments) const;
  /// For a named map or list that map or list: what range, len, index, truth and printing see.
  /// For a struct its fields as a list of (name, value) in `Fields`, and nil here.
  virtual Value Underlying() const;
  /// A struct's fields in order, for printing it with %v.
  virtual std::vector<std::pair<std::string, Value>> Fields() const;
  /// What Go's String method returns, if the type has one.
  virtual std::optional<std::string> ToString() const;
};

/// A struct with the given fields and no methods. Immutable.
class Struct final : public Object {
 public:
  using FieldList = std::vector<std::pair<std::string, Value>>;
  Struct(std::string type_name, FieldList fields);
  ~Struct() override;
  std::string_view type_name() const override { return type_name_; }
  std::optional<Value> Field(std::string_view name) const override;
  FieldList Fields() const override;

 private:
  std::string type_name_;
  FieldList fields_;
};

/// What a template computes with: Go's dynamic values, as far as templates reach them. Cheap to
/// copy: lists, maps and objects are shared and immutable. Value type.
class Value {
 public:
  enum class Kind {
    kNil,
    kBool,
    kInt,
    kFloat,
    kString,
    kList,
    kMap,
    kObject,
    kTime,
    kDuration,
    kFunction
  };

  Value() = default;                                      ///< nil
  Value(bool value) : value_(value) {}                    // NOLINT: implicit by design, as are
  Value(int value) : value_(int64_t{value}) {}            // NOLINT: all of these, so that
  Value(int64_t value) : value_(value) {}                 // NOLINT: functions return plain values
  Value(double value) : value_(value) {}                  // NOLINT
  Value(std::string value) : value_(std::move(value)) {}  // NOLINT
  Value(std::string_view value) : value_(std::string(value)) {}                // NOLINT
  Value(const char* value) : value_(std::string(value)) {}                     // NOLINT
  Value(Time value) : value_(std::move(value)) {}                              // NOLINT
  Value(Duration value) : value_(value) {}                                     // NOLINT
  Value(List list) : value_(std::make_shared<const List>(std::move(list))) {}  // NOLINT
  Value(Map map) : value_(std::make_shared<const Map>(std::move(map))) {}      // NOLINT
  Value(std::shared_ptr<const Object> object) : value_(std::move(object)) {}   // NOLINT
  /// A function as a value, for the builtin `call`.
  explicit Value(Function function)
      : value_(std::make_shared<const Function>(std::move(function))) {}

  /// A list of strings, and a map[string]string.
  static Value Strings(std::vector<std::string> strings);
  static Value StringMap(std::vector<std::pair<std::string, std::string>> entries);

  Kind kind() const { return static_cast<Kind>(value_.index()); }
  bool is_nil() const { return kind() == Kind::kNil; }
  bool is_number() const { return kind() == Kind::kInt || kind() == Kind::kFloat; }

  // Each returns nullptr when the value is of another kind. A pointer is valid as long as this
  // value.
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  const int64_t* AsInt() const { return std::get_if<int64_t>(&value_); }
  const double* AsFloat() const { return std::get_if<double>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Time* AsTime() const { return std::get_if<Time>(&value_); }
  const Duration* AsDuration() const { return std::get_if<Duration>(&value_); }
  const List* AsList() const { return Shared<List>(); }
  const Map* AsMap() const { return Shared<Map>(); }
  const Object* AsObject() const { return Shared<Object>(); }
  const Function* AsFunction() const { return Shared<Function>(); }

  /// The value itself or, for an object that is a named map or list, that map or list.
  Value Plain() const;
  /// Go's idea of truth: not false, 0, "", nil, and not an empty list or map.
  bool IsTrue() const;
  /// As Go names its type in messages: "string", "float64", "map[string]string", "template.Alert".
  std::string TypeName() const;

 private:
  template <typename T>
  const T* Shared() const {
    const auto* shared = std::get_if<std::shared_ptr<const T>>(&value_);
    return shared == nullptr ? nullptr : shared->get();
  }

  // In the order of Kind.
  std::variant<std::monostate, bool, int64_t, double, std::string, std::shared_ptr<const List>,
               std::shared_ptr<const Map>, std::shared_ptr<const Object>, Time, Duration,
               std::shared_ptr<const Function>>
      value_;
};

}  // namespace tocsin::templates
