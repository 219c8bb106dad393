#include "scraper/target_appender.h"

#include <string>
#include <utility>

#include "scraper/sample_labels.h"
#include "scraper/scrape_settings.h"

namespace tocsin::scraper {

TargetAppender::TargetAppender(storage::Appendable& storage, MetadataPool& metadata_pool,
                               ScrapeMetrics& metrics)
    : metrics_(metrics),
      row_(storage.MakeRowAppender()),
      metadata_(metadata_pool),
      layout_generation_(row_->layout_generation()) {}

void TargetAppender::BeginRow(int64_t timestamp_ms) {
  timestamp_ms_ = timestamp_ms;
  counts_ = {};
  row_->BeginRow(timestamp_ms);
  CheckLayout();
}

// Storage renumbers slots only inside BeginRow.
void TargetAppender::CheckLayout() {
  if (row_->layout_generation() == layout_generation_) return;
  layout_generation_ = row_->layout_generation();
  cache_.VoidSlots();
  groups_.Clear();
  report_slots_.fill(std::nullopt);
}

void TargetAppender::AbortRow() {
  row_->AbortRow();
  row_->BeginRow(timestamp_ms_);
  CheckLayout();
}

void TargetAppender::ForgetLines() {
  cache_.Clear();
  groups_.Clear();
}

// Lines remembered under other settings may mean other series.
void TargetAppender::ChooseLines(const ScrapedPage& page, const ScrapeSettings& settings) {
  if (series_key_ != settings.series_key || histogram_options_ != page.histograms) {
    ForgetLines();
    series_key_ = settings.series_key;
    histogram_options_ = page.histograms;
  }
  if (groups_.is_bloated(cache_.line_count())) {
    // Series stay known; only where they are is looked up anew.
    cache_.VoidSlots();
    groups_.Clear();
  }
}

Status TargetAppender::AppendPage(const ScrapedPage& page, const ScrapeSettings& settings,
                                  const Labels& labels, int64_t now_ms, PageCounts& counts) {
  ChooseLines(page, settings);
  Status status = scraper::AppendPage({*row_, cache_, groups_, metadata_, settings, labels,
                                       page.histograms, timestamp_ms_, now_ms + kMaxAheadMs},
                                      page.format, page.text, counts);
  CountLimits(counts);
  if (!status) {
    cache_.AbortPage();
    AbortRow();
    return status;
  }
  cache_.EndPage();
  metadata_.EndPage();
  counts_ = counts;
  return {};
}

void TargetAppender::CountLimits(const PageCounts& counts) {
  if (cache_.miss_count() > 0) {
    metrics_.sequence_misses.Increment(static_cast<double>(cache_.miss_count()));
  }
  if (counts.is_sample_limit_exceeded) metrics_.exceeded_sample_limit.Increment();
  if (counts.is_label_limit_exceeded) metrics_.exceeded_label_limits.Increment();
  if (counts.is_bucket_limit_exceeded) metrics_.exceeded_bucket_limit.Increment();
}

Status TargetAppender::SetReport(size_t index, std::string_view name, const Labels& labels,
                                 double value) {
  if (!report_slots_[index]) {
    TOCSIN_ASSIGN_OR_RETURN(report_slots_[index], row_->SlotOf(ReportLabels(labels, name)));
  }
  row_->Set(*report_slots_[index], value);
  return {};
}

Status TargetAppender::AppendReport(const ScrapeReport& report, const Labels& labels) {
  struct Line {
    std::string_view name;
    double value;
  };
  const std::array<Line, kMaxReportSeries> lines = {{
      {"up", report.is_up ? 1.0 : 0.0},
      {"scrape_duration_seconds", report.duration_seconds},
      {"scrape_samples_scraped", static_cast<double>(report.samples_scraped)},
      {"scrape_samples_post_metric_relabeling", static_cast<double>(report.samples_post_relabel)},
      {"scrape_series_added", static_cast<double>(report.series_added)},
      {"scrape_timeout_seconds", report.timeout_seconds},
      {"scrape_sample_limit", static_cast<double>(report.sample_limit)},
      {"scrape_body_size_bytes", report.body_size_bytes},
  }};
  const size_t count = report.has_extra_metrics ? lines.size() : 5;
  Status first_error;
  for (size_t i = 0; i < count; ++i) {
    Status status = SetReport(i, lines[i].name, labels, lines[i].value);
    if (!status && first_error) first_error = std::move(status);
  }
  return first_error;
}

Status TargetAppender::Commit(Logger& logger) {
  TOCSIN_ASSIGN_OR_RETURN(storage::RowResult result, row_->CommitRow());
  LogRefusals(logger, result);
  return {};
}

Status TargetAppender::AppendStaleMarkers(int64_t timestamp_ms) {
  BeginRow(timestamp_ms);
  TOCSIN_RETURN_IF_ERROR(row_->CommitRow());
  return {};
}

void TargetAppender::LogRefusals(Logger& logger, const storage::RowResult& result) {
  const auto report = [&logger](uint64_t count, telemetry::Counter* counter, const char* message) {
    if (count == 0) return;
    if (counter != nullptr) counter->Increment(static_cast<double>(count));
    logger.Warn(message, {{"num_dropped", std::to_string(count)}});
  };
  report(result.out_of_order, &metrics_.out_of_order, "Error on ingesting out-of-order samples");
  report(counts_.duplicates + result.duplicates, &metrics_.duplicate_timestamps,
         "Error on ingesting samples with different value but same timestamp");
  report(counts_.out_of_bounds + result.out_of_bounds, &metrics_.out_of_bounds,
         "Error on ingesting samples that are too old or are too far into the future");
  report(counts_.exemplars_out_of_order, &metrics_.exemplars_out_of_order,
         "Error on ingesting out-of-order exemplars");
  report(counts_.truncated, nullptr, "Sample limit exceeded, kept only the first samples");
  if (counts_.refused > 0) {
    logger.Warn("Storage has no room for new series",
                {{"num_dropped", std::to_string(counts_.refused)}, {"err", counts_.refusal}});
  }
}

}  // namespace tocsin::scraper
