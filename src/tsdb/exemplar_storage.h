#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "model/exemplar.h"
#include "model/labels.h"
#include "storage/exemplar_queryable.h"
#include "tsdb/exemplar_metrics.h"
#include "tsdb/hash_slots.h"

namespace tocsin::tsdb {

/// The newest exemplars of all series: a ring with room for so many, in which a new one takes the
/// place of the one that was added first. Keeps labels of its own, so exemplars outlive their
/// series. Thread-safe.
class ExemplarStorage final : public storage::ExemplarQueryable {
 public:
  /// The most characters (not bytes) in names and values of an exemplar's labels: OpenMetrics'.
  static constexpr size_t kMaxLabelCharacters = 128;

  /// `metrics` must outlive it.
  ExemplarStorage(ExemplarMetrics& metrics, uint64_t max_exemplars);

  /// Whether Add would take the exemplar: kInvalidArgument for labels too long, kOutOfOrder for one
  /// older than the series' newest by more than `window_ms`, kAlreadyExists for one that is there,
  /// kUnavailable while there is no room for any. A wrong order is counted.
  Status Check(const Labels& series, const Exemplar& exemplar, int64_t window_ms) const;
  /// Adds an exemplar, its place by time among those of its series. Errors as Check.
  Status Add(const Labels& series, const Exemplar& exemplar, int64_t window_ms);

  Result<std::vector<storage::ExemplarSeries>> SelectExemplars(
      int64_t start_ms, int64_t end_ms, std::span<const std::vector<Matcher>> selectors) override;

  /// Changes the room; of too many the newest stay. 0 turns the storage off.
  void Resize(uint64_t max_exemplars);
  /// Calls `visit(series labels, exemplar)` for all, in order of arrival.
  template <typename Visit>
  void ForEach(Visit visit) const {
    MutexLock lock(mutex_);
    for (size_t i = 0; i < ring_.size(); ++i) {
      const Entry& entry = ring_[(next_ + i) % ring_.size()];
      visit(series_[entry.series].labels, entry.exemplar);
    }
  }

  bool is_enabled() const;
  size_t size() const;
  size_t memory_bytes() const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// Exemplars of a series are linked by rising time.
  struct Entry {
    Exemplar exemplar;
    uint32_t series = kNone;
    uint32_t older = kNone;
    uint32_t newer = kNone;
  };
  struct Series {
    Labels labels;
    uint32_t oldest = kNone;
    uint32_t newest = kNone;
  };

  uint32_t FindSeries(const Labels& labels) const REQUIRES(mutex_);
  uint32_t FindOrAddSeries(const Labels& labels) REQUIRES(mutex_);
  Status CheckLocked(uint32_t series, const Exemplar& exemplar, int64_t window_ms) const
      REQUIRES(mutex_);
  uint32_t TakePlace() REQUIRES(mutex_);
  void Link(uint32_t place, uint32_t series) REQUIRES(mutex_);
  void Unlink(uint32_t place) REQUIRES(mutex_);
  void ShowSize() REQUIRES(mutex_);

  ExemplarMetrics& metrics_;

  mutable Mutex mutex_;
  uint64_t max_exemplars_ GUARDED_BY(mutex_) = 0;
  std::vector<Entry> ring_ GUARDED_BY(mutex_);  // Grows to max_exemplars_, then is written in turn.
  size_t next_ GUARDED_BY(mutex_) = 0;  // The place written next: the oldest of a full ring.
  std::vector<Series> series_ GUARDED_BY(mutex_);
  std::vector<uint32_t> free_series_ GUARDED_BY(mutex_);
  HashSlots table_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::tsdb
