#include "template/builtins.h"

#include <algorithm>
#include <optional>

#include "template/arguments.h"
#include "template/escape.h"
#include "template/format.h"

namespace tocsin::templates {

namespace {

using Kind = Value::Kind;
using Arguments = std::span<const Value>;

Error Fail(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

/// What Go's comparison functions tell apart.
enum class BasicKind { kNone, kBool, kInt, kFloat, kString };

BasicKind BasicKindOf(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      return BasicKind::kBool;
    case Kind::kInt:
    case Kind::kDuration:
      return BasicKind::kInt;
    case Kind::kFloat:
      return BasicKind::kFloat;
    case Kind::kString:
      return BasicKind::kString;
    default:
      return BasicKind::kNone;
  }
}

int64_t ToInt(const Value& value) {
  const Duration* duration = value.AsDuration();
  return duration != nullptr ? duration->nanoseconds : *value.AsInt();
}

Error IncompatibleTypes(const Value& a, const Value& b) {
  return Errorf(ErrorCode::kInvalidArgument, "incompatible types for comparison: {} and {}",
                a.TypeName(), b.TypeName());
}

Result<bool> AreOddKindsEqual(const Value& a, const Value& b) {
  if (a.is_nil() || b.is_nil()) return a.is_nil() == b.is_nil();
  const Time* time_a = a.AsTime();
  const Time* time_b = b.AsTime();
  if (time_a != nullptr && time_b != nullptr) {
    return time_a->unix_seconds == time_b->unix_seconds &&
           time_a->nanoseconds == time_b->nanoseconds;
  }
  return Errorf(ErrorCode::kInvalidArgument, "non-comparable type {}: {}", FormatValue(b),
                b.TypeName());
}

Result<bool> AreEqual(const Value& a, const Value& b) {
  const BasicKind kind = BasicKindOf(a);
  if (kind != BasicKindOf(b)) {
    if (a.is_nil() || b.is_nil()) return false;
    return IncompatibleTypes(a, b);
  }
  switch (kind) {
    case BasicKind::kBool:
      return *a.AsBool() == *b.AsBool();
    case BasicKind::kInt:
      return ToInt(a) == ToInt(b);
    case BasicKind::kFloat:
      return *a.AsFloat() == *b.AsFloat();
    case BasicKind::kString:
      return *a.AsString() == *b.AsString();
    case BasicKind::kNone:
      break;
  }
  return AreOddKindsEqual(a, b);
}

Result<bool> IsLess(const Value& a, const Value& b) {
  const Error bad_type = Fail("invalid type for comparison");
  const BasicKind kind = BasicKindOf(a);
  if (kind == BasicKind::kNone || BasicKindOf(b) == BasicKind::kNone) return bad_type;
  if (kind != BasicKindOf(b)) return IncompatibleTypes(a, b);
  switch (kind) {
    case BasicKind::kInt:
      return ToInt(a) < ToInt(b);
    case BasicKind::kFloat:
      return *a.AsFloat() < *b.AsFloat();
    case BasicKind::kString:
      return *a.AsString() < *b.AsString();
    default:
      return bad_type;
  }
}

Result<Value> Eq(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCountAtLeast("eq", arguments, 1));
  if (arguments.size() == 1) return Fail("missing argument for comparison");
  for (const Value& other : arguments.subspan(1)) {
    TOCSIN_ASSIGN_OR_RETURN(const bool is_equal, AreEqual(arguments[0], other));
    if (is_equal) return Value(true);
  }
  return Value(false);
}

Result<Value> Ne(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("ne", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const bool is_equal, AreEqual(arguments[0], arguments[1]));
  return Value(!is_equal);
}

Result<Value> Lt(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("lt", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const bool is_less, IsLess(arguments[0], arguments[1]));
  return Value(is_less);
}

Result<bool> IsLessOrEqual(const Value& a, const Value& b) {
  TOCSIN_ASSIGN_OR_RETURN(const bool is_less, IsLess(a, b));
  if (is_less) return true;
  return AreEqual(a, b);
}

Result<Value> Le(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("le", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const bool is_less, IsLessOrEqual(arguments[0], arguments[1]));
  return Value(is_less);
}

Result<Value> Gt(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("gt", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const bool is_less, IsLessOrEqual(arguments[0], arguments[1]));
  return Value(!is_less);
}

Result<Value> Ge(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("ge", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const bool is_less, IsLess(arguments[0], arguments[1]));
  return Value(!is_less);
}

Result<Value> Not(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("not", arguments, 1));
  return Value(!arguments[0].IsTrue());
}

// Size of a string or list, or nullopt.
std::optional<size_t> SequenceSize(const Value& value) {
  if (const std::string* text = value.AsString()) return text->size();
  if (const List* list = value.AsList()) return list->size();
  return std::nullopt;
}

