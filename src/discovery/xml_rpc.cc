#include "discovery/xml_rpc.h"

#include <charconv>

#include "discovery/xml.h"

namespace tocsin::discovery {
namespace {

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
}

void AppendValue(std::string& out, const JsonValue& value) {
  out += "<value>";
  if (const std::string* text = value.AsString()) {
    out += "<string>";
    AppendEscaped(out, *text);
    out += "</string>";
  } else if (const int64_t* number = value.AsInt()) {
    out += "<int>" + std::to_string(*number) + "</int>";
  } else if (const JsonValue::Array* items = value.AsArray()) {
    out += "<array><data>";
    for (const JsonValue& item : *items) AppendValue(out, item);
    out += "</data></array>";
  }
  out += "</value>";
}

JsonValue ValueOf(const XmlElement& value);

JsonValue ListOf(const XmlElement& array) {
  JsonValue::Array items;
  if (const XmlElement* list = array.Find("data")) {
    for (const XmlElement& item : list->children) items.push_back(ValueOf(item));
  }
  return JsonValue(std::move(items));
}

JsonValue ObjectOf(const XmlElement& object) {
  JsonValue::Object members;
  for (const XmlElement& member : object.children) {
    const XmlElement* value = member.Find("value");
    if (value != nullptr) members.emplace_back(member.FindText("name"), ValueOf(*value));
  }
  return JsonValue(std::move(members));
}

// A <value>; without a type it is a string. Depth is bounded by the parser's.
JsonValue ValueOf(const XmlElement& value) {
  if (value.children.empty()) return JsonValue(value.text);
  const XmlElement& typed = value.children.front();
  if (typed.name == "array") return ListOf(typed);
  if (typed.name == "struct") return ObjectOf(typed);
  if (typed.name == "boolean") return JsonValue(value.FindText("boolean") == "1");
  if (typed.name == "int" || typed.name == "i4" || typed.name == "i8") {
    const std::string digits = value.FindText(typed.name);
    int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return JsonValue(number);
  }
  return JsonValue(typed.text);
}

}  // namespace

std::string MakeXmlRpcCall(std::string_view method, const JsonValue::Array& parameters) {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall><methodName>";
  AppendEscaped(body, method);
  body += "</methodName><params>";
  for (const JsonValue& parameter : parameters) {
    body += "<param>";
    AppendValue(body, parameter);
    body += "</param>";
  }
  return body + "</params></methodCall>";
}

Result<JsonValue> ParseXmlRpcResponse(std::string_view body) {
  TOCSIN_ASSIGN_OR_RETURN(const XmlElement root, ParseXml(body));
  if (const XmlElement* fault = root.Find("fault")) {
    const XmlElement* value = fault->Find("value");
    const JsonValue reason = value == nullptr ? JsonValue() : ValueOf(*value);
    const JsonValue* code = reason.Find("faultCode");
    return Errorf(ErrorCode::kUnavailable, "Fault({}): {}",
                  code == nullptr ? 0 : static_cast<int64_t>(code->number()),
                  reason.FindString("faultString"));
  }
  const XmlElement* parameters = root.Find("params");
  const XmlElement* parameter = parameters == nullptr ? nullptr : parameters->Find("param");
  const XmlElement* value = parameter == nullptr ? nullptr : parameter->Find("value");
  if (value == nullptr) return Error(ErrorCode::kInvalidArgument, "no XML-RPC response");
  return ValueOf(*value);
}

}  // namespace tocsin::discovery
