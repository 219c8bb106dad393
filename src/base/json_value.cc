#include "base/json_value.h"

#include <simdjson.h>

namespace tocsin {

namespace {

constexpr int kMaxDepth = 64;

Result<JsonValue> Convert(const simdjson::dom::element& element, int depth);

Result<JsonValue> ConvertArray(const simdjson::dom::array& array, int depth) {
  JsonValue::Array result;
  result.reserve(array.size());
  for (const simdjson::dom::element item : array) {
    TOCSIN_ASSIGN_OR_RETURN(JsonValue value, Convert(item, depth + 1));
    result.push_back(std::move(value));
  }
  return JsonValue(std::move(result));
}

Result<JsonValue> ConvertObject(const simdjson::dom::object& object, int depth) {
  JsonValue::Object result;
  result.reserve(object.size());
  for (const auto [key, item] : object) {
    TOCSIN_ASSIGN_OR_RETURN(JsonValue value, Convert(item, depth + 1));
    result.emplace_back(std::string(key), std::move(value));
  }
  return JsonValue(std::move(result));
}

Result<JsonValue> Convert(const simdjson::dom::element& element, int depth) {
  if (depth > kMaxDepth) {
    return Errorf(ErrorCode::kInvalidArgument, "JSON is nested deeper than {} levels", kMaxDepth);
  }
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return ConvertArray(element, depth);
    case simdjson::dom::element_type::OBJECT:
      return ConvertObject(element, depth);
    case simdjson::dom::element_type::INT64:
      return JsonValue(int64_t{element});
    case simdjson::dom::element_type::UINT64:
      return JsonValue(static_cast<double>(uint64_t{element}));
    case simdjson::dom::element_type::DOUBLE:
      return JsonValue(double{element});
    case simdjson::dom::element_type::STRING:
      return JsonValue(std::string(std::string_view(element)));
    case simdjson::dom::element_type::BOOL:
      return JsonValue(bool{element});
    case simdjson::dom::element_type::NULL_VALUE:
      return JsonValue();
  }
  return JsonValue();
}

}  // namespace

double JsonValue::number() const {
  if (const int64_t* integer = std::get_if<int64_t>(&value_)) return static_cast<double>(*integer);
  if (const double* number = std::get_if<double>(&value_)) return *number;
  return 0;
}

const JsonValue* JsonValue::Find(std::string_view key) const {
  const Object* object = AsObject();
  if (object == nullptr) return nullptr;
  for (auto at = object->rbegin(); at != object->rend(); ++at) {
    if (at->first == key) return &at->second;
  }
  return nullptr;
}

std::string_view JsonValue::FindString(std::string_view key) const {
  const JsonValue* member = Find(key);
  const std::string* text = member ? member->AsString() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

Result<JsonValue> ParseJson(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::error_code code = parser.parse(text.data(), text.size()).get(root);
  if (code != simdjson::SUCCESS) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid JSON: {}", simdjson::error_message(code));
  }
  return Convert(root, 0);
}

}  // namespace tocsin
