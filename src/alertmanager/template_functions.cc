#include "alertmanager/template_functions.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "base/time_zone.h"
#include "http/url.h"
#include "model/labels.h"
#include "model/number_text.h"
#include "model/regex.h"
#include "template/arguments.h"
#include "template/format.h"
#include "template/time_format.h"

namespace tocsin::alertmanager {

namespace {

using templates::Function;
using templates::FunctionTable;
using templates::List;
using templates::Map;
using templates::Value;
using Arguments = std::span<const Value>;

Error Invalid(std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

/// The string arguments of a function that takes exactly `count` of them.
Result<std::vector<std::string>> Strings(std::string_view name, Arguments arguments, size_t count) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount(name, arguments, count));
  std::vector<std::string> strings;
  for (const Value& argument : arguments) {
    TOCSIN_ASSIGN_OR_RETURN(std::string text, templates::StringArgument(argument));
    strings.push_back(std::move(text));
  }
  return strings;
}

/// A function of one string.
template <typename Body>
std::pair<const std::string, Function> OfString(const char* name, Body body) {
  return {name, [name, body](Arguments arguments) -> Result<Value> {
            TOCSIN_ASSIGN_OR_RETURN(const auto strings, Strings(name, arguments, 1));
            return body(strings[0]);
          }};
}

template <typename Convert>
std::string Mapped(std::string text, Convert convert) {
  for (char& c : text) c = convert(c);
  return text;
}

char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

Result<Value> Title(std::string text) {
  bool is_inside_word = false;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_letter = std::isalnum(byte) != 0 || byte >= 0x80 || c == '\'' || c == '_';
    c = is_inside_word ? ToLower(c) : ToUpper(c);
    is_inside_word = is_letter;
  }
  return Value(std::move(text));
}

Result<Value> TrimSpace(const std::string& text) {
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string::npos) return Value("");
  return Value(text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1));
}

Result<Value> Join(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("join", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const std::string separator, templates::StringArgument(arguments[0]));
  const List* list = arguments[1].AsList();
  if (list == nullptr) {
    return Errorf(templates::kArgumentMismatch, "wrong type for value; expected []string; got {}",
                  arguments[1].TypeName());
  }
  std::string joined;
  for (size_t i = 0; i < list->size(); ++i) {
    if (i > 0) joined.append(separator);
    TOCSIN_ASSIGN_OR_RETURN(const std::string text, templates::StringArgument((*list)[i]));
    joined.append(text);
  }
  return Value(std::move(joined));
}

