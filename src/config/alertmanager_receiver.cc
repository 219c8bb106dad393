#include "config/alertmanager_receiver.h"

#include <algorithm>
#include <array>

#include "config/http_client_binding.h"
#include "config/url_text.h"

namespace tocsin::config {
namespace {

// Integrations that upstream knows and Tocsin does not send to yet, in the order upstream shows.
constexpr std::array<std::string_view, 17> kUnsupportedKinds = {
    "discord_configs",   "email_configs",     "incidentio_configs", "pagerduty_configs",
    "slack_configs",     "opsgenie_configs",  "wechat_configs",     "pushover_configs",
    "victorops_configs", "sns_configs",       "telegram_configs",   "webex_configs",
    "msteams_configs",   "msteamsv2_configs", "jira_configs",       "rocketchat_configs",
    "mattermost_configs"};

void CheckUrlKey(MappingReader& at, const WebhookConfig& webhook) {
  const std::string& url = webhook.url.reveal();
  if (url.empty() && webhook.url_file.empty())
    return at.Fail("one of url or url_file must be configured");
  if (!url.empty() && !webhook.url_file.empty())
    return at.Fail("url_file", "at most one of url & url_file must be configured");
  // A template has no URL to check before it is rendered. The URL itself is a secret.
  if (url.empty() || url.find("{{") != std::string::npos || CheckHttpUrl(url)) return;
  at.Fail("url", "url is not a valid http or https URL (<secret>)");
}

void ReadWebhook(ConfigReader& reader, const YamlNode& node, const HttpClientConfig& global_http,
                 WebhookConfig& webhook) {
  MappingReader at(reader, node);
  at.Field("send_resolved", webhook.send_resolved);
  const YamlNode* http = at.node().Find("http_config");
  webhook.has_own_http_config = http != nullptr && !http->is_null();
  if (!webhook.has_own_http_config) webhook.http_config = global_http;
  at.Field("http_config", webhook.http_config);
  at.Field("url", webhook.url);
  at.Field("url_file", FilePath{webhook.url_file});
  at.Field("max_alerts", webhook.max_alerts);
  at.Field("timeout", webhook.timeout);
  at.Field("payload", webhook.payload);
  at.Finish();
  if (!reader.failed()) CheckUrlKey(at, webhook);
}

void ReadUnsupported(MappingReader& at, ReceiverConfig& receiver) {
  for (const std::string_view kind : kUnsupportedKinds) {
    const YamlNode* list = at.Take(kind);
    if (list == nullptr || at.failed() || !ExpectSequence(at.reader(), *list)) continue;
    for (const YamlNode& item : list->items) {
      if (!ExpectMapping(at.reader(), item)) return;
    }
    if (list->items.empty()) continue;
    at.reader().Warn(*list, fmt::format("receiver {}: {} is not supported yet and is not notified",
                                        receiver.name, kind));
    receiver.unsupported.push_back({std::string(kind), *list});
  }
}

YamlNode ShowWebhook(const WebhookConfig& webhook) {
  MappingWriter writer;
  writer.Field("send_resolved", webhook.send_resolved, Show::kAlways);
  writer.Field("http_config", webhook.http_config);
  writer.Field("url", webhook.url);
  writer.Field("url_file", webhook.url_file);
  writer.Field("max_alerts", webhook.max_alerts, Show::kAlways);
  writer.Field("timeout", webhook.timeout, Show::kAlways);
  writer.Field("payload", webhook.payload);
  return writer.Take();
}

}  // namespace

void ReadReceiver(ConfigReader& reader, const YamlNode& node, const HttpClientConfig& global_http,
                  ReceiverConfig& receiver) {
  MappingReader at(reader, node);
  at.Field("name", receiver.name);
  if (!reader.failed() && receiver.name.empty()) at.Fail("name", "missing name in receiver");
  at.Field("labels", receiver.labels);
  const YamlNode* webhooks = at.Take("webhook_configs");
  ReadUnsupported(at, receiver);
  at.Finish();
  if (webhooks == nullptr || reader.failed() || !ExpectSequence(reader, *webhooks)) return;
  for (const YamlNode& item : webhooks->items) {
    if (reader.failed()) return;
    ReadWebhook(reader, item, global_http, receiver.webhooks.emplace_back());
  }
}

bool WriteValue(YamlNode& out, const ReceiverConfig& receiver) {
  MappingWriter writer;
  writer.Field("name", receiver.name, Show::kAlways);
  writer.Field("labels", receiver.labels);
  for (const UnsupportedIntegration& kind : receiver.unsupported)
    writer.Field(kind.kind, kind.body);
  YamlNode webhooks = YamlNode::Sequence();
  for (const WebhookConfig& webhook : receiver.webhooks)
    webhooks.items.push_back(ShowWebhook(webhook));
  if (!webhooks.items.empty()) writer.Add("webhook_configs", std::move(webhooks));
  out = writer.Take();
  return true;
}

}  // namespace tocsin::config
