#include "notifier/alert_json.h"

#include "base/json_writer.h"
#include "model/duration.h"

namespace tocsin::notifier {
namespace {

constexpr const char* kZeroTime = "0001-01-01T00:00:00.000Z";

void WriteLabels(JsonWriter& json, std::string_view key, const Labels& labels) {
  json.Key(key);
  json.BeginObject();
  for (const LabelView label : labels) json.KeyString(label.name, label.value);
  json.EndObject();
}

std::string TimeText(int64_t time_ns) {
  return time_ns == 0 ? kZeroTime : FormatRfc3339Milli(time_ns);
}

}  // namespace

std::string FormatAlerts(std::span<const Alert> alerts) {
  std::string out;
  JsonWriter json(out);
  json.BeginArray();
  for (const Alert& alert : alerts) {
    json.BeginObject();
    WriteLabels(json, "annotations", alert.annotations);
    json.KeyString("endsAt", TimeText(alert.ends_at_ns));
    json.KeyString("startsAt", TimeText(alert.starts_at_ns));
    json.KeyString("generatorURL", alert.generator_url);
    WriteLabels(json, "labels", alert.labels);
    json.EndObject();
  }
  json.EndArray();
  return out;
}

}  // namespace tocsin::notifier
