#include "support/memory_storage.h"

#include <algorithm>
#include <bit>
#include <set>

#include "base/check.h"
#include "model/float_histogram_comparison.h"
#include "model/sample.h"

namespace tocsin::support {
namespace {

using AllSeries = std::map<Labels, MemoryStorage::Series>;

/// Whether a counter goes on where the one before it was. The hint with which it came counts only
/// if it says that it does not.
bool Continues(const FloatHistogram& histogram, const FloatHistogram& before) {
  if (before.counter_reset_hint == CounterResetHint::kGauge || IsStaleNan(before.sum) ||
      histogram.counter_reset_hint == CounterResetHint::kReset ||
      histogram.schema != before.schema || histogram.zero_threshold != before.zero_threshold ||
      histogram.custom_values != before.custom_values) {
    return false;
  }
  FloatHistogram unhinted = histogram;
  unhinted.counter_reset_hint = CounterResetHint::kUnknown;
  return !HasReset(unhinted, before);
}

std::shared_ptr<const FloatHistogram> WithStoredHint(const FloatHistogram& histogram,
                                                     const FloatHistogram* before) {
  auto stored = std::make_shared<FloatHistogram>(histogram);
  if (histogram.counter_reset_hint == CounterResetHint::kGauge) return stored;
  const bool continues = before != nullptr && Continues(histogram, *before);
  stored->counter_reset_hint = continues ? CounterResetHint::kNotReset : CounterResetHint::kUnknown;
  return stored;
}

bool MatchesAll(std::span<const Matcher> matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return matcher.Matches(labels); });
}

class MemorySeriesSet final : public storage::SeriesSet {
 public:
  using Found = std::pair<const Labels, MemoryStorage::Series>;
  MemorySeriesSet(std::shared_ptr<const AllSeries> all, std::vector<const Found*> found)
      : all_(std::move(all)), found_(std::move(found)) {}

  size_t size() const override { return found_.size(); }
  Labels LabelsOf(size_t index) const override { return found_[index]->first; }
  Status Read(size_t index, int64_t start_ms, int64_t end_ms,
              storage::SampleBuffer& out) const override {
    out.Clear();
    const MemoryStorage::Series& series = found_[index]->second;
    for (auto at = series.lower_bound(start_ms); at != series.end() && at->first <= end_ms; ++at) {
      const MemoryStorage::Point& point = at->second;
      if (point.histogram) {
        out.histograms.push_back({at->first, point.histogram, point.start_timestamp_ms});
        continue;
      }
      out.timestamps_ms.push_back(at->first);
      out.values.push_back(point.value);
      out.start_timestamps_ms.push_back(point.start_timestamp_ms);
    }
    const auto is_unknown = [](int64_t began_ms) { return began_ms == 0; };
    if (std::all_of(out.start_timestamps_ms.begin(), out.start_timestamps_ms.end(), is_unknown)) {
      out.start_timestamps_ms.clear();
    }
    return {};
  }

 private:
  const std::shared_ptr<const AllSeries> all_;
  const std::vector<const Found*> found_;
};

class MemoryQuerier final : public storage::Querier {
 public:
  MemoryQuerier(std::shared_ptr<const AllSeries> all, int64_t start_ms, int64_t end_ms)
      : all_(std::move(all)), start_ms_(start_ms), end_ms_(end_ms) {}

  Result<std::unique_ptr<storage::SeriesSet>> Select(std::span<const Matcher> matchers,
                                                     const storage::SelectHints&) override {
    std::vector<const MemorySeriesSet::Found*> found;
    for (const auto& series : *all_) {
      if (HasSamples(series.second) && MatchesAll(matchers, series.first)) {
        found.push_back(&series);
      }
    }
    return std::make_unique<MemorySeriesSet>(all_, std::move(found));
  }

  Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers,
                                              size_t limit) override {
    return Collect(matchers, limit, [](const Labels& labels, std::set<std::string>& out) {
      for (const LabelView label : labels) out.emplace(label.name);
    });
  }
  Result<std::vector<std::string>> LabelValues(const std::string& name,
                                               std::span<const Matcher> matchers,
                                               size_t limit) override {
    return Collect(matchers, limit, [&](const Labels& labels, std::set<std::string>& out) {
      if (labels.Has(name)) out.emplace(labels.Get(name));
    });
  }

 private:
  bool HasSamples(const MemoryStorage::Series& series) const {
    const auto at = series.lower_bound(start_ms_);
    return at != series.end() && at->first <= end_ms_;
  }

  template <typename Add>
  std::vector<std::string> Collect(std::span<const Matcher> matchers, size_t limit, Add add) const {
    std::set<std::string> texts;
    for (const auto& [labels, series] : *all_) {
      if (HasSamples(series) && MatchesAll(matchers, labels)) add(labels, texts);
    }
    std::vector<std::string> sorted(texts.begin(), texts.end());
    if (limit > 0 && sorted.size() > limit) sorted.resize(limit);
    return sorted;
  }

  const std::shared_ptr<const AllSeries> all_;
  const int64_t start_ms_;
  const int64_t end_ms_;
};

}  // namespace

