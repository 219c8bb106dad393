#include "recording_storage.h"

#include <fmt/core.h>

namespace tocsin::remote {

class RecordingStorage::Recorder final : public storage::Appender {
 public:
  explicit Recorder(RecordingStorage& storage) : storage_(storage), pending_(storage.series_) {}

  Result<storage::SeriesRef> Append(storage::SeriesRef ref, const Labels& labels,
                                    int64_t timestamp_ms, double value) override {
    return AppendWith(ref, labels, timestamp_ms, value, {});
  }
  Result<storage::SeriesRef> AppendWith(storage::SeriesRef ref, const Labels& labels,
                                        int64_t timestamp_ms, double value,
                                        const storage::AppendOptions& options) override {
    return Add(ref, labels, {timestamp_ms, value, options.start_timestamp_ms});
  }
  Result<storage::SeriesRef> AppendHistogram(storage::SeriesRef ref, const Labels& labels,
                                             int64_t timestamp_ms, const Histogram& histogram,
                                             const storage::AppendOptions& options) override {
    return Add(ref, labels, {timestamp_ms, histogram, options.start_timestamp_ms});
  }
  Result<storage::SeriesRef> AppendHistogram(storage::SeriesRef ref, const Labels& labels,
                                             int64_t timestamp_ms, const FloatHistogram& histogram,
                                             const storage::AppendOptions& options) override {
    return Add(ref, labels, {timestamp_ms, histogram, options.start_timestamp_ms});
  }
  Status AppendExemplar(storage::SeriesRef ref, const Labels& labels,
                        const Exemplar& exemplar) override {
    TOCSIN_ASSIGN_OR_RETURN(const Labels name, NameOf(ref, labels));
    std::vector<Exemplar>& stored = pending_[name].exemplars;
    if (!stored.empty() && exemplar.timestamp_ms < stored.back().timestamp_ms) {
      return Error(ErrorCode::kOutOfOrder, "out of order exemplar");
    }
    stored.push_back(exemplar);
    return {};
  }
  Status SetMetadata(storage::SeriesRef ref, const Labels& labels,
                     const MetricMetadata& metadata) override {
    TOCSIN_ASSIGN_OR_RETURN(const Labels name, NameOf(ref, labels));
    pending_[name].metadata.push_back(metadata);
    return {};
  }
  Status Commit() override {
    if (!storage_.next_commit) return storage_.next_commit;
    storage_.series_ = std::move(pending_);
    return {};
  }
  void Rollback() override {
    ++storage_.rollbacks;
    pending_ = storage_.series_;
  }

 private:
  Result<Labels> NameOf(storage::SeriesRef ref, const Labels& labels) {
    if (ref >> 32 == storage_.generation_) return storage_.names_[(ref & 0xffffffff) - 1];
    if (labels.empty()) {
      return Error(ErrorCode::kInvalidArgument, "empty labelset: invalid sample");
    }
    return labels;
  }
  Result<storage::SeriesRef> Add(storage::SeriesRef ref, const Labels& labels, Point point) {
    storage_.appends_with_labels += labels.empty() ? 0 : 1;
    TOCSIN_ASSIGN_OR_RETURN(const Labels name, NameOf(ref, labels));
    if (const auto at = storage_.refusals.find(name); at != storage_.refusals.end()) {
      return at->second;
    }
    std::vector<Point>& points = pending_[name].points;
    if (!points.empty() && point.timestamp_ms < points.back().timestamp_ms) {
      return Error(ErrorCode::kOutOfOrder, "out of order sample");
    }
    if (!points.empty() && point.timestamp_ms == points.back().timestamp_ms) {
      if (!std::holds_alternative<double>(point.value) ||
          std::get<double>(point.value) != std::get<double>(points.back().value)) {
        return Error(ErrorCode::kAlreadyExists, "duplicate sample for timestamp");
      }
    } else {
      points.push_back(std::move(point));
    }
    for (size_t i = 0; i < storage_.names_.size(); ++i) {
      if (storage_.names_[i] == name) return storage_.generation_ << 32 | (i + 1);
    }
    storage_.names_.push_back(name);
    return storage_.generation_ << 32 | storage_.names_.size();
  }

  RecordingStorage& storage_;
  Committed pending_;
};

std::unique_ptr<storage::Appender> RecordingStorage::MakeAppender() {
  return std::make_unique<Recorder>(*this);
}

const RecordingStorage::Series* RecordingStorage::Find(const Labels& labels) const {
  const auto at = series_.find(labels);
  return at == series_.end() ? nullptr : &at->second;
}

std::string RecordingStorage::Text() const {
  std::string text;
  for (const auto& [labels, series] : series_) {
    std::string line;
    for (const Point& point : series.points) {
      if (const double* value = std::get_if<double>(&point.value)) {
        line += fmt::format(" {}@{}", *value, point.timestamp_ms);
      }
    }
    if (!line.empty()) text += labels.ToString() + line + "\n";
  }
  return text;
}

}  // namespace tocsin::remote
