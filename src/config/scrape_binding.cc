#include "config/scrape_binding.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace tocsin::config {
namespace {

// Sorted, as the error lists them.
constexpr std::array<std::string_view, 5> kKnownProtocols = {
    "OpenMetricsText0.0.1", "OpenMetricsText1.0.0", "PrometheusProto", "PrometheusText0.0.4",
    "PrometheusText1.0.0"};

const char* const kDefaultProtocols[] = {"OpenMetricsText1.0.0", "OpenMetricsText0.0.1",
                                         "PrometheusText1.0.0", "PrometheusText0.0.4"};
constexpr const char* kProtobuf = "PrometheusProto";

std::string CheckProtocol(const std::string& protocol) {
  if (std::find(kKnownProtocols.begin(), kKnownProtocols.end(), protocol) != kKnownProtocols.end())
    return "";
  std::string known;
  for (const std::string_view name : kKnownProtocols)
    known.append(known.empty() ? "" : " ").append(name);
  return fmt::format("unknown scrape protocol {}, supported: [{}]", protocol, known);
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string OfJob(const ScrapeConfig& scrape) {
  return " for scrape config with job name " + GoQuote(scrape.job_name);
}

template <typename T>
void InheritIfZero(T& value, const T& global) {
  if (value == T{}) value = global;
}

void ResolveTimes(MappingReader& at, const GlobalConfig& global, ScrapeConfig& scrape) {
  InheritIfZero(scrape.scrape_interval, global.scrape_interval);
  if (scrape.scrape_timeout > scrape.scrape_interval)
    return at.Fail("scrape_timeout", "scrape timeout greater than scrape interval" + OfJob(scrape));
  if (scrape.scrape_timeout.count() == 0)
    scrape.scrape_timeout = std::min(global.scrape_timeout, scrape.scrape_interval);
}

void ResolveLimits(const GlobalConfig& global, ScrapeConfig& scrape) {
  InheritIfZero(scrape.body_size_limit_bytes, global.body_size_limit_bytes);
  InheritIfZero(scrape.sample_limit, global.sample_limit);
  InheritIfZero(scrape.target_limit, global.target_limit);
  InheritIfZero(scrape.label_limit, global.label_limit);
  InheritIfZero(scrape.label_name_length_limit, global.label_name_length_limit);
  InheritIfZero(scrape.label_value_length_limit, global.label_value_length_limit);
  InheritIfZero(scrape.keep_dropped_targets, global.keep_dropped_targets);
  InheritIfZero(scrape.scrape_failure_log_file, global.scrape_failure_log_file);
}

void ResolveSwitches(const GlobalConfig& global, ScrapeConfig& scrape) {
  if (!scrape.scrape_native_histograms)
    scrape.scrape_native_histograms = global.scrape_native_histograms;
  if (!scrape.extra_scrape_metrics) scrape.extra_scrape_metrics = global.extra_scrape_metrics;
  if (!scrape.convert_classic_histograms_to_nhcb)
    scrape.convert_classic_histograms_to_nhcb = global.convert_classic_histograms_to_nhcb;
  if (!scrape.always_scrape_classic_histograms)
    scrape.always_scrape_classic_histograms = global.always_scrape_classic_histograms;
}

void ResolveProtocols(MappingReader& at, const GlobalConfig& global, ScrapeConfig& scrape) {
  std::vector<std::string>& protocols = scrape.scrape_protocols;
  if (!at.Has("scrape_protocols") || at.node().Find("scrape_protocols")->is_null()) {
    protocols = global.scrape_protocols;
    if (protocols.empty()) {
      if (scrape.scrape_native_histograms.value_or(false)) protocols.emplace_back(kProtobuf);
      protocols.insert(protocols.end(), std::begin(kDefaultProtocols), std::end(kDefaultProtocols));
    }
  }
  if (const std::string wrong = CheckScrapeProtocols(protocols); !wrong.empty())
    return at.Fail("scrape_protocols", wrong + OfJob(scrape));
  if (scrape.fallback_scrape_protocol.empty()) return;
  if (const std::string wrong = CheckProtocol(scrape.fallback_scrape_protocol); !wrong.empty())
    at.Fail("fallback_scrape_protocol",
            "invalid fallback_scrape_protocol" + OfJob(scrape) + ": " + wrong);
}

bool IsEscapingScheme(std::string_view scheme) {
  return scheme == "allow-utf-8" || scheme == "underscores" || scheme == "dots" ||
         scheme == "values";
}

std::string UnknownEscaping(std::string_view where, std::string_view scheme) {
  return fmt::format(
      "unknown {} name escaping method specified, must be one of 'allow-utf-8', 'underscores', "
      "'dots', or 'values', got {}",
      where, GoQuote(scheme));
}

// A scheme of its own wins; else the validation scheme decides, the job's if it has one.
void ResolveNameSchemes(MappingReader& at, const GlobalConfig& global, ScrapeConfig& scrape) {
  const auto escaping_of = [](const std::string& validation) {
    return validation == "legacy" ? "underscores" : "allow-utf-8";
  };
  std::string global_escaping = global.metric_name_escaping_scheme;
  if (global_escaping.empty()) global_escaping = escaping_of(global.metric_name_validation_scheme);
  const bool has_own_validation = !scrape.metric_name_validation_scheme.empty();
  if (!has_own_validation)
    scrape.metric_name_validation_scheme = global.metric_name_validation_scheme;
  std::string& escaping = scrape.metric_name_escaping_scheme;
  if (escaping.empty())
    escaping =
        has_own_validation ? escaping_of(scrape.metric_name_validation_scheme) : global_escaping;
  if (!IsEscapingScheme(escaping))
    return at.Fail("metric_name_escaping_scheme", UnknownEscaping("scrape config", escaping));
  if (escaping == "allow-utf-8" && scrape.metric_name_validation_scheme != "utf8")
    at.Fail("metric_name_escaping_scheme",
            "utf8 metric names requested but validation scheme is not set to UTF8");
}

}  // namespace

std::string CheckScrapeProtocols(const std::vector<std::string>& protocols) {
  if (protocols.empty()) return "scrape_protocols cannot be empty";
  std::set<std::string> seen;
  for (const std::string& protocol : protocols) {
    if (!seen.insert(Lower(protocol)).second) {
      std::string all;
      for (const std::string& name : protocols) all.append(all.empty() ? "" : " ").append(name);
      return fmt::format("duplicated protocol in scrape_protocols, got [{}]", all);
    }
    if (const std::string wrong = CheckProtocol(protocol); !wrong.empty())
      return "scrape_protocols: " + wrong;
  }
  return "";
}

void ReadValidationScheme(MappingReader& at, std::string& scheme) {
  std::string text;
  at.Field("metric_name_validation_scheme", text);
  if (text.empty()) return;
  if (text != "utf8" && text != "legacy")
    return at.Fail("metric_name_validation_scheme",
                   fmt::format("unrecognized ValidationScheme: {}", GoQuote(text)));
  scheme = text;
}

void Validate(MappingReader& at, ScrapeConfig& scrape) {
  if (scrape.job_name.empty()) return at.Fail("job_name", "job_name is empty");
  if (scrape.relabel_configs.empty()) CheckStaticTargets(at, scrape.discovery);
}

void ResolveScrapeConfig(MappingReader& at, const GlobalConfig& global, ScrapeConfig& scrape) {
  ResolveTimes(at, global, scrape);
  ResolveLimits(global, scrape);
  ResolveSwitches(global, scrape);
  ResolveProtocols(at, global, scrape);
  ResolveNameSchemes(at, global, scrape);
  const std::string& scheme = scrape.metric_name_validation_scheme;
  ValidateRelabelRules(at.reader(), at.node().Find("relabel_configs"), scrape.relabel_configs,
                       scheme);
  ValidateRelabelRules(at.reader(), at.node().Find("metric_relabel_configs"),
                       scrape.metric_relabel_configs, scheme);
}

}  // namespace tocsin::config
