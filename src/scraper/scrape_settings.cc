#include "scraper/scrape_settings.h"

#include "exposition/content_type.h"
#include "http/client_config.h"

namespace tocsin::scraper {

namespace {

void AppendKey(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key.push_back(':');
  key += part;
}

void AppendKey(std::string& key, const RelabelRule& rule) {
  key += fmt::format("|{}/{}", static_cast<int>(rule.action), rule.modulus);
  for (const std::string& label : rule.source_labels) AppendKey(key, label);
  for (const std::string* part : {&rule.separator, &rule.target_label, &rule.replacement}) {
    AppendKey(key, *part);
  }
  AppendKey(key, rule.regex.pattern());
}

std::string SeriesKey(const SampleLabelRules& rules, const ScrapeFeatures& features) {
  std::string key =
      fmt::format("{}{}{}{}/{}/{}/{}", features.start_timestamps, features.type_and_unit_labels,
                  rules.honor_labels, rules.legacy_names, rules.label_limit,
                  rules.label_name_length_limit, rules.label_value_length_limit);
  for (const RelabelRule& rule : rules.metric_relabel_configs) AppendKey(key, rule);
  return key;
}

}  // namespace

std::shared_ptr<const ScrapeSettings> MakeScrapeSettings(const config::ScrapeConfig& config,
                                                         const ScrapeFeatures& features,
                                                         std::shared_ptr<Logger> failure_log) {
  auto settings = std::make_shared<ScrapeSettings>();
  settings->config = config;
  settings->features = features;
  settings->failure_log = std::move(failure_log);
  settings->truncates_at_sample_limit = config.sample_limit_action == "truncate";
  settings->histogram_limits = {config.native_histogram_bucket_limit,
                                PickMaxSchema(config.native_histogram_min_bucket_factor)};
  settings->label_rules = {config.honor_labels,
                           config.metric_relabel_configs,
                           config.metric_name_validation_scheme == "legacy",
                           config.label_limit,
                           config.label_name_length_limit,
                           config.label_value_length_limit};
  settings->accept_header =
      exposition::AcceptHeader(config.scrape_protocols, config.metric_name_escaping_scheme);
  settings->series_key = SeriesKey(settings->label_rules, features);
  auto options = http::MakeClientOptions(config.http_client);
  if (options) {
    settings->client_options = std::make_shared<const http::ClientOptions>(std::move(*options));
  } else {
    settings->unsupported = options.error().message();
  }
  return settings;
}

}  // namespace tocsin::scraper
