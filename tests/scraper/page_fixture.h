#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "scraper/fake_storage.h"
#include "scraper/scrape_metrics.h"
#include "scraper/scrape_settings.h"
#include "scraper/target_appender.h"
#include "telemetry/registry.h"

namespace tocsin::scraper {

/// A target's appender on a fake storage: scrapes pages given as text.
struct PageFixture {
  explicit PageFixture(const config::ScrapeConfig& config = {}) { Configure(config); }

  void Configure(const config::ScrapeConfig& config, const ScrapeFeatures& features = {}) {
    settings = MakeScrapeSettings(config, features);
  }

  /// One scrape of `page` at `timestamp_ms`, without report series.
  Status Scrape(std::string_view page, int64_t timestamp_ms) {
    // A copy of exact size, so that a sanitizer sees a read behind the end.
    const std::vector<char> copy(page.begin(), page.end());
    appender.BeginRow(timestamp_ms);
    const Status status = appender.AppendPage({{copy.data(), copy.size()}, format, histograms},
                                              *settings, labels, timestamp_ms, counts);
    const Status committed = appender.Commit(logger);
    return committed ? status : committed;
  }

  double CounterValue(const std::string& name) { return registry.AddCounter(name, "").value(); }

  NullLogger logger;
  telemetry::Registry registry;
  ScrapeMetrics metrics{registry};
  MetadataPool pool;
  FakeStorage storage;
  Labels labels = {{"instance", "i"}, {"job", "j"}};
  std::shared_ptr<const ScrapeSettings> settings;
  exposition::Format format = exposition::Format::kText;
  HistogramOptions histograms;
  TargetAppender appender{storage, pool, metrics};
  PageCounts counts;
};

}  // namespace tocsin::scraper
