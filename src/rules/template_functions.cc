#include "rules/template_functions.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "model/duration.h"
#include "model/number_text.h"
#include "model/regex.h"
#include "rules/host_port.h"
#include "rules/humanize.h"
#include "template/arguments.h"
#include "template/time_format.h"

namespace tocsin::rules {
namespace {

using templates::CheckArgumentCount;
using templates::Function;
using templates::List;
using templates::StringArgument;
using templates::Value;
using Arguments = std::span<const Value>;

constexpr std::string_view kSampleType = "template.sample";

// Numbers and what reads as one.
Result<double> ToFloat(const Value& value) {
  if (const double* number = value.AsFloat()) return *number;
  if (const int64_t* number = value.AsInt()) return static_cast<double>(*number);
  if (const templates::Duration* duration = value.AsDuration())
    return static_cast<double>(duration->nanoseconds) / 1e9;
  if (const std::string* text = value.AsString()) {
    if (const std::optional<double> number = ParseGoFloat(*text)) return *number;
    return Errorf(ErrorCode::kInvalidArgument, "strconv.ParseFloat: parsing {}: invalid syntax",
                  GoQuote(*text));
  }
  return Errorf(ErrorCode::kInvalidArgument, "can't convert {} to float", value.TypeName());
}

// A function of one string.
Function OfString(std::string name, std::function<Result<Value>(const std::string&)> body) {
  return [name = std::move(name), body = std::move(body)](Arguments arguments) -> Result<Value> {
    TOCSIN_RETURN_IF_ERROR(CheckArgumentCount(name, arguments, 1));
    TOCSIN_ASSIGN_OR_RETURN(const std::string text, StringArgument(arguments[0]));
    return body(text);
  };
}

// A function of one number.
Function OfNumber(std::string name, std::function<Result<Value>(double)> body) {
  return [name = std::move(name), body = std::move(body)](Arguments arguments) -> Result<Value> {
    TOCSIN_RETURN_IF_ERROR(CheckArgumentCount(name, arguments, 1));
    TOCSIN_ASSIGN_OR_RETURN(const double number, ToFloat(arguments[0]));
    return body(number);
  };
}

Value MakeSample(const Labels& labels, double value) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const LabelView label : labels) pairs.emplace_back(label.name, label.value);
  return Value(std::shared_ptr<const templates::Object>(std::make_shared<templates::Struct>(
      std::string(kSampleType),
      templates::Struct::FieldList{{"Labels", Value::StringMap(std::move(pairs))},
                                   {"Value", Value(value)}})));
}

// A field of a sample that `query` returned.
Result<Value> SampleField(const Value& sample, std::string_view field) {
  const templates::Object* object = sample.AsObject();
  if (object == nullptr || object->type_name() != kSampleType)
    return Errorf(templates::kArgumentMismatch, "wrong type for value; expected *{}; got {}",
                  kSampleType, sample.TypeName());
  return *object->Field(field);
}

Result<std::string> SampleLabel(const Value& sample, std::string_view name) {
  TOCSIN_ASSIGN_OR_RETURN(const Value labels, SampleField(sample, "Labels"));
  const auto& entries = labels.AsMap()->entries;
  const auto at = entries.find(name);
  return at == entries.end() ? std::string() : *at->second.AsString();
}

Result<const List*> ListArgument(const Value& value) {
  if (const List* list = value.AsList()) return list;
  static const List kEmpty;
  if (value.is_nil()) return &kEmpty;
  return Errorf(templates::kArgumentMismatch,
                "wrong type for value; expected template.queryResult; got {}", value.TypeName());
}

Result<Value> First(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("first", arguments, 1));
  TOCSIN_ASSIGN_OR_RETURN(const List* list, ListArgument(arguments[0]));
  if (list->empty())
    return Error(ErrorCode::kInvalidArgument, "first() called on vector with no elements");
  return list->front();
}

Result<Value> Label(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("label", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const std::string name, StringArgument(arguments[0]));
  TOCSIN_ASSIGN_OR_RETURN(const std::string value, SampleLabel(arguments[1], name));
  return Value(value);
}

