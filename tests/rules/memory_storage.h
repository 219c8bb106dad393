#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "model/labels.h"
#include "model/sample.h"
#include "storage/appendable.h"
#include "storage/queryable.h"

namespace tocsin::rules {

/// Series in a map: the simplest storage that rules can read and write. Thread-safe.
class MemoryStorage final : public storage::Appendable, public storage::Queryable {
 public:
  std::unique_ptr<storage::Appender> MakeAppender() override;
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override { return nullptr; }
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override;

  void Add(const Labels& labels, int64_t timestamp_ms, double value);
  /// All samples of a series, oldest first; stale markers included.
  std::vector<Sample> SamplesOf(const Labels& labels) const;
  /// The newest sample of a series at or before `time_ms`; nullopt when there is none or it is
  /// stale.
  std::optional<double> ValueAt(const Labels& labels, int64_t time_ms) const;
  size_t series_count() const;

  using Series = std::map<Labels, std::map<int64_t, double>>;
  Series Copy() const;

 private:
  mutable Mutex mutex_;
  Series series_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::rules
