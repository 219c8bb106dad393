#include "rules/memory_storage.h"

#include <algorithm>
#include <utility>

namespace tocsin::rules {
namespace {

class MemoryAppender final : public storage::Appender {
 public:
  explicit MemoryAppender(MemoryStorage& storage) : storage_(storage) {}
  Result<storage::SeriesRef> Append(storage::SeriesRef, const Labels& labels, int64_t timestamp_ms,
                                    double value) override {
    const auto samples = storage_.SamplesOf(labels);
    if (!samples.empty() && samples.back().timestamp_ms > timestamp_ms)
      return Error(ErrorCode::kOutOfOrder, "out of order sample");
    pending_.push_back({labels, {timestamp_ms, value}});
    return 1;
  }
  Status Commit() override {
    for (const auto& [labels, sample] : pending_)
      storage_.Add(labels, sample.timestamp_ms, sample.value);
    pending_.clear();
    return {};
  }
  void Rollback() override { pending_.clear(); }

 private:
  MemoryStorage& storage_;
  std::vector<std::pair<Labels, Sample>> pending_;
};

class MemorySeriesSet final : public storage::SeriesSet {
 public:
  explicit MemorySeriesSet(MemoryStorage::Series series) {
    for (auto& entry : series) series_.push_back(entry);
  }
  size_t size() const override { return series_.size(); }
  Labels LabelsOf(size_t index) const override { return series_[index].first; }
  Status Read(size_t index, int64_t start_ms, int64_t end_ms,
              storage::SampleBuffer& out) const override {
    out.Clear();
    for (const auto& [timestamp_ms, value] : series_[index].second) {
      if (timestamp_ms < start_ms || timestamp_ms > end_ms) continue;
      out.timestamps_ms.push_back(timestamp_ms);
      out.values.push_back(value);
    }
    return {};
  }

 private:
  std::vector<std::pair<Labels, std::map<int64_t, double>>> series_;
};

class MemoryQuerier final : public storage::Querier {
 public:
  explicit MemoryQuerier(MemoryStorage::Series series) : series_(std::move(series)) {}
  Result<std::unique_ptr<storage::SeriesSet>> Select(std::span<const Matcher> matchers,
                                                     const storage::SelectHints&) override {
    MemoryStorage::Series found;
    for (const auto& [labels, samples] : series_) {
      const Labels& candidate = labels;
      if (std::all_of(matchers.begin(), matchers.end(),
                      [&](const Matcher& matcher) { return matcher.Matches(candidate); }))
        found.emplace(labels, samples);
    }
    return std::unique_ptr<storage::SeriesSet>(std::make_unique<MemorySeriesSet>(std::move(found)));
  }
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher>, size_t) override {
    return std::vector<std::string>{};
  }
  Result<std::vector<std::string>> LabelValues(const std::string&, std::span<const Matcher>,
                                               size_t) override {
    return std::vector<std::string>{};
  }

 private:
  const MemoryStorage::Series series_;
};

}  // namespace

std::unique_ptr<storage::Appender> MemoryStorage::MakeAppender() {
  return std::make_unique<MemoryAppender>(*this);
}

Result<std::unique_ptr<storage::Querier>> MemoryStorage::MakeQuerier(int64_t, int64_t) {
  return std::unique_ptr<storage::Querier>(std::make_unique<MemoryQuerier>(Copy()));
}

void MemoryStorage::Add(const Labels& labels, int64_t timestamp_ms, double value) {
  MutexLock lock(mutex_);
  series_[labels][timestamp_ms] = value;
}

std::vector<Sample> MemoryStorage::SamplesOf(const Labels& labels) const {
  std::vector<Sample> samples;
  MutexLock lock(mutex_);
  const auto at = series_.find(labels);
  if (at == series_.end()) return samples;
  for (const auto& [timestamp_ms, value] : at->second) samples.push_back({timestamp_ms, value});
  return samples;
}

std::optional<double> MemoryStorage::ValueAt(const Labels& labels, int64_t time_ms) const {
  std::optional<double> newest;
  for (const Sample& sample : SamplesOf(labels))
    if (sample.timestamp_ms <= time_ms) newest = sample.value;
  if (newest && IsStaleNan(*newest)) newest.reset();
  return newest;
}

size_t MemoryStorage::series_count() const {
  MutexLock lock(mutex_);
  return series_.size();
}

MemoryStorage::Series MemoryStorage::Copy() const {
  MutexLock lock(mutex_);
  return series_;
}

}  // namespace tocsin::rules
