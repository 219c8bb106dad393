#include "alertmanager/webhook_payload.h"

#include <algorithm>
#include <vector>

#include "alertmanager/timestamp_text.h"
#include "base/json_writer.h"
#include "config/yaml_parser.h"
#include "model/number_text.h"
#include "template/go_literal.h"

namespace tocsin::alertmanager {

namespace {

using config::YamlEntry;
using config::YamlNode;

void WriteLabels(JsonWriter& json, std::string_view key, const Labels& labels) {
  json.Key(key);
  json.BeginObject();
  for (const LabelView label : labels) json.KeyString(label.name, label.value);
  json.EndObject();
}

void WriteAlert(JsonWriter& json, const NotifiedAlert& notified) {
  const StoredAlert& alert = *notified.alert;
  json.BeginObject();
  json.KeyString("status", StatusText(notified.is_firing));
  WriteLabels(json, "labels", alert.labels);
  WriteLabels(json, "annotations", alert.annotations);
  json.KeyString("startsAt", FormatTimestamp({alert.starts_at_ns, alert.starts_at_offset_seconds}));
  json.KeyString("endsAt", FormatTimestamp({alert.ends_at_ns, alert.ends_at_offset_seconds}));
  json.KeyString("generatorURL", alert.generator_url);
  json.KeyString("fingerprint", FormatFingerprint(alert.fingerprint));
  json.EndObject();
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// A plain scalar as YAML resolves it.
void WritePlainScalar(JsonWriter& json, const std::string& text) {
  if (IsOneOf(text, {"", "~", "null", "Null", "NULL"})) return json.Null();
  if (IsOneOf(text, {"true", "True", "TRUE"})) return json.Bool(true);
  if (IsOneOf(text, {"false", "False", "FALSE"})) return json.Bool(false);
  const bool is_numeric =
      (text[0] >= '0' && text[0] <= '9') || text[0] == '-' || text[0] == '+' || text[0] == '.';
  if (is_numeric) {
    const auto number = templates::ParseGoNumber(text);
    if (number && number->AsInt()) return json.Int(*number->AsInt());
    if (number && number->AsFloat()) return json.Double(*number->AsFloat());
  }
  json.String(text);
}

/// Writes a tree as JSON, rendering its strings on the way.
class PayloadWriter {
 public:
  PayloadWriter(const NotificationTemplates& templates, const NotificationData& data,
                std::string& out)
      : templates_(templates), data_(data), json_(out) {}

  Status Write(const YamlNode& node, bool renders) {
    switch (node.kind) {
      case YamlNode::Kind::kNull:
        json_.Null();
        return {};
      case YamlNode::Kind::kScalar:
        return WriteScalar(node, renders);
      case YamlNode::Kind::kSequence:
        json_.BeginArray();
        for (const YamlNode& item : node.items) TOCSIN_RETURN_IF_ERROR(Write(item, renders));
        json_.EndArray();
        return {};
      case YamlNode::Kind::kMapping:
        return WriteMapping(node, renders);
    }
    return {};
  }

 private:
  Status WriteScalar(const YamlNode& node, bool renders) {
    const bool is_template = renders && node.text.find("{{") != std::string::npos;
    if (!is_template) {
      node.is_quoted ? json_.String(node.text) : WritePlainScalar(json_, node.text);
      return {};
    }
    TOCSIN_ASSIGN_OR_RETURN(const std::string text, templates_.Render(node.text, data_));
    // What renders to a list, a map or a number is one; what is no YAML is text.
    const auto parsed = config::ParseYaml(text, "payload");
    if (parsed && !text.empty()) return Write(*parsed, false);
    json_.String(text);
    return {};
  }

  // In the order of keys, as Go marshals maps.
  Status WriteMapping(const YamlNode& node, bool renders) {
    std::vector<std::pair<std::string, const YamlNode*>> entries;
    for (const YamlEntry& entry : node.entries) {
      std::string key = entry.key.text;
      if (renders) {
        TOCSIN_ASSIGN_OR_RETURN(key, templates_.Render(key, data_));
      }
      entries.emplace_back(std::move(key), &entry.value);
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    json_.BeginObject();
    for (const auto& [key, value] : entries) {
      json_.Key(key);
      TOCSIN_RETURN_IF_ERROR(Write(*value, renders));
    }
    json_.EndObject();
    return {};
  }

  const NotificationTemplates& templates_;
  const NotificationData& data_;
  JsonWriter json_;
};

}  // namespace

std::string WebhookPayload(const NotificationData& data, const std::string& group_key,
                           uint64_t truncated_alerts) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.KeyString("receiver", data.receiver);
  json.KeyString("status", StatusText(data.is_firing));
  json.Key("alerts");
  json.BeginArray();
  for (const NotifiedAlert& alert : data.alerts) WriteAlert(json, alert);
  json.EndArray();
  json.KeyString("notification_reason", data.reason);
  WriteLabels(json, "groupLabels", data.group_labels);
  WriteLabels(json, "commonLabels", data.common_labels);
  WriteLabels(json, "commonAnnotations", data.common_annotations);
  json.Key("routeLabels");
  json.BeginObject();
  for (const auto& [name, value] : data.route_labels) json.KeyString(name, value);
  json.EndObject();
  json.KeyString("externalURL", data.external_url);
  json.KeyString("version", "4");
  json.KeyString("groupKey", group_key);
  json.KeyInt("truncatedAlerts", static_cast<int64_t>(truncated_alerts));
  json.EndObject();
  out.push_back('\n');
  return out;
}

Result<std::string> CustomWebhookPayload(const YamlNode& tree,
                                         const NotificationTemplates& templates,
                                         const NotificationData& data) {
  std::string out;
  TOCSIN_RETURN_IF_ERROR(PayloadWriter(templates, data, out).Write(tree, true));
  out.push_back('\n');
  return out;
}

}  // namespace tocsin::alertmanager
