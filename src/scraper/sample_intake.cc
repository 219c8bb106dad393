#include "scraper/sample_intake.h"

#include <algorithm>
#include <limits>

#include "scraper/histogram_limits.h"
#include "scraper/sample_labels.h"
#include "scraper/scrape_settings.h"

namespace tocsin::scraper {

namespace {

uint64_t TruncationOf(const ScrapeSettings& settings) {
  const uint64_t limit = settings.config.sample_limit;
  return limit > 0 && settings.truncates_at_sample_limit ? limit
                                                         : std::numeric_limits<uint64_t>::max();
}

bool IsBefore(const Exemplar& a, const Exemplar& b) {
  if (a.timestamp_ms != b.timestamp_ms) return a.timestamp_ms < b.timestamp_ms;
  if (a.value != b.value) return a.value < b.value;
  return a.labels < b.labels;
}

}  // namespace

SampleIntake::SampleIntake(const PageTarget& target)
    : target_(target),
      honors_timestamps_(target.settings.config.honor_timestamps),
      truncate_behind_(TruncationOf(target.settings)) {}

bool SampleIntake::IsTooFarAhead(std::optional<int64_t> timestamp_ms) const {
  return honors_timestamps_ && timestamp_ms && *timestamp_ms > target_.max_timestamp_ms;
}

bool SampleIntake::IsOverSampleLimit() const {
  const uint64_t limit = target_.settings.config.sample_limit;
  return limit > 0 && counts_.post_relabel - counts_.duplicates > limit;
}

bool SampleIntake::PutAt(Slot slot, double value, int64_t timestamp_ms) {
  if (IsTooFarAhead(timestamp_ms)) {
    ++counts_.out_of_bounds;
    return false;
  }
  if (counts_.post_relabel > truncate_behind_) {
    ++counts_.truncated;
    return false;
  }
  if (target_.row.SetAt(slot, timestamp_ms, value,
                        target_.settings.config.track_timestamps_staleness)) {
    return true;
  }
  ++counts_.duplicates;
  return false;
}

Result<bool> SampleIntake::PutHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                                        Histogram& histogram) {
  return PutAnyHistogram(slot, timestamp_ms, histogram);
}

Result<bool> SampleIntake::PutHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                                        FloatHistogram& histogram) {
  return PutAnyHistogram(slot, timestamp_ms, histogram);
}

template <typename AnyHistogram>
Result<bool> SampleIntake::PutAnyHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                                           AnyHistogram& histogram) {
  if (!honors_timestamps_) timestamp_ms.reset();
  if (IsTooFarAhead(timestamp_ms)) {
    ++counts_.out_of_bounds;
    return false;
  }
  if (counts_.post_relabel > truncate_behind_) {
    ++counts_.truncated;
    return false;
  }
  if (!LimitHistogram(target_.settings.histogram_limits, histogram)) {
    counts_.is_bucket_limit_exceeded = true;
    return false;
  }
  const Status status =
      target_.row.SetHistogram(slot, timestamp_ms, histogram,
                               !timestamp_ms || target_.settings.config.track_timestamps_staleness);
  if (status) return true;
  if (status.error().code() == ErrorCode::kAlreadyExists) {
    ++counts_.duplicates;
    return false;
  }
  if (status.error().code() == ErrorCode::kUnimplemented) {
    ++counts_.refused;
    counts_.refusal = status.error().message();
    return false;
  }
  return status.error();
}

void SampleIntake::PutExemplars(Slot slot, std::optional<int64_t> sample_timestamp_ms,
                                bool is_histogram, std::vector<Exemplar>& exemplars) {
  if (!honors_timestamps_) sample_timestamp_ms.reset();
  const int64_t default_ms = sample_timestamp_ms.value_or(target_.timestamp_ms);
  std::erase_if(exemplars, [&](Exemplar& exemplar) {
    if (exemplar.has_timestamp) return false;
    exemplar.timestamp_ms = default_ms;
    return is_histogram;
  });
  if (exemplars.empty()) return;
  std::sort(exemplars.begin(), exemplars.end(), IsBefore);
  const size_t out_of_order = target_.row.AddExemplars(slot, exemplars);
  // Some of them: a histogram shows old exemplars beside new ones.
  if (out_of_order == exemplars.size()) counts_.exemplars_out_of_order += out_of_order;
}

Result<std::optional<LineAction>> SampleIntake::Admit(LabelsBuilder& labels,
                                                      std::span<const std::string> empty_names,
                                                      std::optional<int64_t> timestamp_ms) {
  ++counts_.samples;
  const SampleLabelRules& rules = target_.settings.label_rules;
  if (!AddTargetLabels(target_.labels, rules, empty_names, labels)) return LineAction::Dropped();
  const Labels final_labels = labels.Build();
  if (const Status status = CheckSampleLabels(final_labels, rules); !status) {
    counts_.is_label_limit_exceeded = status.error().code() == ErrorCode::kTooLarge;
    return status.error();
  }
  ++counts_.post_relabel;
  // Samples that will not be stored must not create series.
  if (IsOverSampleLimit()) {
    counts_.truncated += counts_.post_relabel > truncate_behind_;
    return std::nullopt;
  }
  if (IsTooFarAhead(timestamp_ms)) {
    ++counts_.out_of_bounds;
    return std::nullopt;
  }
  const Result<Slot> slot = target_.row.SlotOf(final_labels);
  if (!slot) {
    ++counts_.refused;
    counts_.refusal = slot.error().message();
    return std::nullopt;
  }
  return LineAction::Sample(*slot);
}

Status SampleIntake::CheckLimits() {
  counts_.is_sample_limit_exceeded = IsOverSampleLimit();
  if (counts_.is_sample_limit_exceeded && !target_.settings.truncates_at_sample_limit) {
    return Error(ErrorCode::kTooLarge, "sample limit exceeded");
  }
  if (counts_.is_bucket_limit_exceeded) {
    return Error(ErrorCode::kTooLarge, "histogram bucket limit exceeded");
  }
  return {};
}

}  // namespace tocsin::scraper
