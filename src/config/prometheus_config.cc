#include "config/prometheus_config.h"

#include <algorithm>
#include <map>
#include <set>

#include "config/environment.h"
#include "config/glob.h"
#include "config/prometheus_binding.h"
#include "config/yaml_parser.h"

namespace tocsin::config {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;  // As kMaxYamlBytes.

// ^[^*]*(\*[^/]*)?$: stars in the last component only.
bool IsRulePath(std::string_view path) {
  const size_t star = path.find('*');
  return star == std::string_view::npos || path.find('/', star) == std::string_view::npos;
}

void ReadGlobs(MappingReader& root, std::string_view key, std::string_view what,
               std::vector<std::string>& globs) {
  root.Field(key, globs);
  const YamlNode* list = root.node().Find(key);
  for (size_t i = 0; i < globs.size() && !root.failed(); ++i) {
    if (!IsRulePath(globs[i]))
      return root.reader().Fail(list->items[i],
                                fmt::format("invalid {} file path {}", what, GoQuote(globs[i])));
    globs[i] = root.reader().JoinDirectory(globs[i]);
  }
}

// An open but empty block is the same as none; one with keys infers what it leaves out.
void ReadGlobal(MappingReader& root, const EnvironmentLookup& environment, GlobalConfig& global) {
  const YamlNode* node = root.Take("global");
  if (node == nullptr || node->is_null() || root.failed()) return;
  global.scrape_interval = global.scrape_timeout = std::chrono::milliseconds(0);
  global.metric_name_escaping_scheme.clear();
  ReadValue(root.reader(), *node, global);
  if (root.failed()) return;
  LabelsBuilder labels;
  for (const LabelView label : global.external_labels) {
    labels.Set(label.name, ExpandVariables(label.value, [&](const std::string& name) {
                 const auto value = environment ? environment(name) : std::nullopt;
                 if (!value || value->empty())
                   root.reader().Warn(
                       *node->Find("external_labels"),
                       "empty environment variable in external_labels (" + name + ")");
                 return value.value_or("");
               }));
  }
  global.external_labels = labels.Build();
}

// Where each job was defined first.
using JobPlaces = std::map<std::string, std::string>;

void ReadScrapeConfigs(MappingReader& root, const GlobalConfig& global, const std::string& place,
                       bool is_main, JobPlaces& jobs, std::vector<ScrapeConfig>& scrapes) {
  root.Field("scrape_configs", NonNull(scrapes, "empty or null scrape config section"));
  if (root.failed()) return;
  const YamlNode* list = root.node().Find("scrape_configs");
  for (size_t i = 0; i < scrapes.size() && !root.failed(); ++i) {
    MappingReader at(root.reader(), list->items[i]);
    ResolveScrapeConfig(at, global, scrapes[i]);
    const auto [other, inserted] = jobs.emplace(scrapes[i].job_name, place);
    if (inserted) continue;
    std::string message =
        "found multiple scrape configs with job name " + GoQuote(scrapes[i].job_name);
    if (!is_main) message += ", first found in " + other->second;
    at.Fail("job_name", message);
  }
}

void ReadAlerting(MappingReader& root, const std::string& scheme, AlertingConfig& alerting) {
  root.Field("alerting", alerting);
  const YamlNode* node = root.node().Find("alerting");
  if (node == nullptr || root.failed()) return;
  ConfigReader& reader = root.reader();
  ValidateRelabelRules(reader, node->Find("alert_relabel_configs"), alerting.alert_relabel_configs,
                       scheme);
  const YamlNode* list = node->Find("alertmanagers");
  for (size_t i = 0; i < alerting.alertmanagers.size() && !reader.failed(); ++i) {
    const AlertmanagerEndpointConfig& endpoint = alerting.alertmanagers[i];
    const YamlNode& entry = list->items[i];
    ValidateRelabelRules(reader, entry.Find("relabel_configs"), endpoint.relabel_configs, scheme);
    ValidateRelabelRules(reader, entry.Find("alert_relabel_configs"),
                         endpoint.alert_relabel_configs, scheme);
  }
}

template <typename Remote>
void RefuseDuplicateNames(MappingReader& root, std::string_view key, std::string_view what,
                          const std::vector<Remote>& remotes) {
  std::set<std::string> names;
  for (size_t i = 0; i < remotes.size() && !root.failed(); ++i) {
    if (remotes[i].name.empty() || names.insert(remotes[i].name).second) continue;
    MappingReader at(root.reader(), root.node().Find(key)->items[i]);
    at.Fail("name", fmt::format("found multiple {} configs with job name {}", what,
                                GoQuote(remotes[i].name)));
  }
}

void ReadRemote(MappingReader& root, PrometheusConfig& config) {
  root.Field("remote_write",
             NonNull(config.remote_write, "empty or null remote write config section"));
  root.Field("remote_read",
             NonNull(config.remote_read, "empty or null remote read config section"));
  if (root.failed()) return;
  RefuseDuplicateNames(root, "remote_write", "remote write", config.remote_write);
  RefuseDuplicateNames(root, "remote_read", "remote read", config.remote_read);
  for (size_t i = 0; i < config.remote_write.size() && !root.failed(); ++i) {
    ValidateRelabelRules(
        root.reader(), root.node().Find("remote_write")->items[i].Find("write_relabel_configs"),
        config.remote_write[i].write_relabel_configs, config.global.metric_name_validation_scheme);
  }
}

void ReadOtlp(MappingReader& root, const GlobalConfig& global, OtlpConfig& otlp) {
  root.Field("otlp", otlp);
  if (root.failed() || !root.Has("otlp")) return;
  const std::string& strategy = otlp.translation_strategy;
  MappingReader at(root.reader(), *root.node().Find("otlp"));
  if (strategy == "NoTranslation" || strategy == "NoUTF8EscapingWithSuffixes") {
    if (global.metric_name_validation_scheme == "legacy")
      at.Fail("translation_strategy",
              fmt::format("OTLP translation strategy {} is not allowed when UTF8 is disabled",
                          GoQuote(strategy)));
  } else if (!strategy.empty() && strategy != "UnderscoreEscapingWithSuffixes" &&
             strategy != "UnderscoreEscapingWithoutSuffixes") {
    at.Fail("translation_strategy",
            fmt::format("unsupported OTLP translation strategy {}", GoQuote(strategy)));
  }
}

void RefuseForAgent(MappingReader& root, const PrometheusConfig& config) {
  if (!config.alerting.alertmanagers.empty() || !config.alerting.alert_relabel_configs.empty())
    root.Fail("alerting", "field alerting is not allowed in agent mode");
  if (!config.rule_files.empty())
    root.Fail("rule_files", "field rule_files is not allowed in agent mode");
  if (!config.remote_read.empty())
    root.Fail("remote_read", "field remote_read is not allowed in agent mode");
}

void WarnOfUnsupported(MappingReader& root, const PrometheusConfig& config) {
  const auto warn = [&](bool is_used, std::string_view key) {
    if (is_used)
      root.reader().Warn(*root.node().Find(key),
                         fmt::format("{} is not supported yet and is ignored", key));
  };
  warn(!config.remote_write.empty(), "remote_write");
  warn(!config.remote_read.empty(), "remote_read");
  warn(config.tracing.has_value(), "tracing");
}

void ReadRoot(MappingReader& root, const LoadOptions& options, JobPlaces& jobs,
              PrometheusConfig& config) {
  ReadGlobal(root, options.environment, config.global);
  root.Field("runtime", config.runtime);
  if (config.runtime.gogc == 0) config.runtime = RuntimeConfig{};
  ReadGlobs(root, "rule_files", "rule", config.rule_files);
  ReadGlobs(root, "scrape_config_files", "scrape config", config.scrape_config_files);
  ReadScrapeConfigs(root, config.global, "main config file", true, jobs, config.scrape_configs);
  ReadAlerting(root, config.global.metric_name_validation_scheme, config.alerting);
  root.Field("storage", config.storage);
  root.Field("tracing", config.tracing);
  ReadRemote(root, config);
  ReadOtlp(root, config.global, config.otlp);
  root.Finish();
  if (options.agent_mode) RefuseForAgent(root, config);
  if (!root.failed()) WarnOfUnsupported(root, config);
}

Result<PrometheusConfig> ParseMain(std::string_view text, const std::string& file_name,
                                   const LoadOptions& options, JobPlaces& jobs) {
  TOCSIN_ASSIGN_OR_RETURN(const YamlNode node, ParseYaml(text, file_name));
  ConfigReader reader(file_name, options.warnings);
  PrometheusConfig config;
  MappingReader root(reader, node);
  if (!reader.failed()) ReadRoot(root, options, jobs, config);
  if (reader.failed()) return reader.error();
  return config;
}

Status ReadIncluded(Fs& fs, const std::string& path, const LoadOptions& options, JobPlaces& jobs,
                    PrometheusConfig& config) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, fs.ReadFile(path, kMaxFileBytes));
  TOCSIN_ASSIGN_OR_RETURN(const YamlNode node, ParseYaml(text, path));
  ConfigReader reader(path, options.warnings);
  MappingReader root(reader, node);
  std::vector<ScrapeConfig> scrapes;
  ReadScrapeConfigs(root, config.global, GoQuote(path), false, jobs, scrapes);
  root.Finish();
  if (reader.failed()) return reader.error();
  std::move(scrapes.begin(), scrapes.end(), std::back_inserter(config.included_scrape_configs));
  return {};
}

}  // namespace

