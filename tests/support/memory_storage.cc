#include "support/memory_storage.h"

#include <algorithm>
#include <bit>
#include <set>

#include "base/check.h"

namespace tocsin::support {
namespace {

using AllSeries = std::map<Labels, MemoryStorage::Series>;

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
      if (at->second.histogram) {
        out.histograms.push_back({at->first, at->second.histogram});
      } else {
        out.timestamps_ms.push_back(at->first);
        out.values.push_back(at->second.value);
      }
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

void MemoryStorage::Put(const Labels& labels, int64_t timestamp_ms, double value) {
  MutexLock lock(mutex_);
  WritableLocked()[labels][timestamp_ms] = {value, nullptr};
}

void MemoryStorage::PutHistogram(const Labels& labels, int64_t timestamp_ms,
                                 std::shared_ptr<const FloatHistogram> histogram) {
  MutexLock lock(mutex_);
  WritableLocked()[labels][timestamp_ms] = {0, std::move(histogram)};
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
