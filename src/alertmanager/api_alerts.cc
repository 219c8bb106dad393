#include <algorithm>
#include <map>

#include "alertmanager/api.h"
#include "alertmanager/api_alert_view.h"
#include "alertmanager/api_errors.h"
#include "alertmanager/timestamp_text.h"
#include "http/url.h"

namespace tocsin::alertmanager {

namespace {

std::vector<std::string> ReceiversOf(const RunningConfig& running, const Labels& labels) {
  std::vector<std::string> receivers;
  for (const Route* route : running.route->Match(labels)) {
    receivers.push_back(route->options().receiver);
  }
  return receivers;
}

/// Reads one alert of a POST body. What it cannot read it refuses as the framework does.
class AlertReader {
 public:
  explicit AlertReader(size_t index) : prefix_(std::to_string(index) + ".") {}

  std::optional<ApiRefusal> Read(const JsonValue& body, StoredAlert& alert) {
    if (body.AsObject() == nullptr) return Unreadable("alert is not an object");
    const JsonValue* labels = body.Find("labels");
    if (labels == nullptr || labels->is_null()) return MissingField(prefix_ + "labels");
    if (auto refusal = ReadLabels(*labels, "labels", false, alert.labels)) return refusal;
    if (const JsonValue* annotations = body.Find("annotations")) {
      if (auto refusal = ReadLabels(*annotations, "annotations", true, alert.annotations)) {
        return refusal;
      }
    }
    Timestamp start;
    Timestamp end;
    if (auto refusal = ReadTime(body.Find("startsAt"), start)) return refusal;
    if (auto refusal = ReadTime(body.Find("endsAt"), end)) return refusal;
    alert.starts_at_ns = start.unix_ns;
    alert.starts_at_offset_seconds = start.offset_seconds;
    alert.ends_at_ns = end.unix_ns;
    alert.ends_at_offset_seconds = end.offset_seconds;
    return ReadUrl(body.Find("generatorURL"), alert.generator_url);
  }

 private:
  static ApiRefusal Unreadable(std::string_view why) { return UnreadableBody("alerts", why); }

  // Empty labels are dropped, empty annotations kept.
  static std::optional<ApiRefusal> ReadLabels(const JsonValue& value, std::string_view name,
                                              bool keeps_empty, Labels& labels) {
    if (value.is_null()) return std::nullopt;
    const JsonValue::Object* object = value.AsObject();
    if (object == nullptr) return Unreadable(fmt::format("{} is not an object", name));
    std::map<std::string_view, std::string_view> pairs;
    for (const auto& [key, text] : *object) {
      if (text.AsString() == nullptr) {
        return Unreadable(fmt::format("{} has a value that is not a string: {}", name, key));
      }
      pairs[key] = *text.AsString();
    }
    std::string encoded;
    for (const auto& [key, text] : pairs) {
      constexpr size_t kMaxBytes = (size_t{1} << 24) - 1;  // What Labels can hold.
      if (key.size() > kMaxBytes || text.size() > kMaxBytes) return Unreadable("text too long");
      if (text.empty() && !keeps_empty) continue;
      AppendLabelString(encoded, key);
      AppendLabelString(encoded, text);
    }
    labels = Labels::FromEncoded(std::move(encoded));
    return std::nullopt;
  }

  static std::optional<ApiRefusal> ReadTime(const JsonValue* value, Timestamp& time) {
    if (value == nullptr || value->is_null()) return std::nullopt;
    const std::string* text = value->AsString();
    if (text == nullptr) return Unreadable("a time is not a string");
    if (text->empty()) return std::nullopt;
    const auto parsed = ParseTimestamp(*text);
    if (!parsed) return Unreadable(parsed.error().message());
    time = *parsed;
    return std::nullopt;
  }

  std::optional<ApiRefusal> ReadUrl(const JsonValue* value, std::string& url) {
    if (value == nullptr || value->is_null()) return std::nullopt;
    const std::string* text = value->AsString();
    if (text == nullptr) return Unreadable("generatorURL is not a string");
    const auto parsed = http::ParseUrl(*text);
    const bool is_good =
        text->empty() || (parsed && (!parsed->scheme.empty() || parsed->path.starts_with('/')));
    if (!is_good) return WrongType(prefix_ + "generatorURL", "body", "uri", *text);
    url = *text;
    return std::nullopt;
  }

  const std::string prefix_;
};

}  // namespace

std::string JoinErrors(const std::vector<std::string>& errors) {
  std::string text;
  for (size_t i = 0; i < errors.size(); ++i) {
    if (i > 0) text.append("; ");
    text.append(errors[i]);
  }
  return text;
}

void GetAlerts(Core& core, const http::Request& request, http::Response& response) {
  const auto filter = AlertFilter::Read(core, request, response);
  if (!filter) return;
  const auto running = core.running();
  const int64_t now_ns = core.dependencies.clock.NowNs();
  AlertList alerts = core.alerts.List();
  std::sort(alerts.begin(), alerts.end(),
            [](const AlertPtr& a, const AlertPtr& b) { return a->fingerprint < b->fingerprint; });
  std::string out;
  JsonWriter json(out);
  json.BeginArray();
  for (const AlertPtr& alert : alerts) {
    const auto receivers = ReceiversOf(*running, alert->labels);
    const bool is_wanted = std::any_of(
        receivers.begin(), receivers.end(),
        [&](const std::string& receiver) { return filter->AcceptsReceiver(*running, receiver); });
    if (!is_wanted) continue;
    const auto status = filter->Select(core, *running, *alert, now_ns);
    if (status) WriteAlert(json, *alert, *status, receivers);
  }
  json.EndArray();
  SendJson(std::move(out), response);
}

void PostAlerts(Core& core, const http::Request& request, http::Response& response) {
  JsonValue body;
  if (!ReadJsonBody(request, "alerts", body, response)) return;
  const JsonValue::Array* list = body.AsArray();
  if (list == nullptr) {
    SendRefusal(UnreadableBody("alerts", "the body is not an array"), response);
    return;
  }
  std::vector<StoredAlert> alerts(list->size());
  for (size_t i = 0; i < list->size(); ++i) {
    if (const auto refusal = AlertReader(i).Read((*list)[i], alerts[i])) {
      SendRefusal(*refusal, response);
      return;
    }
  }
  const std::vector<std::string> errors = core.Post(std::move(alerts));
  if (!errors.empty()) SendErrorText(400, JoinErrors(errors), response);
}

}  // namespace tocsin::alertmanager