/// Collects samples until Commit.
class MemoryAppender final : public storage::Appender {
 public:
  explicit MemoryAppender(MemoryStorage& storage) : storage_(storage) {}

  Result<storage::SeriesRef> Append(storage::SeriesRef ref, const Labels& labels,
                                    int64_t timestamp_ms, double value) override {
    const Labels& name =
        labels.empty() && ref > 0 && ref <= names_.size() ? names_[ref - 1] : labels;
    const MemoryStorage::Series stored = storage_.SamplesOf(name);
    const auto at = stored.find(timestamp_ms);
    if (at != stored.end() &&
        std::bit_cast<uint64_t>(at->second.value) != std::bit_cast<uint64_t>(value)) {
      return Error(ErrorCode::kAlreadyExists, "duplicate sample for timestamp");
    }
    pending_.push_back({name, timestamp_ms, value});
    names_.push_back(name);
    return names_.size();
  }
  Status Commit() override {
    for (const Pending& sample : pending_) {
      storage_.Put(sample.labels, sample.timestamp_ms, sample.value);
    }
    pending_.clear();
    return {};
  }
  void Rollback() override { pending_.clear(); }

 private:
  struct Pending {
    Labels labels;
    int64_t timestamp_ms;
    double value;
  };
  MemoryStorage& storage_;
  std::vector<Labels> names_;  // By reference less 1; each append has its own.
  std::vector<Pending> pending_;
};

MemoryStorage::AllSeries& MemoryStorage::WritableLocked() {
  if (series_.use_count() > 1) series_ = std::make_shared<AllSeries>(*series_);
  return *series_;
}

void MemoryStorage::Put(const Labels& labels, int64_t timestamp_ms, double value,
                        int64_t start_timestamp_ms) {
  MutexLock lock(mutex_);
  WritableLocked()[labels][timestamp_ms] = {value, nullptr, start_timestamp_ms};
}

void MemoryStorage::PutHistogram(const Labels& labels, int64_t timestamp_ms,
                                 std::shared_ptr<const FloatHistogram> histogram,
                                 int64_t start_timestamp_ms) {
  MutexLock lock(mutex_);
  Series& series = WritableLocked()[labels];
  const auto after = series.lower_bound(timestamp_ms);
  const FloatHistogram* before =
      after == series.begin() ? nullptr : std::prev(after)->second.histogram.get();
  series[timestamp_ms] = {0, WithStoredHint(*histogram, before), start_timestamp_ms};
}

void MemoryStorage::Clear() {
  MutexLock lock(mutex_);
  series_ = std::make_shared<AllSeries>();
}

size_t MemoryStorage::series_count() const {
  MutexLock lock(mutex_);
  return series_->size();
}

MemoryStorage::Series MemoryStorage::SamplesOf(const Labels& labels) const {
  MutexLock lock(mutex_);
  const auto at = series_->find(labels);
  return at == series_->end() ? Series() : at->second;
}

Result<std::unique_ptr<storage::Querier>> MemoryStorage::MakeQuerier(int64_t start_ms,
                                                                     int64_t end_ms) {
  MutexLock lock(mutex_);
  return std::make_unique<MemoryQuerier>(series_, start_ms, end_ms);
}

std::unique_ptr<storage::Appender> MemoryStorage::MakeAppender() {
  return std::make_unique<MemoryAppender>(*this);
}

std::unique_ptr<storage::RowAppender> MemoryStorage::MakeRowAppender() {
  CHECK(false, "MemoryStorage has no rows");
  return nullptr;
}

}  // namespace tocsin::support
