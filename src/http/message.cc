#include "http/message.h"

#include <algorithm>

namespace tocsin::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view FindExact(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

std::string_view FindHeader(const Fields& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (EqualsIgnoringCase(key, name)) return value;
  }
  return {};
}

bool Request::HasParameter(std::string_view name) const {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const auto& field) { return field.first == name; });
}

std::string_view Request::Parameter(std::string_view name) const {
  return FindExact(parameters, name);
}

std::vector<std::string_view> Request::Parameters(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : parameters) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::string_view Request::PathParameter(std::string_view name) const {
  return FindExact(path_parameters, name);
}

void Response::SetHeader(std::string_view name, std::string_view value) {
  for (auto& [key, old_value] : headers) {
    if (EqualsIgnoringCase(key, name)) {
      old_value = value;
      return;
    }
  }
  headers.emplace_back(name, value);
}

void Response::SetText(int new_status, std::string text) {
  status = new_status;
  SetHeader("Content-Type", "text/plain; charset=utf-8");
  body = std::move(text);
}

void Response::SetJson(int new_status, std::string json) {
  status = new_status;
  SetHeader("Content-Type", "application/json");
  body = std::move(json);
}

}  // namespace tocsin::http
