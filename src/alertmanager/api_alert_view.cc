#include "alertmanager/api_alert_view.h"

#include <algorithm>

#include "alertmanager/api_errors.h"
#include "alertmanager/timestamp_text.h"
#include "config/alertmanager_matchers.h"

namespace tocsin::alertmanager {

namespace {

void WriteStrings(JsonWriter& json, std::string_view key, const std::vector<std::string>& strings) {
  json.Key(key);
  json.BeginArray();
  for (const std::string& text : strings) json.String(text);
  json.EndArray();
}

void WriteStatus(JsonWriter& json, const AlertStatus& status) {
  const bool is_suppressed =
      !status.silenced_by.empty() || !status.inhibited_by.empty() || !status.muted_by.empty();
  json.Key("status");
  json.BeginObject();
  WriteStrings(json, "inhibitedBy", status.inhibited_by);
  WriteStrings(json, "mutedBy", status.muted_by);
  WriteStrings(json, "silencedBy", status.silenced_by);
  json.KeyString("state", is_suppressed ? "suppressed" : "active");
  json.EndObject();
}

// `foo=""` finds alerts without the label, `foo!=""` those with it.
bool MatchesAll(const std::vector<Matcher>& matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return matcher.Matches(labels); });
}

}  // namespace

std::optional<std::vector<Matcher>> ReadMatchers(const Core& core, const http::Request& request,
                                                 std::string_view parameter,
                                                 http::Response& response) {
  std::vector<Matcher> matchers;
  for (const std::string_view text : request.Parameters(parameter)) {
    auto matcher = config::ParseAlertmanagerMatcher(text, core.options.matcher_mode);
    if (!matcher) {
      SendErrorText(400, matcher.error().message(), response);
      return std::nullopt;
    }
    matchers.push_back(*std::move(matcher));
  }
  return matchers;
}

bool MatchesReceiver(const std::vector<Matcher>& matchers, const config::ReceiverConfig& receiver) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& matcher) {
    if (matcher.name() == "name") return matcher.Matches(std::string_view(receiver.name));
    const auto label = receiver.labels.find(matcher.name());
    return matcher.Matches(label == receiver.labels.end() ? std::string_view()
                                                          : std::string_view(label->second));
  });
}

std::optional<AlertFilter> AlertFilter::Read(const Core& core, const http::Request& request,
                                             http::Response& response) {
  AlertFilter filter;
  filter.wants_active_ = ReadBool(request, "active", true);
  filter.wants_silenced_ = ReadBool(request, "silenced", true);
  filter.wants_inhibited_ = ReadBool(request, "inhibited", true);
  auto matchers = ReadMatchers(core, request, "filter", response);
  if (!matchers) return std::nullopt;
  filter.matchers_ = *std::move(matchers);
  auto receiver_matchers = ReadMatchers(core, request, "receiver_matchers", response);
  if (!receiver_matchers) return std::nullopt;
  filter.receiver_matchers_ = *std::move(receiver_matchers);
  if (request.HasParameter("receiver")) {
    auto regex = Regex::Compile(request.Parameter("receiver"), Regex::Dot::kNotNewline);
    if (!regex) {
      SendErrorText(400, "failed to parse receiver param: " + regex.error().message(), response);
      return std::nullopt;
    }
    filter.receiver_ = *std::move(regex);
  }
  return filter;
}

bool AlertFilter::AcceptsReceiver(const RunningConfig& running, const std::string& receiver) const {
  if (receiver_ && !receiver_->Matches(receiver)) return false;
  if (receiver_matchers_.empty()) return true;
  const auto& receivers = running.config.receivers;
  const auto found = std::find_if(receivers.begin(), receivers.end(), [&](const auto& candidate) {
    return candidate.name == receiver;
  });
  return found != receivers.end() && MatchesReceiver(receiver_matchers_, *found);
}

std::optional<AlertStatus> AlertFilter::Select(const Core& core, const RunningConfig& running,
                                               const StoredAlert& alert, int64_t now_ns) const {
  const bool is_over = alert.ends_at_ns != 0 && alert.ends_at_ns < now_ns;
  if (is_over || !MatchesAll(matchers_, alert.labels)) return std::nullopt;
  AlertStatus status;
  status.silenced_by = core.silences.SilencedBy(alert.labels);
  if (const auto source = running.inhibitor->InhibitedBy(alert.labels)) {
    status.inhibited_by.push_back(FormatFingerprint(*source));
  }
  const bool is_active = status.silenced_by.empty() && status.inhibited_by.empty();
  if (is_active && !wants_active_) return std::nullopt;
  if (!status.silenced_by.empty() && !wants_silenced_) return std::nullopt;
  if (!status.inhibited_by.empty() && !wants_inhibited_) return std::nullopt;
  return status;
}

void WriteLabels(JsonWriter& json, std::string_view key, const Labels& labels) {
  json.Key(key);
  json.BeginObject();
  for (const LabelView label : labels) json.KeyString(label.name, label.value);
  json.EndObject();
}

void WriteAlert(JsonWriter& json, const StoredAlert& alert, const AlertStatus& status,
                const std::vector<std::string>& receivers) {
  json.BeginObject();
  WriteLabels(json, "annotations", alert.annotations);
  json.KeyString("endsAt", FormatTimestampMilli({alert.ends_at_ns, alert.ends_at_offset_seconds}));
  json.KeyString("fingerprint", FormatFingerprint(alert.fingerprint));
  json.Key("receivers");
  json.BeginArray();
  for (const std::string& receiver : receivers) {
    json.BeginObject();
    json.KeyString("name", receiver);
    json.EndObject();
  }
  json.EndArray();
  json.KeyString("startsAt",
                 FormatTimestampMilli({alert.starts_at_ns, alert.starts_at_offset_seconds}));
  WriteStatus(json, status);
  json.KeyString("updatedAt", FormatTimestampMilli({alert.updated_at_ns, 0}));
  if (!alert.generator_url.empty()) json.KeyString("generatorURL", alert.generator_url);
  WriteLabels(json, "labels", alert.labels);
  json.EndObject();
}

}  // namespace tocsin::alertmanager