void Validate(MappingReader& at, GlobalConfig& global) {
  const GlobalConfig defaults;
  if (global.scrape_interval.count() == 0) global.scrape_interval = defaults.scrape_interval;
  if (global.scrape_timeout > global.scrape_interval)
    return at.Fail("scrape_timeout", "global scrape timeout greater than scrape interval");
  if (global.scrape_timeout.count() == 0)
    global.scrape_timeout = std::min(defaults.scrape_timeout, global.scrape_interval);
  if (global.evaluation_interval.count() == 0)
    global.evaluation_interval = defaults.evaluation_interval;
  if (const YamlNode* protocols = at.node().Find("scrape_protocols");
      protocols != nullptr && !protocols->is_null()) {
    if (const std::string wrong = CheckScrapeProtocols(global.scrape_protocols); !wrong.empty())
      return at.Fail("scrape_protocols", wrong + " for global config");
  }
  const std::string& escaping = global.metric_name_escaping_scheme;
  if (!escaping.empty() && escaping != "allow-utf-8" && escaping != "underscores" &&
      escaping != "dots" && escaping != "values")
    at.Fail("metric_name_escaping_scheme",
            fmt::format("unknown global name escaping method specified, must be one of "
                        "'allow-utf-8', 'underscores', 'dots', or 'values', got {}",
                        GoQuote(escaping)));
}

