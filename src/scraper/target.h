#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/scrape_config.h"
#include "model/labels.h"
#include "scraper/histogram_options.h"

namespace tocsin::scraper {

/// One endpoint to scrape, made of discovered labels and a job's configuration. Immutable.
struct Target {
  Labels discovered_labels;  ///< Before relabeling.
  Labels all_labels;         ///< After it, with those beginning with "__" that scraping obeys.
  Labels labels;             ///< What its series carry.
  std::string url;
  int64_t interval_ms = 0;
  int64_t timeout_ms = 0;
  HistogramOptions histograms;
  uint64_t hash = 0;  ///< Of all_labels and url, as upstream: identity, and place in the interval.
};

/// What became of a discovered target.
struct TargetCandidate {
  Labels discovered_labels;              ///< With the defaults of the job, before relabeling.
  std::shared_ptr<const Target> target;  ///< Null: relabeling dropped it. Shared with its loop.
  size_t dropping_rule = 0;              ///< Which of relabel_configs dropped it.
};

/// Builds the target that `target_labels` and those of its group describe: defaults of the job,
/// relabeling, checks. kInvalidArgument says, in upstream's words, why there can be no such target.
Result<TargetCandidate> MakeTarget(const Labels& target_labels, const Labels& group_labels,
                                   const config::ScrapeConfig& config);

}  // namespace tocsin::scraper
