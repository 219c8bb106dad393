#include "template/value.h"

#include <limits>

#include "base/check.h"

namespace tocsin::templates {

namespace {
constexpr int64_t kNanosPerSecond = 1'000'000'000;
}

Time Time::FromUnixNs(int64_t unix_ns) {
  Time time;
  time.unix_seconds = unix_ns / kNanosPerSecond;
  auto rest = unix_ns % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    --time.unix_seconds;
  }
  time.nanoseconds = static_cast<int32_t>(rest);
  return time;
}

int64_t Time::UnixNs() const {
  int64_t unix_ns = 0;
  if (__builtin_mul_overflow(unix_seconds, kNanosPerSecond, &unix_ns) ||
      __builtin_add_overflow(unix_ns, int64_t{nanoseconds}, &unix_ns)) {
    return unix_seconds < 0 ? std::numeric_limits<int64_t>::min()
                            : std::numeric_limits<int64_t>::max();
  }
  return unix_ns;
}

std::optional<Value> Object::Field(std::string_view) const { return std::nullopt; }

std::optional<Result<Value>> Object::Call(std::string_view, std::span<const Value>) const {
  return std::nullopt;
}

Value Object::Underlying() const { return {}; }

std::vector<std::pair<std::string, Value>> Object::Fields() const { return {}; }

std::optional<std::string> Object::ToString() const { return std::nullopt; }

Struct::Struct(std::string type_name, FieldList fields)
    : type_name_(std::move(type_name)), fields_(std::move(fields)) {}

Struct::~Struct() = default;

std::optional<Value> Struct::Field(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (field == name) return value;
  }
  return std::nullopt;
}

Struct::FieldList Struct::Fields() const { return fields_; }

Value Value::Strings(std::vector<std::string> strings) {
  List list;
  list.reserve(strings.size());
  for (std::string& text : strings) list.emplace_back(std::move(text));
  return Value(std::move(list));
}

Value Value::StringMap(std::vector<std::pair<std::string, std::string>> entries) {
  Map map;
  map.has_string_values = true;
  for (auto& [key, text] : entries) map.entries.insert_or_assign(std::move(key), std::move(text));
  return Value(std::move(map));
}

Value Value::Plain() const {
  const Object* object = AsObject();
  if (object == nullptr) return *this;
  Value underlying = object->Underlying();
  return underlying.is_nil() ? *this : underlying;
}

bool Value::IsTrue() const {
  switch (kind()) {
    case Kind::kNil:
      return false;
    case Kind::kBool:
      return *AsBool();
    case Kind::kInt:
      return *AsInt() != 0;
    case Kind::kFloat:
      return *AsFloat() != 0;
    case Kind::kString:
      return !AsString()->empty();
    case Kind::kList:
      return !AsList()->empty();
    case Kind::kMap:
      return !AsMap()->entries.empty();
    case Kind::kDuration:
      return AsDuration()->nanoseconds != 0;
    case Kind::kObject: {
      const Value plain = Plain();
      return plain.AsObject() != nullptr || plain.IsTrue();
    }
    case Kind::kTime:
    case Kind::kFunction:
      return true;
  }
  CHECK(false, "unknown kind of value");
}

std::string Value::TypeName() const {
  switch (kind()) {
    case Kind::kNil:
      return "<nil>";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float64";
    case Kind::kString:
      return "string";
    case Kind::kList:
      return "[]interface {}";
    case Kind::kMap:
      return AsMap()->has_string_values ? "map[string]string" : "map[string]interface {}";
    case Kind::kObject:
      return std::string(AsObject()->type_name());
    case Kind::kTime:
      return "time.Time";
    case Kind::kDuration:
      return "time.Duration";
    case Kind::kFunction:
      return "func()";
  }
  CHECK(false, "unknown kind of value");
}

}  // namespace tocsin::templates
