#include "discovery/target_labels.h"

#include "model/number_text.h"

namespace tocsin::discovery {

std::string SanitizeLabelName(std::string_view name) {
  std::string clean;
  clean.reserve(name.size());
  for (const char c : name) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    const bool continues_character = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (is_plain) {
      clean += c;
    } else if (!continues_character) {
      clean += '_';
    }
  }
  return clean;
}

std::string JoinHostPort(std::string_view host, std::string_view port) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

std::string JoinHostPort(std::string_view host, uint64_t port) {
  return JoinHostPort(host, std::to_string(port));
}

std::string JoinSurrounded(const std::vector<std::string>& words, std::string_view separator) {
  if (words.empty()) return {};
  std::string joined(separator);
  for (const std::string& word : words) joined.append(word).append(separator);
  return joined;
}

const JsonValue* FindPath(const JsonValue* json, std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    if (json == nullptr) return nullptr;
    json = json->Find(key);
  }
  return json;
}

const JsonValue* FindPath(const JsonValue& json, std::initializer_list<std::string_view> path) {
  return FindPath(&json, path);
}

const JsonValue::Array& Items(const JsonValue* json) {
  static const JsonValue::Array kNone;
  const JsonValue::Array* items = json == nullptr ? nullptr : json->AsArray();
  return items == nullptr ? kNone : *items;
}

const JsonValue::Object& Members(const JsonValue* json) {
  static const JsonValue::Object kNone;
  const JsonValue::Object* members = json == nullptr ? nullptr : json->AsObject();
  return members == nullptr ? kNone : *members;
}

std::string ScalarText(const JsonValue* json) {
  if (json == nullptr) return {};
  if (const std::string* text = json->AsString()) return *text;
  if (const int64_t* number = json->AsInt()) return std::to_string(*number);
  if (const bool* fact = json->AsBool()) return *fact ? "true" : "false";
  return json->is_number() ? FormatFloatGeneral(json->number()) : "";
}

bool IsTrue(const JsonValue* json) {
  return json != nullptr && json->AsBool() != nullptr && *json->AsBool();
}

int64_t IntegerOf(const JsonValue* json) {
  return json != nullptr && json->AsInt() != nullptr ? *json->AsInt() : 0;
}

std::vector<std::string> Strings(const JsonValue* json) {
  std::vector<std::string> strings;
  for (const JsonValue& item : Items(json)) {
    if (item.AsString() != nullptr) strings.push_back(*item.AsString());
  }
  return strings;
}

void TargetLabels::Set(std::string_view name, std::string_view value) {
  labels_.Set(fmt::format("{}{}", prefix_, name), value);
}

void TargetLabels::SetMembers(std::string_view name, const JsonValue* object) {
  for (const auto& [key, value] : Members(object)) {
    Set(fmt::format("{}{}", name, SanitizeLabelName(key)), ScalarText(&value));
  }
}

void TargetLabels::Merge(const TargetLabels& other) {
  other.labels_.ForEach(
      [this](std::string_view name, std::string_view value) { labels_.Set(name, value); });
}

std::string_view TargetLabels::Get(std::string_view name) const {
  return labels_.Get(fmt::format("{}{}", prefix_, name));
}

}  // namespace tocsin::discovery
