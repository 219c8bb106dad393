#include "alertmanager/template_data.h"

#include <algorithm>
#include <optional>

#include "model/regex.h"
#include "template/arguments.h"

namespace tocsin::alertmanager {

namespace {

using templates::List;
using templates::Map;
using templates::Object;
using templates::Struct;
using templates::Value;
using Arguments = std::span<const Value>;
using CallResult = std::optional<Result<Value>>;

// Labels of all alerts with the same value in each.
Labels CommonLabels(const AlertList& alerts, Labels Alert::*member) {
  if (alerts.empty()) return {};
  std::vector<std::string> common;
  for (const LabelView label : (*alerts.front()).*member) {
    const bool is_common = std::all_of(alerts.begin(), alerts.end(), [&](const AlertPtr& alert) {
      const Labels& labels = (*alert).*member;
      return labels.Get(label.name) == label.value && labels.Has(label.name);
    });
    if (is_common) common.emplace_back(label.name);
  }
  return ((*alerts.front()).*member).Only(common);
}

KeyValues ToPairs(const Labels& labels) {
  KeyValues pairs;
  for (const LabelView label : labels) pairs.emplace_back(label.name, label.value);
  return pairs;
}

std::string JoinPairs(const KeyValues& pairs) {
  std::string text;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (i > 0) text.append(", ");
    text.append(pairs[i].first).append("=").append(pairs[i].second);
  }
  return text;
}

Value NamesOf(const KeyValues& pairs) {
  std::vector<std::string> names;
  for (const auto& [name, value] : pairs) names.push_back(name);
  return Value::Strings(std::move(names));
}

Value ValuesOf(const KeyValues& pairs) {
  std::vector<std::string> values;
  for (const auto& [name, value] : pairs) values.push_back(value);
  return Value::Strings(std::move(values));
}

/// Upstream's Pairs: the list that SortedPairs returns.
class PairsObject final : public Object {
 public:
  explicit PairsObject(KeyValues pairs) : pairs_(std::move(pairs)) {}
  std::string_view type_name() const override { return "template.Pairs"; }

  CallResult Call(std::string_view method, Arguments arguments) const override {
    if (method != "Names" && method != "Values" && method != "String") return std::nullopt;
    if (auto status = templates::CheckArgumentCount(method, arguments, 0); !status) {
      return status.error();
    }
    if (method == "String") return Result<Value>(Value(JoinPairs(pairs_)));
    return Result<Value>(method == "Names" ? NamesOf(pairs_) : ValuesOf(pairs_));
  }
  Value Underlying() const override {
    List list;
    for (const auto& [name, value] : pairs_) {
      list.push_back(Value(std::make_shared<Struct>(
          "template.Pair", Struct::FieldList{{"Name", name}, {"Value", value}})));
    }
    return list;
  }
  std::optional<std::string> ToString() const override { return JoinPairs(pairs_); }

 private:
  const KeyValues pairs_;
};

Value MakeKeyValues(KeyValues pairs);

/// Upstream's KV: a map[string]string with methods.
class KeyValuesObject final : public Object {
 public:
  explicit KeyValuesObject(KeyValues pairs) : pairs_(std::move(pairs)) {}
  std::string_view type_name() const override { return "template.KV"; }

  CallResult Call(std::string_view method, Arguments arguments) const override {
    if (method == "Remove") return Remove(arguments);
    const bool is_known =
        method == "SortedPairs" || method == "Names" || method == "Values" || method == "String";
    if (!is_known) return std::nullopt;
    if (auto status = templates::CheckArgumentCount(method, arguments, 0); !status) {
      return status.error();
    }
    KeyValues sorted = AlertNameFirst();
    if (method == "Names") return Result<Value>(NamesOf(sorted));
    if (method == "Values") return Result<Value>(ValuesOf(sorted));
    if (method == "String") return Result<Value>(Value(JoinPairs(sorted)));
    return Result<Value>(Value(std::make_shared<PairsObject>(std::move(sorted))));
  }
  Value Underlying() const override { return Value::StringMap(pairs_); }
  std::optional<std::string> ToString() const override { return JoinPairs(AlertNameFirst()); }