Result<Value> SampleValue(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("value", arguments, 1));
  return SampleField(arguments[0], "Value");
}

Result<Value> StringValue(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("strvalue", arguments, 1));
  TOCSIN_ASSIGN_OR_RETURN(const std::string value, SampleLabel(arguments[0], "__value__"));
  return Value(value);
}

Result<Value> Args(Arguments arguments) {
  templates::Map map;
  for (size_t i = 0; i < arguments.size(); ++i)
    map.entries.emplace("arg" + std::to_string(i), arguments[i]);
  return Value(std::move(map));
}

Result<Value> SortByLabel(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("sortByLabel", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const std::string name, StringArgument(arguments[0]));
  TOCSIN_ASSIGN_OR_RETURN(const List* list, ListArgument(arguments[1]));
  std::vector<std::pair<std::string, Value>> keyed;
  for (const Value& sample : *list) {
    TOCSIN_ASSIGN_OR_RETURN(std::string key, SampleLabel(sample, name));
    keyed.emplace_back(std::move(key), sample);
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  List sorted;
  for (auto& entry : keyed) sorted.push_back(std::move(entry.second));
  return Value(std::move(sorted));
}

Result<Value> ReplaceAll(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("reReplaceAll", arguments, 3));
  TOCSIN_ASSIGN_OR_RETURN(const std::string pattern, StringArgument(arguments[0]));
  TOCSIN_ASSIGN_OR_RETURN(const std::string replacement, StringArgument(arguments[1]));
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, StringArgument(arguments[2]));
  TOCSIN_ASSIGN_OR_RETURN(const Regex regex, Regex::CompileUnanchored(pattern));
  return Value(regex.ReplaceAll(text, replacement));
}

Result<Value> Match(Arguments arguments) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("match", arguments, 2));
  TOCSIN_ASSIGN_OR_RETURN(const std::string pattern, StringArgument(arguments[0]));
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, StringArgument(arguments[1]));
  TOCSIN_ASSIGN_OR_RETURN(const Regex regex, Regex::CompileUnanchored(pattern));
  return Value(regex.MatchesAnywhere(text));
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Go's strings.Title for ASCII: the first letter of each word.
std::string Title(std::string text) {
  bool in_word = false;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!in_word) c = static_cast<char>(std::toupper(byte));
    in_word = std::isalnum(byte) != 0 || c == '_' || c == '\'' || byte >= 0x80;
  }
  return text;
}

Result<Value> ToTime(double seconds) {
  TOCSIN_ASSIGN_OR_RETURN(const int64_t unix_ns, SecondsToUnixNs(seconds));
  return Value(templates::Time::FromUnixNs(unix_ns));
}

Result<Value> ToDuration(double seconds) {
  const double nanoseconds = seconds * 1e9;
  if (!std::isfinite(seconds)) return Error(ErrorCode::kInvalidArgument, "value is NaN or Inf");
  if (std::abs(nanoseconds) >= 9223372036854775807.0)
    return Errorf(ErrorCode::kInvalidArgument,
                  "{} cannot be represented as a nanoseconds duration since it overflows int64",
                  FormatFloatGeneral(seconds));
  return Value(templates::Duration{static_cast<int64_t>(nanoseconds)});
}

Result<Value> HumanizeTimestamp(double seconds) {
  if (!std::isfinite(seconds)) return Value(Humanize(seconds));
  TOCSIN_ASSIGN_OR_RETURN(const int64_t unix_ns, SecondsToUnixNs(seconds));
  return Value(templates::FormatTimeDefault(templates::Time::FromUnixNs(unix_ns)));
}

Result<Value> ParseDuration(const std::string& text) {
  TOCSIN_ASSIGN_OR_RETURN(const int64_t duration_ms, ParseDurationMs(text));
  return Value(static_cast<double>(duration_ms) / 1000.0);
}