void ReadExternalLabels(MappingReader& at, Labels& out) {
  const YamlNode* node = at.Take("external_labels");
  if (node == nullptr || at.failed()) return;
  ReadLabels(at.reader(), *node, out);
  const YamlNode* scheme = at.node().Find("metric_name_validation_scheme");
  if (at.failed() || scheme == nullptr || scheme->text != "legacy") return;
  for (const YamlEntry& entry : node->entries) {
    if (!IsLegacyLabelName(entry.key.text))
      return at.reader().Fail(entry.key,
                              fmt::format("{} is not a valid label name", GoQuote(entry.key.text)));
  }
}

void Validate(MappingReader& at, AlertmanagerEndpointConfig& endpoint) {
  const HttpClientConfig& client = endpoint.http_client;
  if ((client.basic_auth || client.authorization || client.oauth2) && endpoint.sigv4)
    return at.Fail("sigv4",
                   "at most one of basic_auth, authorization, oauth2, & sigv4 must be configured");
  if (endpoint.relabel_configs.empty()) CheckStaticTargets(at, endpoint.discovery);
}

void Validate(MappingReader& at, RetentionRuleConfig& rule) {
  if (rule.match.empty()) return at.Fail("match", "a retention rule needs a series selector");
  if (rule.time.count() <= 0) at.Fail("time", "a retention rule needs a time above 0");
}

void ReadValue(ConfigReader& reader, const YamlNode& node, RetentionConfig& retention) {
  if (node.is_sequence()) return ReadValue(reader, node, retention.rules);
  MappingReader mapping(reader, node);
  if (reader.failed()) return;
  Describe(mapping, retention);
  mapping.Finish();
  if (!reader.failed()) Validate(mapping, retention);
}

void Validate(MappingReader& at, RetentionConfig& retention) {
  if (retention.percentage < 0 || retention.percentage > 100)
    at.Fail("percentage", fmt::format("'storage.tsdb.retention.percentage' must be in the range "
                                      "[0, 100] ({})",
                                      at.node().Find("percentage")->text));
}

std::vector<ScrapeConfig> PrometheusConfig::AllScrapeConfigs() const {
  std::vector<ScrapeConfig> all = scrape_configs;
  all.insert(all.end(), included_scrape_configs.begin(), included_scrape_configs.end());
  return all;
}

Result<PrometheusConfig> ParsePrometheusConfig(std::string_view text, const std::string& file_name,
                                               const LoadOptions& options) {
  JobPlaces jobs;
  return ParseMain(text, file_name, options, jobs);
}

Result<PrometheusConfig> LoadPrometheusConfig(Fs& fs, const std::string& path,
                                              const LoadOptions& options) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, fs.ReadFile(path, kMaxFileBytes));
  JobPlaces jobs;
  TOCSIN_ASSIGN_OR_RETURN(PrometheusConfig config, ParseMain(text, path, options, jobs));
  for (const std::string& pattern : config.scrape_config_files) {
    auto files = Glob(fs, pattern);
    if (!files)
      return Errorf(ErrorCode::kInvalidArgument,
                    "{}: error retrieving scrape config files for {}: {}", path, GoQuote(pattern),
                    files.error().message());
    for (const std::string& file : *files)
      TOCSIN_RETURN_IF_ERROR(ReadIncluded(fs, file, options, jobs, config));
  }
  return config;
}

}  // namespace tocsin::config
