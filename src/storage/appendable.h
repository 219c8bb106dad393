#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "model/exemplar.h"
#include "model/histogram.h"
#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::storage {

/// Names a series inside one storage; 0 is none.
using SeriesRef = uint64_t;

/// What may come with a sample besides its time and value.
struct AppendOptions {
  int64_t start_timestamp_ms = 0;     ///< When the counter began to count; 0: not known.
  bool refuses_out_of_order = false;  ///< Even inside the out-of-order window.
};

/// A batch of samples of any series: rules, remote write, whatever does not come as a row. Nothing
/// is visible before Commit; without it the destructor rolls back. Confined to a thread.
class Appender {
 public:
  virtual ~Appender() = default;
  /// Adds one sample. `ref` may be what an earlier call returned for the same labels, or 0; a wrong
  /// one is found out by `labels` unless those are empty. Returns the reference. Errors are of this
  /// sample alone, with upstream's texts: kOutOfOrder ("out of order sample"), kAlreadyExists
  /// ("duplicate sample for timestamp"), kOutOfBounds ("out of bounds"), kTooLarge.
  virtual Result<SeriesRef> Append(SeriesRef ref, const Labels& labels, int64_t timestamp_ms,
                                   double value) = 0;
  /// The same with options. Storage without start timestamps drops them.
  virtual Result<SeriesRef> AppendWith(SeriesRef ref, const Labels& labels, int64_t timestamp_ms,
                                       double value, const AppendOptions& options);
  /// As Append, for a native histogram; invalid ones are kInvalidArgument. The default refuses all
  /// with kUnimplemented.
  virtual Result<SeriesRef> AppendHistogram(SeriesRef ref, const Labels& labels,
                                            int64_t timestamp_ms, const Histogram& histogram,
                                            const AppendOptions& options);
  virtual Result<SeriesRef> AppendHistogram(SeriesRef ref, const Labels& labels,
                                            int64_t timestamp_ms, const FloatHistogram& histogram,
                                            const AppendOptions& options);
  /// Adds an exemplar to a series that has a sample in this batch or before it. Errors are of this
  /// exemplar alone: kOutOfOrder, kAlreadyExists, kInvalidArgument (labels too long), kNotFound.
  /// The default drops it.
  virtual Status AppendExemplar(SeriesRef ref, const Labels& labels, const Exemplar& exemplar);
  /// Remembers what HELP, TYPE and UNIT say of a series. The default drops it.
  virtual Status SetMetadata(SeriesRef ref, const Labels& labels, const MetricMetadata& metadata);
  /// Logs and publishes all samples at once. On error none of them counts as stored.
  virtual Status Commit() = 0;
  virtual void Rollback() = 0;
};

/// What became of a row.
struct RowResult {
  uint32_t appended = 0;  ///< Values stored, stale markers not counted.
  uint32_t stale = 0;  ///< Markers written for series that were in the row before and are not now.
  uint32_t out_of_order = 0;  ///< Refused: not newer than the series' newest sample.
  uint32_t duplicates = 0;    ///< Refused: same time, other value.
  uint32_t out_of_bounds = 0;
};

/// The long-lived writer of one target: a scrape is a row of values, one slot a series, that shares
/// a timestamp. Values go straight into the row in storage; nothing is visible before Commit, and
/// then the whole row is. Remembers which slots the last row had, so series that vanish get stale
/// markers. Use: BeginRow, then Set for each sample, then CommitRow or AbortRow. Confined to a
/// thread at a time.
class RowAppender {
 public:
  using Slot = uint32_t;

  virtual ~RowAppender() = default;

  /// The slot of the series with these labels, creating the series if need be. Valid until
  /// layout_generation() changes. May be called between BeginRow and CommitRow.
  /// kTooLarge: a limit on series or memory refuses a new one.
  virtual Result<Slot> SlotOf(const Labels& labels) = 0;

  /// Changes (only inside BeginRow) when storage has renumbered slots; then all slots are void.
  uint64_t layout_generation() const { return layout_generation_; }

  virtual void BeginRow(int64_t timestamp_ms) = 0;

  /// Sets a slot's value in the current row. False: the slot was set before in this row, and the
  /// first value stays. The hot path: two stores, no call.
  bool Set(Slot slot, double value) {
    uint64_t& word = present_[slot / 64];
    const uint64_t bit = uint64_t{1} << (slot % 64);
    if (word & bit) return false;
    word |= bit;
    row_[slot] = value;
    return true;
  }
  /// A sample with a timestamp of its own, in the same commit. It takes part in staleness only if
  /// `track_staleness`. False: the slot was set before in this row.
  virtual bool SetAt(Slot slot, int64_t timestamp_ms, double value, bool track_staleness) = 0;
  /// A native histogram in the same commit, at the row's time or one of its own. Takes part in
  /// staleness as SetAt. kAlreadyExists: the slot was set before in this row. The default refuses
  /// all with kUnimplemented.
  virtual Status SetHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                              const Histogram& histogram, bool track_staleness);
  virtual Status SetHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                              const FloatHistogram& histogram, bool track_staleness);
  /// When the counter of a slot, set in this row, began to count. The default drops it.
  virtual void SetStart(Slot slot, int64_t start_timestamp_ms);
  /// Exemplars of a slot, in this commit; those that storage knows already are no error. Returns
  /// how many were refused as out of order. The default drops them.
  virtual size_t AddExemplars(Slot slot, std::span<const Exemplar> exemplars);
  /// What the page says of a slot's series; to be called when it has changed. The default drops it.
  virtual void SetMetadata(Slot slot, const MetricMetadata& metadata);

  /// Logs and publishes the row, with stale markers at the row's timestamp for slots that the last
  /// committed row had and this one has not. After an error nothing of the row is stored.
  virtual Result<RowResult> CommitRow() = 0;
  virtual void AbortRow() = 0;

 protected:
  // Owned by the implementation; large enough for every slot it has handed out.
  double* row_ = nullptr;
  uint64_t* present_ = nullptr;
  uint64_t layout_generation_ = 0;
};

/// Something that takes samples. Thread-safe.
class Appendable {
 public:
  virtual ~Appendable() = default;
  virtual std::unique_ptr<Appender> MakeAppender() = 0;
  /// A writer for one target. Destroying it leaves the series and writes no markers.
  virtual std::unique_ptr<RowAppender> MakeRowAppender() = 0;
};

}  // namespace tocsin::storage
