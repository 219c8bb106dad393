#include "rules/alert_state_file.h"

#include <optional>

#include "base/json_value.h"
#include "base/json_writer.h"
#include "model/number_text.h"

namespace tocsin::rules {
namespace {

constexpr int64_t kVersion = 1;

struct TimeField {
  const char* key;
  int64_t ActiveAlert::*member;
};
constexpr TimeField kTimes[] = {{"active_at_ns", &ActiveAlert::active_at_ns},
                                {"fired_at_ns", &ActiveAlert::fired_at_ns},
                                {"resolved_at_ns", &ActiveAlert::resolved_at_ns},
                                {"last_sent_at_ns", &ActiveAlert::last_sent_at_ns},
                                {"valid_until_ns", &ActiveAlert::valid_until_ns},
                                {"keep_firing_since_ns", &ActiveAlert::keep_firing_since_ns}};

void WriteLabels(JsonWriter& json, std::string_view key, const Labels& labels) {
  json.Key(key);
  json.BeginObject();
  for (const LabelView label : labels) json.KeyString(label.name, label.value);
  json.EndObject();
}

void WriteAlert(JsonWriter& json, const Labels& labels, const ActiveAlert& alert) {
  json.BeginObject();
  WriteLabels(json, "labels", labels);
  WriteLabels(json, "annotations", alert.annotations);
  json.KeyString("state", AlertStateText(alert.state));
  json.KeyString("value", FormatFloatGeneral(alert.value));
  for (const TimeField& field : kTimes)
    if (alert.*field.member != 0) json.KeyInt(field.key, alert.*field.member);
  json.EndObject();
}

void WriteRule(JsonWriter& json, const SavedRule& rule) {
  json.BeginObject();
  json.KeyString("file", rule.file);
  json.KeyString("group", rule.group);
  json.KeyString("alert", rule.alert);
  json.Key("labels");
  json.BeginObject();
  for (const auto& [name, value] : rule.labels) json.KeyString(name, value);
  json.EndObject();
  json.Key("alerts");
  json.BeginArray();
  for (const auto& [labels, alert] : rule.alerts) WriteAlert(json, labels, alert);
  json.EndArray();
  json.EndObject();
}

Error Corrupt(std::string_view what) {
  return Errorf(ErrorCode::kCorruption, "alert state: {}", what);
}

Result<LabelPairs> ReadPairs(const JsonValue& parent, std::string_view key) {
  const JsonValue* value = parent.Find(key);
  if (value == nullptr || value->AsObject() == nullptr) return Corrupt("labels are missing");
  LabelPairs pairs;
  for (const auto& [name, text] : *value->AsObject()) {
    if (text.AsString() == nullptr) return Corrupt("a label is not a string");
    pairs.emplace_back(name, *text.AsString());
  }
  return pairs;
}

std::optional<AlertState> ReadState(std::string_view text) {
  for (const AlertState state : {AlertState::kInactive, AlertState::kPending, AlertState::kFiring})
    if (AlertStateText(state) == text) return state;
  return std::nullopt;
}

Status ReadAlert(const JsonValue& json, AlertMap& alerts) {
  TOCSIN_ASSIGN_OR_RETURN(LabelPairs labels, ReadPairs(json, "labels"));
  TOCSIN_ASSIGN_OR_RETURN(LabelPairs annotations, ReadPairs(json, "annotations"));
  const std::optional<AlertState> state = ReadState(json.FindString("state"));
  const std::optional<double> value = ParseGoFloat(json.FindString("value"));
  if (!state || !value) return Corrupt("an alert has no state or value");
  ActiveAlert alert;
  alert.annotations = Labels::FromPairs(std::move(annotations));
  alert.state = *state;
  alert.value = *value;
  for (const TimeField& field : kTimes) {
    const JsonValue* time = json.Find(field.key);
    if (time == nullptr) continue;
    if (time->AsInt() == nullptr) return Corrupt("a time is not a whole number");
    alert.*field.member = *time->AsInt();
  }
  alerts[Labels::FromPairs(std::move(labels))] = std::move(alert);
  return {};
}

Result<SavedRule> ReadRule(const JsonValue& json) {
  SavedRule rule;
  rule.file = json.FindString("file");
  rule.group = json.FindString("group");
  rule.alert = json.FindString("alert");
  TOCSIN_ASSIGN_OR_RETURN(rule.labels, ReadPairs(json, "labels"));
  const JsonValue* alerts = json.Find("alerts");
  if (alerts == nullptr || alerts->AsArray() == nullptr) return Corrupt("a rule has no alerts");
  for (const JsonValue& alert : *alerts->AsArray())
    TOCSIN_RETURN_IF_ERROR(ReadAlert(alert, rule.alerts));
  return rule;
}

}  // namespace

std::string FormatAlertState(const SavedAlertState& state) {
  std::string out;
  JsonWriter json(out, JsonWriter::Escape::kPlain);
  json.BeginObject();
  json.KeyInt("version", kVersion);
  json.KeyInt("saved_at_ns", state.saved_at_ns);
  json.Key("rules");
  json.BeginArray();
  for (const SavedRule& rule : state.rules) WriteRule(json, rule);
  json.EndArray();
  json.EndObject();
  out.push_back('\n');
  return out;
}

Result<SavedAlertState> ParseAlertState(std::string_view text) {
  const Result<JsonValue> json = ParseJson(text);
  if (!json) return Corrupt(json.error().message());
  const JsonValue* version = json->Find("version");
  if (version == nullptr || version->AsInt() == nullptr) return Corrupt("the version is missing");
  if (*version->AsInt() != kVersion)
    return Errorf(ErrorCode::kInvalidArgument, "alert state has an unknown version ({})",
                  *version->AsInt());
  const JsonValue* saved_at = json->Find("saved_at_ns");
  const JsonValue* rules = json->Find("rules");
  if (saved_at == nullptr || saved_at->AsInt() == nullptr || rules == nullptr ||
      rules->AsArray() == nullptr)
    return Corrupt("the time or the rules are missing");
  SavedAlertState state;
  state.saved_at_ns = *saved_at->AsInt();
  for (const JsonValue& rule : *rules->AsArray()) {
    TOCSIN_ASSIGN_OR_RETURN(SavedRule saved, ReadRule(rule));
    state.rules.push_back(std::move(saved));
  }
  return state;
}

}  // namespace tocsin::rules
