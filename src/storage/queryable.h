#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/float_histogram.h"
#include "model/labels.h"
#include "model/matcher.h"

namespace tocsin::storage {

/// A native histogram at a time.
struct HistogramSample {
  int64_t timestamp_ms = 0;
  std::shared_ptr<const FloatHistogram> histogram;  // Shared with the storage's decoder; immutable.
  int64_t start_timestamp_ms = 0;                   // When counting began; 0: not known.
};

/// Samples of one series decoded into flat arrays, oldest first; timestamps strictly increase
/// within each kind and no timestamp is in both. Stale markers are included. Confined to a thread.
struct SampleBuffer {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  /// When the counter of each value began to count, 0 where that is not known; empty when it is
  /// known of none.
  std::vector<int64_t> start_timestamps_ms;
  std::vector<HistogramSample> histograms;

  void Clear() {
    timestamps_ms.clear();
    values.clear();
    start_timestamps_ms.clear();
    histograms.clear();
  }
};

/// A piece of a series in one of Prometheus' chunk encodings, as blocks and remote read carry it.
struct EncodedChunk {
  int64_t min_time_ms = 0;  ///< Of the first sample.
  int64_t max_time_ms = 0;  ///< Of the last.
  uint8_t encoding = 0;     ///< Prometheus' number: 1 XOR, 2 histogram, 3 float histogram, ….
  std::string bytes;        ///< Without encoding byte, length and checksum.
};

/// What the caller is going to do with a selection, so that storage may do less. All advisory.
struct SelectHints {
  int64_t start_ms = 0;  ///< Inclusive; narrower than or equal to the querier's range.
  int64_t end_ms = 0;    ///< Inclusive.
  int64_t step_ms = 0;   ///< 0 for instant queries.
  int64_t range_ms = 0;  ///< Window of a range selector, 0 for an instant selector.
};

/// Which output group each series of a set belongs to.
struct SeriesGrouping {
  std::vector<uint32_t> group_of_series;  ///< By index of series.
  std::vector<Labels> group_labels;       ///< By group, in order of first appearance.
};

/// The series a selection found, addressed by index, sorted by labels unless SelectHints allow
/// otherwise. Reads are of the querier's snapshot: repeating one gives the same answer. Const
/// methods are thread-safe, so batches of series can be read in parallel. Must not outlive its
/// querier.
class SeriesSet {
 public:
  virtual ~SeriesSet() = default;
  virtual size_t size() const = 0;

  /// Builds the label set of series `index`.
  virtual Labels LabelsOf(size_t index) const = 0;

  /// Replaces `out` by the samples with start_ms <= t <= end_ms. kCorruption names the block or
  /// chunk.
  virtual Status Read(size_t index, int64_t start_ms, int64_t end_ms, SampleBuffer& out) const = 0;

  /// Appends the series' samples with start_ms <= t <= end_ms as chunks of at most 120 samples,
  /// that rise in time and do not overlap; the first and last may hold samples beyond the range.
  /// The default is kUnimplemented.
  virtual Status ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                            std::vector<EncodedChunk>& out) const;

  /// For each series of [first, first + out.size()): the newest sample with start_ms <= t <=
  /// end_ms, or timestamp kNoSample. Stale markers are returned as they are; histograms set
  /// `histogram`.
  struct Latest {
    int64_t timestamp_ms;
    double value;
    std::shared_ptr<const FloatHistogram> histogram;
  };
  static constexpr int64_t kNoSample = INT64_MIN;
  virtual Status ReadLatest(size_t first, int64_t start_ms, int64_t end_ms,
                            std::span<Latest> out) const;

  /// Groups the series by the labels in `names` (with `without`, by all labels but those and the
  /// metric name). The default builds each label set; storage overrides it with symbol ids.
  virtual SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const;
};

/// A view of storage over [start_ms, end_ms], both inclusive, that does not change while it is
/// held. Thread-safe.
class Querier {
 public:
  virtual ~Querier() = default;
  /// Series with at least one matching label set that may have samples in the hinted range. All
  /// matchers must match.
  virtual Result<std::unique_ptr<SeriesSet>> Select(std::span<const Matcher> matchers,
                                                    const SelectHints& hints) = 0;
  /// Sorted, at most `limit` (0: all).
  virtual Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers,
                                                      size_t limit) = 0;
  virtual Result<std::vector<std::string>> LabelValues(const std::string& name,
                                                       std::span<const Matcher> matchers,
                                                       size_t limit) = 0;
};

/// Something that can be queried. Thread-safe.
class Queryable {
 public:
  virtual ~Queryable() = default;
  virtual Result<std::unique_ptr<Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) = 0;
};

}  // namespace tocsin::storage