Result<Value> Match(Arguments arguments) {
  TOCSIN_ASSIGN_OR_RETURN(const auto strings, Strings("match", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const Regex regex, Regex::CompileUnanchored(strings[0]));
  return Value(regex.MatchesAnywhere(strings[1]));
}

Result<Value> ReplaceAll(Arguments arguments) {
  TOCSIN_ASSIGN_OR_RETURN(const auto strings, Strings("reReplaceAll", arguments, 3));
  TOCSIN_ASSIGN_OR_RETURN(const Regex regex, Regex::CompileUnanchored(strings[0]));
  return Value(regex.ReplaceAll(strings[2], strings[1]));
}

Result<templates::Time> TimeArgument(const Value& value) {
  if (const templates::Time* time = value.AsTime()) return *time;
  return Errorf(templates::kArgumentMismatch, "wrong type for value; expected time.Time; got {}",
                value.TypeName());
}

Result<Value> Date(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("date", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const std::string layout, templates::StringArgument(arguments[0]));
  TOCSIN_ASSIGN_OR_RETURN(const templates::Time time, TimeArgument(arguments[1]));
  return Value(templates::FormatTime(time, layout));
}

Result<Value> InZone(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("tz", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const std::string zone, templates::StringArgument(arguments[0]));
  TOCSIN_ASSIGN_OR_RETURN(templates::Time time, TimeArgument(arguments[1]));
  TOCSIN_ASSIGN_OR_RETURN(const CivilTime civil, ToCivilTime(time.unix_seconds, zone));
  time.offset_seconds = civil.offset_seconds;
  time.zone = civil.zone;
  return Value(time);
}

Result<double> ToSeconds(const Value& value) {
  if (const templates::Duration* duration = value.AsDuration()) {
    return static_cast<double>(duration->nanoseconds) / 1e9;
  }
  if (const std::string* text = value.AsString()) {
    if (const auto number = ParseGoFloat(*text)) return *number;
    return Invalid(fmt::format("strconv.ParseFloat: parsing {}: invalid syntax", GoQuote(*text)));
  }
  if (value.is_number()) return templates::FloatArgument(value);
  return Invalid("can't convert " + value.TypeName() + " to float");
}

std::string FormatNumber(const char* format, double number) {
  const Value value(number);
  return templates::Sprintf(format, std::span(&value, 1));
}

// prometheus/common/helpers/templates: days to seconds, or a number with an SI prefix below a
// second.
std::string HumanizeSeconds(double seconds) {
  if (!std::isfinite(seconds)) return FormatNumber("%.4g", seconds);
  if (seconds == 0) return "0s";
  const char* sign = seconds < 0 ? "-" : "";
  double magnitude = std::fabs(seconds);
  if (magnitude >= 1) {
    const auto whole = static_cast<int64_t>(std::min(magnitude, 9e18));
    const int64_t days = whole / 86400;
    const int64_t hours = whole / 3600 % 24;
    const int64_t minutes = whole / 60 % 60;
    const int64_t rest = whole % 60;
    if (days > 0) return fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, rest);
    if (hours > 0) return fmt::format("{}{}h {}m {}s", sign, hours, minutes, rest);
    if (minutes > 0) return fmt::format("{}{}m {}s", sign, minutes, rest);
    return sign + FormatNumber("%.4gs", magnitude);
  }
  std::string prefix;
  for (const char c : std::string_view("munpfazy")) {
    if (magnitude >= 1) break;
    prefix = c;
    magnitude *= 1000;
  }
  return sign + FormatNumber("%.4g", magnitude) + prefix + "s";
}

Result<Value> HumanizeDuration(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("humanizeDuration", arguments, 1));
  TOCSIN_ASSIGN_OR_RETURN(const double seconds, ToSeconds(arguments[0]));
  return Value(HumanizeSeconds(seconds));
}

void AppendJson(JsonWriter& json, const Value& value) {
  const Value plain = value.Plain();
  if (const bool* flag = plain.AsBool()) {
    json.Bool(*flag);
  } else if (const int64_t* integer = plain.AsInt()) {
    json.Int(*integer);
  } else if (const double* number = plain.AsFloat()) {
    json.Double(*number);
  } else if (const templates::Duration* duration = plain.AsDuration()) {
    json.Int(duration->nanoseconds);
  } else if (const std::string* text = plain.AsString()) {
    json.String(*text);
  } else if (const templates::Time* time = plain.AsTime()) {
    json.String(templates::FormatTime(*time, "2006-01-02T15:04:05.999999999Z07:00"));
  } else if (const List* list = plain.AsList()) {
    json.BeginArray();
    for (const Value& element : *list) AppendJson(json, element);
    json.EndArray();
  } else if (const Map* map = plain.AsMap()) {
    json.BeginObject();
    for (const auto& [key, element] : map->entries) json.Key(key), AppendJson(json, element);
    json.EndObject();
  } else if (const templates::Object* object = plain.AsObject()) {
    json.BeginObject();
    for (const auto& [name, field] : object->Fields()) json.Key(name), AppendJson(json, field);
    json.EndObject();
  } else {
    json.Null();
  }
}