Result<Value> Len(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("len", arguments, 1));
  const Value value = arguments[0].Plain();
  if (value.is_nil()) return Fail("len of nil pointer");
  if (const auto size = SequenceSize(value)) return Value(static_cast<int64_t>(*size));
  if (const Map* map = value.AsMap()) return Value(static_cast<int64_t>(map->entries.size()));
  return Fail("len of type " + value.TypeName());
}

Result<size_t> IndexArgument(const Value& index, size_t size) {
  if (index.is_nil()) return Fail("cannot index slice/array with nil");
  const int64_t* number = index.AsInt();
  if (number == nullptr) return Fail("cannot index slice/array with type " + index.TypeName());
  if (*number < 0 || static_cast<uint64_t>(*number) > size) {
    return Fail("index out of range: " + std::to_string(*number));
  }
  return static_cast<size_t>(*number);
}

Result<Value> IndexOne(const Value& item, const Value& index) {
  if (const Map* map = item.AsMap()) {
    if (index.is_nil()) return Fail("value is nil; should be of type string");
    const std::string* key = index.AsString();
    if (key == nullptr) {
      return Fail("value has type " + index.TypeName() + "; should be string");
    }
    const auto found = map->entries.find(*key);
    if (found != map->entries.end()) return found->second;
    return map->has_string_values ? Value("") : Value();
  }
  const auto size = SequenceSize(item);
  if (!size) return Fail("can't index item of type " + item.TypeName());
  TOCSIN_ASSIGN_OR_RETURN(const size_t at, IndexArgument(index, *size));
  const std::string* text = item.AsString();
  // Go lets an index equal to the size through to reflect, whose panic has another text.
  if (at == *size) {
    return Fail(text != nullptr ? "reflect: string index out of range"
                                : "reflect: slice index out of range");
  }
  if (text != nullptr) return Value(int64_t{static_cast<unsigned char>((*text)[at])});
  return (*item.AsList())[at];
}

Result<Value> Index(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCountAtLeast("index", arguments, 1));
  Value item = arguments[0];
  if (item.is_nil()) return Fail("index of untyped nil");
  for (const Value& index : arguments.subspan(1)) {
    if (item.is_nil()) return Fail("index of nil pointer");
    TOCSIN_ASSIGN_OR_RETURN(item, IndexOne(item.Plain(), index));
  }
  return item;
}

Result<Value> Slice(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCountAtLeast("slice", arguments, 1));
  const Value item = arguments[0].Plain();
  if (item.is_nil()) return Fail("slice of untyped nil");
  const Arguments indexes = arguments.subspan(1);
  if (indexes.size() > 3) return Fail("too many slice indexes: " + std::to_string(indexes.size()));
  const auto size = SequenceSize(item);
  if (!size) return Fail("can't slice item of type " + item.TypeName());
  const std::string* text = item.AsString();
  if (text != nullptr && indexes.size() == 3) return Fail("cannot 3-index slice a string");
  size_t bounds[3] = {0, *size, *size};
  for (size_t i = 0; i < indexes.size(); ++i) {
    TOCSIN_ASSIGN_OR_RETURN(bounds[i], IndexArgument(indexes[i], *size));
  }
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (bounds[i] > bounds[i + 1]) {
      return Errorf(ErrorCode::kInvalidArgument, "invalid slice index: {} > {}", bounds[i],
                    bounds[i + 1]);
    }
  }
  if (text != nullptr) return Value(text->substr(bounds[0], bounds[1] - bounds[0]));
  const List& list = *item.AsList();
  return Value(List(list.begin() + static_cast<std::ptrdiff_t>(bounds[0]),
                    list.begin() + static_cast<std::ptrdiff_t>(bounds[1])));
}

Result<Value> Printf(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCountAtLeast("printf", arguments, 1));
  TOCSIN_ASSIGN_OR_RETURN(const std::string format, StringArgument(arguments[0]));
  return Value(Sprintf(format, arguments.subspan(1)));
}

Function Escaper(std::string (*escape)(std::string_view)) {
  return
      [escape](Arguments arguments) -> Result<Value> { return Value(escape(Sprint(arguments))); };
}

}  // namespace

const FunctionTable& Builtins() {
  static const FunctionTable table = {
      {"eq", Eq},
      {"ne", Ne},
      {"lt", Lt},
      {"le", Le},
      {"gt", Gt},
      {"ge", Ge},
      {"not", Not},
      {"len", Len},
      {"index", Index},
      {"slice", Slice},
      {"print", [](Arguments a) -> Result<Value> { return Value(Sprint(a)); }},
      {"println", [](Arguments a) -> Result<Value> { return Value(Sprintln(a)); }},
      {"printf", Printf},
      {"html", Escaper(EscapeHtml)},
      {"js", Escaper(EscapeJs)},
      {"urlquery", Escaper(EscapeUrlQuery)},
  };
  return table;
}

bool IsBuiltinName(std::string_view name) {
  return name == "and" || name == "or" || name == "call" ||
         Builtins().find(name) != Builtins().end();
}

}  // namespace tocsin::templates
