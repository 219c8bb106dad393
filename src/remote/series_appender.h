#pragma once

#include <cstdint>

#include "base/result.h"
#include "model/exemplar.h"
#include "model/labels.h"
#include "model/metadata.h"
#include "remote/histogram_message.h"
#include "remote/series_ref_cache.h"
#include "storage/appendable.h"

namespace tocsin::remote {

/// Decodes the labels of the series at hand, when they are needed after all.
class SeriesLabels {
 public:
  virtual ~SeriesLabels() = default;
  /// Only called for series whose labels are valid, or not known to be: then kInvalidArgument.
  virtual Result<Labels> Decode() = 0;
};

/// Whether an error of a sample is its own fault, so that sending it again will not help.
bool IsRefusal(const Error& error);

/// Appends what a request says of its series, one series after the other, and remembers their
/// references. Labels are decoded only for series that the cache does not know, or that storage has
/// dropped since. Confined to a thread.
class SeriesAppender {
 public:
  /// Samples later than `max_time_ms` are out of bounds. All references must outlive it.
  SeriesAppender(storage::Appender& appender, SeriesRefCache& cache,
                 const SeriesRefCache::View& view, int64_t max_time_ms)
      : appender_(appender), cache_(cache), view_(view), max_time_ms_(max_time_ms) {}

  /// Turns to the next series, whose name is `key`. Fails as `labels` does, and then the series
  /// must be left. `labels` must stay until the next call.
  Status Begin(const SeriesKey& key, SeriesLabels& labels);
  /// Whether Begin had to decode the labels: the series is new here.
  bool is_new() const { return is_new_; }

  // Errors are of this item alone, as storage::Appender says.
  Status Append(int64_t timestamp_ms, double value, int64_t start_timestamp_ms);
  Status Append(const HistogramMessage& message);
  Status Append(const Exemplar& exemplar);
  Status SetMetadata(const MetricMetadata& metadata);

 private:
  Status CheckTime(int64_t timestamp_ms) const;
  template <typename AppendTo>
  Status AppendKnown(AppendTo append);
  Status DecodeLabels();

  storage::Appender& appender_;
  SeriesRefCache& cache_;
  const SeriesRefCache::View& view_;
  const int64_t max_time_ms_;
  SeriesKey key_;
  SeriesLabels* source_ = nullptr;
  storage::SeriesRef ref_ = 0;
  Labels labels_;  // Empty until they are needed.
  bool is_new_ = false;
};

}  // namespace tocsin::remote
