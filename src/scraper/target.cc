#include "scraper/target.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "model/duration.h"
#include "model/relabel.h"
#include "scraper/target_url.h"

namespace tocsin::scraper {

namespace {

constexpr std::string_view kAddress = "__address__";
constexpr std::string_view kInterval = "__scrape_interval__";
constexpr std::string_view kTimeout = "__scrape_timeout__";

void SetDefault(LabelsBuilder& labels, std::string_view name, std::string_view value) {
  if (labels.Get(name).empty()) labels.Set(name, value);
}

LabelsBuilder DiscoveredLabels(const Labels& target_labels, const Labels& group_labels,
                               const config::ScrapeConfig& config) {
  LabelsBuilder labels(target_labels);
  for (const LabelView label : group_labels) {
    if (!target_labels.Has(label.name)) labels.Set(label.name, label.value);
  }
  SetDefault(labels, "job", config.job_name);
  SetDefault(labels, kInterval, FormatDurationMs(config.scrape_interval.count()));
  SetDefault(labels, kTimeout, FormatDurationMs(config.scrape_timeout.count()));
  SetDefault(labels, "__metrics_path__", config.metrics_path);
  SetDefault(labels, "__scheme__", config.scheme);
  for (const auto& [name, values] : config.params) {
    if (!values.empty()) labels.Set("__param_" + name, values.front());
  }
  return labels;
}

Result<int64_t> ParseScrapeDuration(const LabelsBuilder& labels, std::string_view label,
                                    const char* what) {
  const Result<int64_t> duration_ms = ParseDurationMs(labels.Get(label));
  if (!duration_ms) {
    return duration_ms.error().WithContext(fmt::format("error parsing scrape {}", what));
  }
  if (*duration_ms == 0) {
    return Errorf(ErrorCode::kInvalidArgument, "scrape {} cannot be 0", what);
  }
  return *duration_ms;
}

// A label that switches something on or off for this target alone; "" leaves it to the job.
Result<bool> ParseSwitch(const LabelsBuilder& labels, std::string_view name, bool of_job) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  const std::string_view value = labels.Get(name);
  if (value.empty()) return of_job;
  if (std::find(kTrue.begin(), kTrue.end(), value) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), value) != kFalse.end()) return false;
  return Errorf(ErrorCode::kInvalidArgument,
                "error parsing {}: strconv.ParseBool: parsing {}: invalid syntax", name,
                GoQuote(value));
}

Status ReadSwitches(const LabelsBuilder& labels, const config::ScrapeConfig& config,
                    Target& target) {
  HistogramOptions& histograms = target.histograms;
  TOCSIN_ASSIGN_OR_RETURN(histograms.reads_native,
                          ParseSwitch(labels, "__scrape_native_histograms__",
                                      config.scrape_native_histograms.value_or(false)));
  TOCSIN_ASSIGN_OR_RETURN(histograms.keeps_classic,
                          ParseSwitch(labels, "__always_scrape_classic_histograms__",
                                      config.always_scrape_classic_histograms.value_or(false)));
  TOCSIN_ASSIGN_OR_RETURN(histograms.converts_classic,
                          ParseSwitch(labels, "__convert_classic_histograms_to_nhcb__",
                                      config.convert_classic_histograms_to_nhcb.value_or(false)));
  return {};
}

// What relabeling leaves must be something that can be scraped; fills in the target's timing.
Status CheckRelabeled(const LabelsBuilder& labels, const config::ScrapeConfig& config,
                      Target& target) {
  const std::string_view address = labels.Get(kAddress);
  if (address.empty()) return Error(ErrorCode::kInvalidArgument, "no address");
  if (address.find('/') != address.npos) {
    return Error(ErrorCode::kInvalidArgument, GoQuote(address) + " is not a valid hostname");
  }
  TOCSIN_ASSIGN_OR_RETURN(target.interval_ms, ParseScrapeDuration(labels, kInterval, "interval"));
  TOCSIN_ASSIGN_OR_RETURN(target.timeout_ms, ParseScrapeDuration(labels, kTimeout, "timeout"));
  if (target.timeout_ms > target.interval_ms) {
    return Errorf(ErrorCode::kInvalidArgument,
                  "scrape timeout cannot be greater than scrape interval ({} > {})",
                  GoQuote(labels.Get(kTimeout)), GoQuote(labels.Get(kInterval)));
  }
  return ReadSwitches(labels, config, target);
}

void DeleteMetaLabels(LabelsBuilder& labels) {
  std::vector<std::string> names;
  labels.ForEach([&names](std::string_view name, std::string_view) {
    if (name.starts_with("__meta_")) names.emplace_back(name);
  });
  for (const std::string& name : names) labels.Delete(name);
}

Labels PublicLabels(const Labels& all) {
  LabelsBuilder labels(all);
  for (const LabelView label : all) {
    if (label.name.starts_with("__")) labels.Delete(label.name);
  }
  return labels.Build();
}

// FNV-1a, as upstream, so that targets are scraped in the same moments of their intervals.
uint64_t HashTarget(const Target& target) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : fmt::format("{:016}", target.all_labels.Hash()) + target.url) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return hash;
}

}  // namespace

Result<TargetCandidate> MakeTarget(const Labels& target_labels, const Labels& group_labels,
                                   const config::ScrapeConfig& config) {
  LabelsBuilder labels = DiscoveredLabels(target_labels, group_labels, config);
  TargetCandidate candidate{labels.Build(), nullptr};
  // One by one, to know which rule drops it.
  for (const RelabelRule& rule : config.relabel_configs) {
    if (!Relabel({&rule, 1}, labels) || labels.empty()) return candidate;
    ++candidate.dropping_rule;
  }
  auto target = std::make_shared<Target>();
  TOCSIN_RETURN_IF_ERROR(CheckRelabeled(labels, config, *target));
  DeleteMetaLabels(labels);
  SetDefault(labels, "instance", std::string(labels.Get(kAddress)));
  target->discovered_labels = candidate.discovered_labels;
  target->all_labels = labels.Build();
  for (const LabelView label : target->all_labels) {
    if (IsValidUtf8(label.value)) continue;
    return Errorf(ErrorCode::kInvalidArgument, "invalid label value for {}: {}",
                  GoQuote(label.name), GoQuote(label.value));
  }
  target->labels = PublicLabels(target->all_labels);
  target->url = MakeTargetUrl(target->all_labels, config);
  target->hash = HashTarget(*target);
  candidate.target = std::move(target);
  return candidate;
}

}  // namespace tocsin::scraper
