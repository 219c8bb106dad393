#include "config/alertmanager_global.h"

#include <utility>

namespace tocsin::config {
namespace {

enum class Kind { kText, kBool, kUrl, kSecret, kFile, kTls };

struct Setting {
  std::string_view key;
  Kind kind;
  std::string_view default_text = "";
};

// In the order in which upstream shows them.
constexpr Setting kSettings[] = {
    {"jira_api_url", Kind::kUrl},
    {"smtp_from", Kind::kText},
    {"smtp_hello", Kind::kText, "localhost"},
    {"smtp_smarthost", Kind::kText},
    {"smtp_auth_username", Kind::kText},
    {"smtp_auth_password", Kind::kSecret},
    {"smtp_auth_password_file", Kind::kFile},
    {"smtp_auth_secret", Kind::kSecret},
    {"smtp_auth_secret_file", Kind::kFile},
    {"smtp_auth_identity", Kind::kText},
    {"smtp_require_tls", Kind::kBool, "true"},
    {"smtp_tls_config", Kind::kTls},
    {"smtp_force_implicit_tls", Kind::kBool},
    {"slack_api_url", Kind::kSecret},
    {"slack_api_url_file", Kind::kFile},
    {"slack_app_token", Kind::kSecret},
    {"slack_app_token_file", Kind::kFile},
    {"slack_app_url", Kind::kUrl},
    {"pagerduty_url", Kind::kUrl, "https://events.pagerduty.com/v2/enqueue"},
    {"opsgenie_api_url", Kind::kUrl, "https://api.opsgenie.com/"},
    {"opsgenie_api_key", Kind::kSecret},
    {"opsgenie_api_key_file", Kind::kFile},
    {"wechat_api_url", Kind::kUrl, "https://qyapi.weixin.qq.com/cgi-bin/"},
    {"wechat_api_secret", Kind::kSecret},
    {"wechat_api_secret_file", Kind::kFile},
    {"wechat_api_corp_id", Kind::kText},
    {"victorops_api_url", Kind::kUrl,
     "https://alert.victorops.com/integrations/generic/20131114/alert/"},
    {"victorops_api_key", Kind::kSecret},
    {"victorops_api_key_file", Kind::kFile},
    {"telegram_api_url", Kind::kUrl, "https://api.telegram.org"},
    {"telegram_bot_token", Kind::kSecret},
    {"telegram_bot_token_file", Kind::kFile},
    {"webex_api_url", Kind::kUrl, "https://webexapis.com/v1/messages"},
    // Without upstream's default: an amtool that is older than the key refuses the shown
    // configuration.
    {"rocketchat_api_url", Kind::kUrl},
    {"rocketchat_token", Kind::kSecret},
    {"rocketchat_token_file", Kind::kFile},
    {"rocketchat_token_id", Kind::kSecret},
    {"rocketchat_token_id_file", Kind::kFile},
    {"mattermost_webhook_url", Kind::kSecret},
    {"mattermost_webhook_url_file", Kind::kFile},
};

void ReadSetting(MappingReader& at, const Setting& setting, AlertmanagerGlobalConfig& global) {
  const std::string key(setting.key);
  if (!at.Has(key)) return;
  switch (setting.kind) {
    case Kind::kTls:
      return at.Field(key, global.smtp_tls_config);
    case Kind::kSecret:
      return at.Field(key, global.secret_settings[key]);
    case Kind::kText:
      return at.Field(key, global.settings[key]);
    case Kind::kFile:
      return at.Field(key, FilePath{global.settings[key]});
    case Kind::kUrl:
      return at.Field(key, Url{global.settings[key]});
    case Kind::kBool: {
      bool value = false;
      at.Field(key, value);
      global.settings[key] = value ? "true" : "false";
      return;
    }
  }
}

}  // namespace

void ReadAlertmanagerGlobal(MappingReader& at, AlertmanagerGlobalConfig& global) {
  at.Field("resolve_timeout", global.resolve_timeout);
  at.Field("http_config", global.http_config);
  for (const Setting& setting : kSettings) ReadSetting(at, setting, global);
  at.Finish();
  for (const Setting& setting : kSettings) {
    if (setting.kind != Kind::kSecret) continue;
    const std::string file_key = std::string(setting.key) + "_file";
    const auto secret = global.secret_settings.find(std::string(setting.key));
    const auto file = global.settings.find(file_key);
    if (secret != global.secret_settings.end() && !secret->second.empty() &&
        file != global.settings.end() && !file->second.empty())
      at.Fail(file_key,
              fmt::format("at most one of {} & {} must be configured", setting.key, file_key));
  }
}

void DefaultAlertmanagerGlobal(AlertmanagerGlobalConfig& global) {
  for (const Setting& setting : kSettings) {
    if (!setting.default_text.empty())
      global.settings.try_emplace(std::string(setting.key), setting.default_text);
  }
}

bool WriteValue(YamlNode& out, const AlertmanagerGlobalConfig& global) {
  MappingWriter writer;
  writer.Field("resolve_timeout", global.resolve_timeout, Show::kAlways);
  writer.Field("http_config", global.http_config);
  for (const Setting& setting : kSettings) {
    const std::string key(setting.key);
    if (setting.kind == Kind::kTls) {
      writer.Field(key, global.smtp_tls_config);
    } else if (setting.kind == Kind::kSecret) {
      const auto at = global.secret_settings.find(key);
      if (at != global.secret_settings.end()) writer.Field(key, at->second);
    } else if (const auto at = global.settings.find(key);
               at != global.settings.end() && !at->second.empty()) {
      if (setting.kind == Kind::kBool)
        writer.Add(key, YamlNode::Plain(at->second));
      else
        writer.Field(key, at->second);
    }
  }
  out = writer.Take();
  return true;
}

}  // namespace tocsin::config
