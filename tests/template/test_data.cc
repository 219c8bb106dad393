#include "template/test_data.h"

#include <cctype>

#include "template/arguments.h"

namespace tocsin::templates {

namespace {

using Arguments = std::span<const Value>;

Result<Value> Up(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("up", arguments, 1));
  TOCSIN_ASSIGN_OR_RETURN(std::string text, StringArgument(arguments[0]));
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return Value(text);
}

Result<Value> Fail(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("fail", arguments, 1));
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, StringArgument(arguments[0]));
  return Errorf(ErrorCode::kInvalidArgument, "failed on {}", text);
}

Result<Value> Add(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("add", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const int64_t a, IntArgument(arguments[0]));
  TOCSIN_ASSIGN_OR_RETURN(const int64_t b, IntArgument(arguments[1]));
  return Value(a + b);
}

Result<Value> None(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("none", arguments, 0));
  return Value("none");
}

Result<Value> F1(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("f1", arguments, 1));
  TOCSIN_ASSIGN_OR_RETURN(const double number, FloatArgument(arguments[0]));
  return Value(number * 2);
}

}  // namespace

Value TestData() {
  Map inner;
  inner.entries = {{"k", Value::StringMap({{"z", "w"}})}, {"list", List{1, 2, 3}}};
  Map data;
  data.entries = {
      {"S", "hello"},
      {"E", ""},
      {"I", 5},
      {"Z", 0},
      {"F", 2.5},
      {"B", true},
      {"L", List{"a", "b", "c"}},
      {"EL", List{}},
      {"N", Value()},
      {"M", Value::StringMap({{"x", "1"}, {"y", "2"}})},
      {"A", std::move(inner)},
      {"T", Time::FromUnixNs(1709211909120000000)},  // 2024-02-29T13:05:09.12Z
      {"D", Duration{90'500'000'000}},
      {"H", "<a href='x'>&\"</a>"},
  };
  return data;
}

FunctionTable TestFunctions() {
  return {{"up", Up}, {"fail", Fail}, {"add", Add}, {"none", None}, {"f1", F1}};
}

std::string Render(std::string_view text, TemplateOptions options) {
  const auto parsed = Template::Parse("t", text, TestFunctions(), options);
  if (!parsed) return "ERROR " + parsed.error().message();
  const auto rendered = parsed->Execute(TestData());
  return rendered ? *rendered : "ERROR " + rendered.error().message();
}

}  // namespace tocsin::templates