void AddStringFunctions(templates::FunctionTable& table) {
  const auto add = [&](const std::string& name, auto body) {
    table[name] = OfString(
        name, [body](const std::string& text) -> Result<Value> { return Value(body(text)); });
  };
  add("toUpper", Upper);
  add("toLower", Lower);
  add("title", Title);
  add("safeHtml", [](const std::string& text) { return text; });
  add("graphLink", [](const std::string& text) { return GraphLink(text); });
  add("tableLink", [](const std::string& text) { return TableLink(text); });
  add("stripPort", [](const std::string& text) { return StripPort(text); });
  add("stripDomain", [](const std::string& text) { return StripDomain(text); });
  add("urlQueryEscape", [](const std::string& text) { return QueryEscape(text); });
  table["parseDuration"] = OfString("parseDuration", ParseDuration);
  table["reReplaceAll"] = ReplaceAll;
  table["match"] = Match;
}

void AddNumberFunctions(templates::FunctionTable& table) {
  const auto add = [&](const std::string& name, std::string (*body)(double)) {
    table[name] =
        OfNumber(name, [body](double number) -> Result<Value> { return Value(body(number)); });
  };
  add("humanize", Humanize);
  add("humanize1024", Humanize1024);
  add("humanizeDuration", HumanizeDuration);
  add("humanizePercentage", HumanizePercentage);
  table["humanizeTimestamp"] = OfNumber("humanizeTimestamp", HumanizeTimestamp);
  table["toTime"] = OfNumber("toTime", ToTime);
  table["toDuration"] = OfNumber("toDuration", ToDuration);
}

void AddVectorFunctions(templates::FunctionTable& table) {
  table["first"] = First;
  table["label"] = Label;
  table["value"] = SampleValue;
  table["strvalue"] = StringValue;
  table["args"] = Args;
  table["sortByLabel"] = SortByLabel;
}

Function Constant(std::string name, std::string text) {
  return [name = std::move(name), text = std::move(text)](Arguments arguments) -> Result<Value> {
    TOCSIN_RETURN_IF_ERROR(CheckArgumentCount(name, arguments, 0));
    return Value(text);
  };
}

}  // namespace

templates::FunctionTable MakeTemplateFunctions(const std::string& external_url) {
  templates::FunctionTable table;
  AddStringFunctions(table);
  AddNumberFunctions(table);
  AddVectorFunctions(table);
  table["pathPrefix"] = Constant("pathPrefix", UrlPath(external_url));
  table["externalURL"] = Constant("externalURL", external_url);
  for (const char* name : {"query", "now"}) {
    table[name] = [](Arguments) -> Result<Value> {
      return Error(ErrorCode::kInternal, "not available outside of an evaluation");
    };
  }
  return table;
}

templates::FunctionTable MakeMomentFunctions(TemplateQuery query, int64_t time_ms) {
  templates::FunctionTable table;
  table["query"] =
      OfString("query", [query = std::move(query)](const std::string& expr) -> Result<Value> {
        TOCSIN_ASSIGN_OR_RETURN(const promql::InstantVector vector, query(expr));
        List samples;
        for (const promql::VectorElement& element : vector)
          samples.push_back(MakeSample(element.labels, element.value));
        return Value(std::move(samples));
      });
  table["now"] = [time_ms](Arguments arguments) -> Result<Value> {
    TOCSIN_RETURN_IF_ERROR(CheckArgumentCount("now", arguments, 0));
    return Value(static_cast<double>(time_ms) / 1000.0);
  };
  return table;
}

std::string QueryEscape(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

std::string UrlPath(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const size_t slash = url.find('/');
  if (slash == std::string_view::npos) return "";
  std::string path(url.substr(slash, url.find_first_of("?#") - slash));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

std::string TableLink(std::string_view expr) {
  return "/graph?g0.expr=" + QueryEscape(expr) + "&g0.tab=1";
}

std::string GraphLink(std::string_view expr) {
  return "/graph?g0.expr=" + QueryEscape(expr) + "&g0.tab=0";
}

}  // namespace tocsin::rules
