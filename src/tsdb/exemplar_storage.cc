#include "tsdb/exemplar_storage.h"

#include <algorithm>

namespace tocsin::tsdb {
namespace {

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Status CheckLabels(const Labels& labels) {
  size_t characters = 0;
  for (const auto [name, value] : labels) {
    characters += CountCharacters(name) + CountCharacters(value);
    if (characters > ExemplarStorage::kMaxLabelCharacters) {
      return Errorf(ErrorCode::kInvalidArgument,
                    "label length for exemplar exceeds maximum of {} UTF-8 characters",
                    ExemplarStorage::kMaxLabelCharacters);
    }
  }
  return {};
}

// As upstream: times count when one of them was given.
bool SameExemplar(const Exemplar& a, const Exemplar& b) {
  if ((a.has_timestamp || b.has_timestamp) && a.timestamp_ms != b.timestamp_ms) return false;
  return a.value == b.value && a.labels == b.labels;
}

// Those of one time are ordered by value and hash, so that the buckets of a histogram can each have
// one and repetitions are seen without a walk.
bool IsBefore(const Exemplar& a, const Exemplar& b) {
  if (a.timestamp_ms != b.timestamp_ms) return a.timestamp_ms < b.timestamp_ms;
  if (a.value != b.value) return a.value < b.value;
  return a.labels.Hash() < b.labels.Hash();
}

bool MatchesAll(const Labels& labels, const std::vector<Matcher>& matchers) {
  return std::ranges::all_of(matchers, [&](const Matcher& matcher) {
    return matcher.Matches(labels.Get(matcher.name()));
  });
}

}  // namespace

ExemplarStorage::ExemplarStorage(ExemplarMetrics& metrics, uint64_t max_exemplars)
    : metrics_(metrics), max_exemplars_(max_exemplars) {
  metrics_.max_exemplars.Set(static_cast<double>(max_exemplars));
}

bool ExemplarStorage::is_enabled() const {
  MutexLock lock(mutex_);
  return max_exemplars_ > 0;
}

size_t ExemplarStorage::size() const {
  MutexLock lock(mutex_);
  return ring_.size();
}

Status ExemplarStorage::Check(const Labels& series, const Exemplar& exemplar,
                              int64_t window_ms) const {
  TOCSIN_RETURN_IF_ERROR(CheckLabels(exemplar.labels));
  MutexLock lock(mutex_);
  Status status = CheckLocked(FindSeries(series), exemplar, window_ms);
  if (!status && status.error().code() == ErrorCode::kOutOfOrder) {
    metrics_.out_of_order.Increment();
  }
  return status;
}

Status ExemplarStorage::CheckLocked(uint32_t series, const Exemplar& exemplar,
                                    int64_t window_ms) const {
  if (max_exemplars_ == 0) {
    return Error(ErrorCode::kUnavailable,
                 "exemplar storage is disabled or max exemplars is less than or equal to 0");
  }
  if (series == kNone) return {};
  const Exemplar& newest = ring_[series_[series].newest].exemplar;
  if (SameExemplar(newest, exemplar)) {
    return Error(ErrorCode::kAlreadyExists, "duplicate exemplar");
  }
  const bool is_older = exemplar.timestamp_ms < newest.timestamp_ms;
  const bool is_out_of_order = is_older ? exemplar.timestamp_ms < newest.timestamp_ms - window_ms
                                        : IsBefore(exemplar, newest);
  if (is_out_of_order) return Error(ErrorCode::kOutOfOrder, "out of order exemplar");
  return {};
}

Status ExemplarStorage::Add(const Labels& series_labels, const Exemplar& exemplar,
                            int64_t window_ms) {
  TOCSIN_RETURN_IF_ERROR(CheckLabels(exemplar.labels));
  MutexLock lock(mutex_);
  if (Status status = CheckLocked(FindSeries(series_labels), exemplar, window_ms); !status) {
    if (status.error().code() == ErrorCode::kOutOfOrder) metrics_.out_of_order.Increment();
    return status;
  }
  const uint32_t place = TakePlace();  // May take a series away: look it up after that.
  ring_[place].exemplar = exemplar;
  Link(place, FindOrAddSeries(series_labels));
  metrics_.appended.Increment();
  ShowSize();
  return {};
}

uint32_t ExemplarStorage::FindSeries(const Labels& labels) const {
  return table_.Find(labels.Hash(), [&](uint32_t series) NO_THREAD_SAFETY_ANALYSIS {
    return series_[series].labels == labels;
  });
}

uint32_t ExemplarStorage::FindOrAddSeries(const Labels& labels) {
  const uint32_t found = FindSeries(labels);
  if (found != kNone) return found;
  auto series = static_cast<uint32_t>(series_.size());
  if (free_series_.empty()) {
    series_.emplace_back();
  } else {
    series = free_series_.back();
    free_series_.pop_back();
  }
  series_[series].labels = labels;
  table_.Insert(labels.Hash(), series);
  return series;
}

uint32_t ExemplarStorage::TakePlace() {
  if (ring_.size() < max_exemplars_) {
    ring_.emplace_back();
    next_ = ring_.size() == max_exemplars_ ? 0 : ring_.size();
    return static_cast<uint32_t>(ring_.size() - 1);
  }
  const auto place = static_cast<uint32_t>(next_);
  Unlink(place);
  next_ = (next_ + 1) % ring_.size();
  return place;
}

void ExemplarStorage::Link(uint32_t place, uint32_t series_number) {
  Series& series = series_[series_number];
  uint32_t older = series.newest;
  while (older != kNone && IsBefore(ring_[place].exemplar, ring_[older].exemplar)) {
    older = ring_[older].older;
  }
  Entry& entry = ring_[place];
  entry.series = series_number;
  entry.older = older;
  entry.newer = older == kNone ? series.oldest : ring_[older].newer;
  (entry.older == kNone ? series.oldest : ring_[entry.older].newer) = place;
  (entry.newer == kNone ? series.newest : ring_[entry.newer].older) = place;
}

void ExemplarStorage::Unlink(uint32_t place) {
  const Entry& entry = ring_[place];
  Series& series = series_[entry.series];
  (entry.older == kNone ? series.oldest : ring_[entry.older].newer) = entry.newer;
  (entry.newer == kNone ? series.newest : ring_[entry.newer].older) = entry.older;
  if (series.newest != kNone) return;
  table_.Erase(series.labels.Hash(), entry.series);
  series.labels = Labels();
  free_series_.push_back(entry.series);
}

void ExemplarStorage::ShowSize() {
  metrics_.in_storage.Set(static_cast<double>(ring_.size()));
  metrics_.series_in_storage.Set(static_cast<double>(table_.size()));
  const size_t first = ring_.size() < max_exemplars_ ? 0 : next_;
  const int64_t oldest_ms = ring_.empty() ? 0 : ring_[first].exemplar.timestamp_ms;
  metrics_.oldest_seconds.Set(static_cast<double>(oldest_ms) / 1000);
}

Result<std::vector<storage::ExemplarSeries>> ExemplarStorage::SelectExemplars(
    int64_t start_ms, int64_t end_ms, std::span<const std::vector<Matcher>> selectors) {
  std::vector<storage::ExemplarSeries> found;
  MutexLock lock(mutex_);
  for (const Series& series : series_) {
    if (series.newest == kNone) continue;
    if (!std::ranges::any_of(selectors, [&](const std::vector<Matcher>& matchers) {
          return MatchesAll(series.labels, matchers);
        })) {
      continue;
    }
    storage::ExemplarSeries selected{series.labels, {}};
    for (uint32_t at = series.oldest; at != kNone; at = ring_[at].newer) {
      const Exemplar& exemplar = ring_[at].exemplar;
      if (exemplar.timestamp_ms > end_ms) break;
      if (exemplar.timestamp_ms >= start_ms) selected.exemplars.push_back(exemplar);
    }
    if (!selected.exemplars.empty()) found.push_back(std::move(selected));
  }
  std::ranges::sort(found, {}, &storage::ExemplarSeries::labels);
  return found;
}

void ExemplarStorage::Resize(uint64_t max_exemplars) {
  MutexLock lock(mutex_);
  if (max_exemplars == max_exemplars_) return;
  std::vector<Entry> old = std::move(ring_);
  const size_t begin = old.size() < max_exemplars_ ? 0 : next_;
  std::vector<Series> old_series = std::move(series_);
  ring_.clear();
  series_.clear();
  free_series_.clear();
  table_ = HashSlots();
  next_ = 0;
  max_exemplars_ = max_exemplars;
  const size_t kept = std::min<size_t>(old.size(), max_exemplars);
  for (size_t i = old.size() - kept; i < old.size(); ++i) {
    Entry& entry = old[(begin + i) % old.size()];
    const uint32_t place = TakePlace();
    ring_[place].exemplar = std::move(entry.exemplar);
    Link(place, FindOrAddSeries(old_series[entry.series].labels));
  }
  metrics_.max_exemplars.Set(static_cast<double>(max_exemplars));
  ShowSize();
}

size_t ExemplarStorage::memory_bytes() const {
  MutexLock lock(mutex_);
  size_t bytes = ring_.capacity() * sizeof(Entry) + series_.capacity() * sizeof(Series) +
                 table_.size_bytes() + free_series_.capacity() * sizeof(uint32_t);
  for (const Entry& entry : ring_) bytes += entry.exemplar.labels.bytes().capacity();
  for (const Series& series : series_) bytes += series.labels.bytes().capacity();
  return bytes;
}

}  // namespace tocsin::tsdb