Result<Value> ToJson(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("toJson", arguments, 1));
  std::string out;
  JsonWriter json(out);
  AppendJson(json, arguments[0]);
  return Value(std::move(out));
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Result<Value> Base64Encode(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    uint32_t group = 0;
    const size_t size = std::min<size_t>(3, text.size() - i);
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < size ? static_cast<unsigned char>(text[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      out.push_back(j <= size ? kBase64[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return Value(std::move(out));
}

Result<Value> Base64Decode(const std::string& text) {
  const std::string_view digits = std::string_view(text).substr(0, text.find_last_not_of('=') + 1);
  const bool is_padded_right = text.size() % 4 == 0 && text.size() - digits.size() <= 2;
  std::string out;
  uint32_t group = 0;
  int bits = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t digit = kBase64.find(digits[i]);
    if (digit == std::string_view::npos || !is_padded_right) {
      return Invalid(fmt::format("illegal base64 data at input byte {}", i));
    }
    group = group << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>(group >> bits & 0xFF));
  }
  return Value(std::move(out));
}

Result<Value> Dict(Arguments arguments) {
  if (arguments.size() % 2 != 0) return Invalid("dict expects an even number of arguments");
  Map map;
  for (size_t i = 0; i < arguments.size(); i += 2) {
    const std::string* key = arguments[i].AsString();
    if (key == nullptr) return Invalid("dict keys must be strings");
    map.entries.insert_or_assign(*key, arguments[i + 1]);
  }
  return Value(std::move(map));
}

Result<Value> Append(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCountAtLeast("append", arguments, 1));
  const List* list = arguments[0].AsList();
  if (list == nullptr && !arguments[0].is_nil()) {
    return Errorf(templates::kArgumentMismatch,
                  "wrong type for value; expected []interface {{}}; got {}",
                  arguments[0].TypeName());
  }
  List longer = list != nullptr ? *list : List();
  longer.insert(longer.end(), arguments.begin() + 1, arguments.end());
  return Value(std::move(longer));
}

Result<Value> ToList(Arguments arguments) {
  return Value(List(arguments.begin(), arguments.end()));
}

Result<Value> Since(const Clock& clock, Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("since", arguments, 1));
  TOCSIN_ASSIGN_OR_RETURN(const templates::Time time, TimeArgument(arguments[0]));
  return Value(templates::Duration{clock.NowNs() - time.UnixNs()});
}

Result<Value> Now(const Clock& clock, Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("now", arguments, 0));
  return Value(templates::Time::FromUnixNs(clock.NowNs()));
}

Result<Value> Unescape(const std::string& text) {
  TOCSIN_ASSIGN_OR_RETURN(std::string plain, http::QueryUnescape(text));
  return Value(std::move(plain));
}

}  // namespace

FunctionTable NotificationFunctions(const Clock& clock) {
  const auto itself = [](const std::string& text) -> Result<Value> { return Value(text); };
  FunctionTable table = {
      OfString("toUpper",
               [](const std::string& t) -> Result<Value> { return Value(Mapped(t, ToUpper)); }),
      OfString("toLower",
               [](const std::string& t) -> Result<Value> { return Value(Mapped(t, ToLower)); }),
      OfString("title", Title),
      OfString("trimSpace", TrimSpace),
      OfString("safeHtml", itself),
      OfString("safeUrl", itself),
      OfString("urlUnescape", Unescape),
      OfString("base64encode", Base64Encode),
      OfString("base64decode", Base64Decode),
      {"join", Join},
      {"match", Match},
      {"reReplaceAll", ReplaceAll},
      {"stringSlice", ToList},
      {"list", ToList},
      {"append", Append},
      {"dict", Dict},
      {"date", Date},
      {"tz", InZone},
      {"humanizeDuration", HumanizeDuration},
      {"toJson", ToJson},
      {"now", [&clock](Arguments arguments) { return Now(clock, arguments); }},
      {"since", [&clock](Arguments arguments) { return Since(clock, arguments); }},
  };
  return table;
}

}  // namespace tocsin::alertmanager
