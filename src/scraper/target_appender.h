#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "exposition/content_type.h"
#include "model/labels.h"
#include "scraper/page_appender.h"
#include "scraper/scrape_metrics.h"
#include "scraper/sequence_cache.h"
#include "scraper/series_groups.h"
#include "scraper/target_metadata.h"
#include "storage/appendable.h"

namespace tocsin::scraper {

struct ScrapeSettings;

/// The values of the series that each scrape adds about itself.
struct ScrapeReport {
  bool is_up = false;
  double duration_seconds = 0;
  uint64_t samples_scraped = 0;
  uint64_t samples_post_relabel = 0;
  uint64_t series_added = 0;
  // With extra_scrape_metrics.
  bool has_extra_metrics = false;
  double timeout_seconds = 0;
  uint64_t sample_limit = 0;
  double body_size_bytes = 0;  ///< -1 when the body limit was hit, 0 after any other failure.
};

/// A page as it was received.
struct ScrapedPage {
  std::string_view text;
  exposition::Format format = exposition::Format::kText;
  HistogramOptions histograms;
};

/// Writes the scrapes of one target: owns its row in storage, its sequence cache and its metadata.
/// Use: BeginRow, AppendPage unless there is no page, AppendReport, Commit. Series of the last row
/// that are not in this one get stale markers from storage. Confined to a thread at a time, but
/// metadata().
class TargetAppender {
 public:
  /// How far a sample's own timestamp may be ahead of now.
  static constexpr int64_t kMaxAheadMs = 10 * 60 * 1000;

  /// References outlive it.
  TargetAppender(storage::Appendable& storage, MetadataPool& metadata_pool, ScrapeMetrics& metrics);

  void BeginRow(int64_t timestamp_ms);
  /// Adds a page to the row. On error the row holds nothing, so the target's series go stale;
  /// `counts` is set either way.
  Status AppendPage(const ScrapedPage& page, const ScrapeSettings& settings, const Labels& labels,
                    int64_t now_ms, PageCounts& counts);
  /// Adds the report series. The first error is returned, the others are added all the same.
  Status AppendReport(const ScrapeReport& report, const Labels& labels);
  /// Publishes the row. What storage refused is counted and logged once.
  Status Commit(Logger& logger);

  /// Marks all series of the last row, the reports too, as stale at a time. Where newer samples
  /// exist by now, as of a target that came back, storage refuses the marker, which is no error.
  Status AppendStaleMarkers(int64_t timestamp_ms);

  const TargetMetadata& metadata() const { return metadata_; }
  const SequenceCache& cache() const { return cache_; }

 private:
  static constexpr size_t kMaxReportSeries = 8;

  void CheckLayout();
  void AbortRow();
  Status SetReport(size_t index, std::string_view name, const Labels& labels, double value);
  void ForgetLines();
  void ChooseLines(const ScrapedPage& page, const ScrapeSettings& settings);
  void CountLimits(const PageCounts& counts);
  void LogRefusals(Logger& logger, const storage::RowResult& result);

  ScrapeMetrics& metrics_;
  const std::unique_ptr<storage::RowAppender> row_;
  SequenceCache cache_;
  SeriesGroups groups_;
  TargetMetadata metadata_;
  std::string series_key_;              // Of the settings that filled the cache.
  HistogramOptions histogram_options_;  // With which it was filled.
  uint64_t layout_generation_;
  std::array<std::optional<storage::RowAppender::Slot>, kMaxReportSeries> report_slots_;
  int64_t timestamp_ms_ = 0;
  PageCounts counts_;  // Of this row's page.
};

}  // namespace tocsin::scraper
