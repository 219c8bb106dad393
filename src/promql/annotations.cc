#include "promql/annotations.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/duration.h"
#include "model/labels.h"
#include "model/number_text.h"

namespace tocsin::promql {

Annotations::Entry& Annotations::Find(Kind kind, std::string_view text) {
  const auto same = [&](const Entry& e) { return e.kind == kind && e.text == text; };
  const auto at = std::find_if(entries_.begin(), entries_.end(), same);
  if (at != entries_.end()) return *at;
  entries_.push_back({kind, std::string(text), {}});
  return entries_.back();
}

void Annotations::Add(Kind kind, std::string text, PositionRange position) {
  Find(kind, text).position = position;
}

void Annotations::AddForcedMonotonicity(std::string_view metric_name, PositionRange position,
                                        const Repair& repair) {
  Entry& entry = Find(
      Kind::kInfo,
      ForMetric(
          "input to histogram_quantile needed to be fixed for monotonicity (see "
          "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)",
          metric_name));
  entry.position = position;
  const bool is_first = entry.repairs++ == 0;
  entry.first_ms = is_first ? repair.timestamp_ms : std::min(entry.first_ms, repair.timestamp_ms);
  entry.last_ms = is_first ? repair.timestamp_ms : std::max(entry.last_ms, repair.timestamp_ms);
  entry.first_bucket =
      is_first ? repair.first_bucket : std::min(entry.first_bucket, repair.first_bucket);
  entry.last_bucket =
      is_first ? repair.last_bucket : std::max(entry.last_bucket, repair.last_bucket);
  entry.max_difference = std::max(entry.max_difference, repair.max_difference);
}

void Annotations::Merge(const Annotations& other) {
  for (const Entry& theirs : other.entries_) {
    Entry& ours = Find(theirs.kind, theirs.text);
    if (ours.repairs == 0 || theirs.repairs == 0) {
      ours = theirs;
      continue;
    }
    ours.repairs += theirs.repairs;
    ours.first_ms = std::min(ours.first_ms, theirs.first_ms);
    ours.last_ms = std::max(ours.last_ms, theirs.last_ms);
    ours.first_bucket = std::min(ours.first_bucket, theirs.first_bucket);
    ours.last_bucket = std::max(ours.last_bucket, theirs.last_bucket);
    ours.max_difference = std::max(ours.max_difference, theirs.max_difference);
  }
}

std::vector<std::string> Annotations::Texts(Kind kind, std::string_view query) const {
  constexpr int64_t kNsPerSecond = 1'000'000'000;  // Upstream shows whole seconds here.
  std::vector<std::string> texts;
  for (const Entry& entry : entries_) {
    if (entry.kind != kind) continue;
    std::string text = kind == Kind::kWarning ? "PromQL warning: " : "PromQL info: ";
    text += entry.text;
    if (entry.repairs > 0) {
      text += fmt::format(
          ", from buckets {} to {}, with a max diff of {:.2g}, over {} samples from {} to {}",
          FormatFloatGeneral(entry.first_bucket), FormatFloatGeneral(entry.last_bucket),
          entry.max_difference, entry.repairs,
          FormatRfc3339Nano(entry.first_ms / 1000 * kNsPerSecond),
          FormatRfc3339Nano(entry.last_ms / 1000 * kNsPerSecond));
    }
    texts.push_back(fmt::format("{} ({})", text, PositionText(query, entry.position.start)));
  }
  return texts;
}

std::string PositionText(std::string_view query, int32_t offset) {
  if (offset < 0 || static_cast<size_t>(offset) > query.size()) return "invalid position";
  const std::string_view before = query.substr(0, static_cast<size_t>(offset));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
  return fmt::format("{}:{}", line, before.size() - line_start + 1);
}

std::string ForMetric(std::string text, std::string_view metric_name) {
  if (!metric_name.empty()) text += " for metric name " + GoQuote(metric_name);
  return text;
}

std::string InvalidQuantileText(double quantile) {
  return "quantile value should be between 0 and 1, got " + FormatFloatGeneral(quantile);
}

std::string MixedFloatsAndHistogramsText(std::string_view metric_name) {
  return "encountered a mix of histograms and floats for metric name " + GoQuote(metric_name);
}

std::string HistogramIgnoredInRangeText(std::string_view metric_name) {
  return "ignored histograms in a range containing both floats and histograms for metric name " +
         GoQuote(metric_name);
}

std::string HistogramIgnoredInAggregationText(std::string_view aggregation) {
  return fmt::format("ignored histogram in {} aggregation", aggregation);
}

std::string MixedBucketSchemasText(std::string_view metric_name) {
  return "vector contains a mix of histograms with exponential and custom buckets schemas for "
         "metric name " +
         GoQuote(metric_name);
}

std::string NotACounterText(std::string_view metric_name) {
  return "this native histogram metric is not a counter: " + GoQuote(metric_name);
}

std::string NotAGaugeText(std::string_view metric_name) {
  return "this native histogram metric is not a gauge: " + GoQuote(metric_name);
}

void NoteMerge(Annotations& annotations, bool hints_collide, bool reconciled_bounds,
               std::string_view operation, PositionRange position) {
  if (hints_collide) {
    annotations.AddWarning(fmt::format("conflicting counter resets during histogram {}", operation),
                           position);
  }
  if (reconciled_bounds) {
    annotations.AddInfo(
        fmt::format("mismatched custom buckets were reconciled during {}", operation), position);
  }
}

}  // namespace tocsin::promql
