#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/exemplar.h"
#include "model/histogram.h"
#include "model/labels.h"
#include "model/metadata.h"
#include "scraper/histogram_options.h"
#include "scraper/sequence_cache.h"
#include "scraper/target_metadata.h"
#include "storage/appendable.h"

namespace tocsin::scraper {

struct ScrapeSettings;
class SeriesGroups;

/// What a page held and what became of it.
struct PageCounts {
  uint64_t samples = 0;        ///< Float values and native histograms.
  uint64_t post_relabel = 0;   ///< Of those, not dropped by relabeling.
  uint64_t series_added = 0;   ///< Series that the last page had not.
  uint64_t duplicates = 0;     ///< Series that were on this page before: their first value stays.
  uint64_t out_of_bounds = 0;  ///< With timestamps too far in the future.
  uint64_t refused = 0;        ///< New series for which storage has no room.
  uint64_t truncated = 0;      ///< Samples behind the limit, where that only cuts the page.
  uint64_t exemplars_out_of_order = 0;
  bool is_sample_limit_exceeded = false;
  bool is_label_limit_exceeded = false;
  bool is_bucket_limit_exceeded = false;
  std::string refusal;  ///< Storage's words.
};

/// What a page is read for, and into what.
struct PageTarget {
  storage::RowAppender& row;
  SequenceCache& cache;
  SeriesGroups& groups;
  TargetMetadata& metadata;
  const ScrapeSettings& settings;
  const Labels& labels;
  const HistogramOptions& histograms;
  int64_t timestamp_ms;      ///< Of the row.
  int64_t max_timestamp_ms;  ///< Samples beyond are refused.
};

/// Puts the samples that a parser finds on one page into an open row, within the job's limits, and
/// counts. Made for one page. Confined to a thread.
class SampleIntake {
 public:
  using Slot = storage::RowAppender::Slot;

  /// Everything is borrowed.
  explicit SampleIntake(const PageTarget& target);

  /// Counts a sample whose series is known, before Put.
  void CountKnown() {
    ++counts_.samples;
    ++counts_.post_relabel;
  }
  /// Stores a sample. `timestamp_ms` is only looked at if `has_timestamp`. False: it was not
  /// stored.
  bool Put(Slot slot, double value, bool has_timestamp, int64_t timestamp_ms) {
    if (has_timestamp && honors_timestamps_) [[unlikely]] {
      return PutAt(slot, value, timestamp_ms);
    }
    if (counts_.post_relabel > truncate_behind_) [[unlikely]] {
      ++counts_.truncated;
      return false;
    }
    if (target_.row.Set(slot, value)) [[likely]] {
      return true;
    }
    ++counts_.duplicates;
    return false;
  }
  /// Stores a native histogram, made coarser if limits ask for it. An error fails the scrape.
  Result<bool> PutHistogram(Slot slot, std::optional<int64_t> timestamp_ms, Histogram& histogram);
  Result<bool> PutHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                            FloatHistogram& histogram);
  /// Sorts and stores the exemplars of a sample at a time. Those of histograms need a time of their
  /// own, the others take over the sample's.
  void PutExemplars(Slot slot, std::optional<int64_t> sample_timestamp_ms, bool is_histogram,
                    std::vector<Exemplar>& exemplars);

  /// Makes the series of a page's labels known: the target's labels, relabeling, checks, limits,
  /// its slot. Counts the sample. The action to remember for it: kSample or kDropped, or nothing
  /// where the sample must not be stored this time. An error fails the scrape.
  Result<std::optional<LineAction>> Admit(LabelsBuilder& labels,
                                          std::span<const std::string> empty_names,
                                          std::optional<int64_t> timestamp_ms);

  /// To be called at the page's end: whether limits refuse it.
  Status CheckLimits();

  PageCounts& counts() { return counts_; }
  const PageTarget& target() const { return target_; }

 private:
  bool PutAt(Slot slot, double value, int64_t timestamp_ms);
  template <typename AnyHistogram>
  Result<bool> PutAnyHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                               AnyHistogram& histogram);
  bool IsTooFarAhead(std::optional<int64_t> timestamp_ms) const;
  bool IsOverSampleLimit() const;

  const PageTarget target_;
  const bool honors_timestamps_;
  const uint64_t truncate_behind_;  // The sample limit if that truncates.
  PageCounts counts_;
};

}  // namespace tocsin::scraper
