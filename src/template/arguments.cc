#include "template/arguments.h"

namespace tocsin::templates {

namespace {

Error WrongType(std::string_view expected, const Value& value) {
  if (value.is_nil()) return Errorf(kArgumentMismatch, "invalid value; expected {}", expected);
  return Errorf(kArgumentMismatch, "wrong type for value; expected {}; got {}", expected,
                value.TypeName());
}

}  // namespace

Status CheckArgumentCount(std::string_view name, std::span<const Value> arguments, size_t want) {
  if (arguments.size() == want) return {};
  return Errorf(kArgumentMismatch, "wrong number of args for {}: want {} got {}", name, want,
                arguments.size());
}

Status CheckArgumentCountAtLeast(std::string_view name, std::span<const Value> arguments,
                                 size_t want) {
  if (arguments.size() >= want) return {};
  return Errorf(kArgumentMismatch, "wrong number of args for {}: want at least {} got {}", name,
                want, arguments.size());
}

Result<std::string> StringArgument(const Value& value) {
  if (const std::string* text = value.AsString()) return *text;
  return WrongType("string", value);
}

Result<int64_t> IntArgument(const Value& value) {
  if (const int64_t* number = value.AsInt()) return *number;
  return WrongType("int", value);
}

Result<double> FloatArgument(const Value& value) {
  if (const double* number = value.AsFloat()) return *number;
  if (const int64_t* number = value.AsInt()) return static_cast<double>(*number);
  return WrongType("float64", value);
}

}  // namespace tocsin::templates