 private:
  KeyValues AlertNameFirst() const {
    KeyValues sorted = pairs_;
    std::stable_partition(sorted.begin(), sorted.end(),
                          [](const auto& pair) { return pair.first == kAlertNameLabel; });
    return sorted;
  }
  Result<Value> Remove(Arguments arguments) const {
    TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("Remove", arguments, 1));
    const List* names = arguments[0].AsList();
    if (names == nullptr) {
      return Errorf(templates::kArgumentMismatch, "wrong type for value; expected []string; got {}",
                    arguments[0].TypeName());
    }
    KeyValues kept = pairs_;
    for (const Value& name : *names) {
      const std::string* text = name.AsString();
      std::erase_if(kept, [&](const auto& pair) { return text != nullptr && pair.first == *text; });
    }
    return MakeKeyValues(std::move(kept));
  }

  const KeyValues pairs_;
};

Value MakeKeyValues(KeyValues pairs) {
  return Value(std::make_shared<KeyValuesObject>(std::move(pairs)));
}

Value ToTime(int64_t unix_ns, int32_t offset_seconds) {
  if (unix_ns == 0) return templates::Time();
  templates::Time time = templates::Time::FromUnixNs(unix_ns);
  time.offset_seconds = offset_seconds;
  if (offset_seconds != 0) time.zone.clear();
  return time;
}

Value ToValue(const NotifiedAlert& notified) {
  const StoredAlert& alert = *notified.alert;
  return Value(std::make_shared<Struct>(
      "template.Alert",
      Struct::FieldList{{"Status", StatusText(notified.is_firing)},
                        {"Labels", MakeKeyValues(ToPairs(alert.labels))},
                        {"Annotations", MakeKeyValues(ToPairs(alert.annotations))},
                        {"StartsAt", ToTime(alert.starts_at_ns, alert.starts_at_offset_seconds)},
                        {"EndsAt", ToTime(alert.ends_at_ns, alert.ends_at_offset_seconds)},
                        {"GeneratorURL", alert.generator_url},
                        {"Fingerprint", FormatFingerprint(alert.fingerprint)}}));
}

/// Upstream's Alerts: a list with the methods Firing and Resolved.
class AlertsObject final : public Object {
 public:
  explicit AlertsObject(const std::vector<NotifiedAlert>& alerts) {
    for (const NotifiedAlert& alert : alerts) {
      Value value = ToValue(alert);
      (alert.is_firing ? firing_ : resolved_).push_back(value);
      all_.push_back(std::move(value));
    }
  }
  std::string_view type_name() const override { return "template.Alerts"; }
  CallResult Call(std::string_view method, Arguments arguments) const override {
    if (method != "Firing" && method != "Resolved") return std::nullopt;
    if (auto status = templates::CheckArgumentCount(method, arguments, 0); !status) {
      return status.error();
    }
    return Result<Value>(Value(method == "Firing" ? firing_ : resolved_));
  }
  Value Underlying() const override { return all_; }

 private:
  List all_, firing_, resolved_;
};

}  // namespace

std::string_view StatusText(bool is_firing) { return is_firing ? "firing" : "resolved"; }

NotificationData MakeNotificationData(const NotificationContext& context, const AlertList& alerts,
                                      const std::string& external_url) {
  NotificationData data;
  data.receiver = QuoteRegex(context.receiver);
  for (const AlertPtr& alert : alerts) {
    const bool is_firing = alert->ends_at_ns == 0;
    data.is_firing = data.is_firing || is_firing;
    data.alerts.push_back({is_firing, alert});
  }
  data.reason = NotificationReasonText(context.reason);
  data.group_labels = context.group_labels;
  data.common_labels = CommonLabels(alerts, &Alert::labels);
  data.common_annotations = CommonLabels(alerts, &Alert::annotations);
  data.external_url = external_url;
  return data;
}

Value ToTemplateValue(const NotificationData& data) {
  return Value(std::make_shared<Struct>(
      "*template.Data",
      Struct::FieldList{{"Receiver", data.receiver},
                        {"Status", StatusText(data.is_firing)},
                        {"Alerts", Value(std::make_shared<AlertsObject>(data.alerts))},
                        {"NotificationReason", data.reason},
                        {"GroupLabels", MakeKeyValues(ToPairs(data.group_labels))},
                        {"CommonLabels", MakeKeyValues(ToPairs(data.common_labels))},
                        {"CommonAnnotations", MakeKeyValues(ToPairs(data.common_annotations))},
                        {"RouteLabels", MakeKeyValues(data.route_labels)},
                        {"ExternalURL", data.external_url}}));
}

}  // namespace tocsin::alertmanager
