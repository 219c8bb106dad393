#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/mutex.h"
#include "model/labels.h"
#include "model/sample.h"
#include "storage/appendable.h"

namespace tocsin::scraper {

/// Storage as plainly as its contract allows: a map of series. Thread-safe.
class FakeStorage final : public storage::Appendable {
 public:
  std::unique_ptr<storage::Appender> MakeAppender() override { return nullptr; }
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override;

  /// Samples of the series whose text is `series`, as "ts:value …" with "stale" for markers.
  std::string SamplesOf(const std::string& series) {
    MutexLock lock(mutex);
    std::string out;
    for (const Sample& sample : samples[series]) {
      if (!out.empty()) out += ' ';
      out += std::to_string(sample.timestamp_ms) + ":";
      out += IsStaleNan(sample.value) ? "stale" : fmt::format("{}", sample.value);
    }
    return out;
  }
  /// The newest value that is no stale marker; NaN when there is none.
  double LastValue(const std::string& series) {
    MutexLock lock(mutex);
    const auto& list = samples[series];
    return list.empty() || IsStaleNan(list.back().value) ? kNormalNan : list.back().value;
  }
  /// Series whose newest sample is no stale marker, with that sample's value bits.
  std::map<std::string, uint64_t> LiveValues() {
    MutexLock lock(mutex);
    std::map<std::string, uint64_t> live;
    for (const auto& [series, list] : samples) {
      if (!list.empty() && !IsStaleNan(list.back().value)) {
        live[series] = std::bit_cast<uint64_t>(list.back().value);
      }
    }
    return live;
  }
  /// The text under which samples are kept: name{label="value", …}.
  static std::string TextOf(const Labels& labels) {
    const Labels rest = labels.WithoutName();
    return std::string(labels.Get(kMetricNameLabel)) + (rest.empty() ? "" : rest.ToString());
  }

  /// What was stored of a series beside floats, one text each: "1000:i schema=3 count=7 sum=2.5
  /// buckets=4" or "stale", exemplars as "{id=\"x\"} 0.5@900".
  std::string HistogramsOf(const std::string& series) { return Joined(histograms, series); }
  std::string ExemplarsOf(const std::string& series) { return Joined(exemplars, series); }

  Mutex mutex;
  std::map<std::string, std::vector<Sample>> samples;
  std::map<std::string, std::vector<std::string>> histograms;
  std::map<std::string, std::vector<std::string>> exemplars;
  std::map<std::string, int64_t> starts_ms;  ///< The last one.
  std::map<std::string, MetricMetadata> metadata;
  size_t metadata_calls = 0;
  bool refuses_exemplars = false;
  size_t series_limit = SIZE_MAX;
  size_t slot_lookups = 0;
  bool fail_commits = false;
  bool renumber_at_next_row = false;

 private:
  std::string Joined(std::map<std::string, std::vector<std::string>>& texts,
                     const std::string& series) {
    MutexLock lock(mutex);
    return fmt::format("{}", fmt::join(texts[series], " "));
  }
};

/// One target's writer in FakeStorage.
class FakeRowAppender final : public storage::RowAppender {
 public:
  explicit FakeRowAppender(FakeStorage& storage) : storage_(storage) { Resize(0); }

  Result<Slot> SlotOf(const Labels& labels) override {
    MutexLock lock(storage_.mutex);
    ++storage_.slot_lookups;
    const std::string text = FakeStorage::TextOf(labels);
    if (!storage_.samples.contains(text) && storage_.samples.size() >= storage_.series_limit) {
      return Error(ErrorCode::kTooLarge, "too many series");
    }
    storage_.samples[text];
    const auto [found, is_new] = slots_.try_emplace(text, static_cast<Slot>(texts_.size()));
    if (is_new) {
      texts_.push_back(text);
      Resize(texts_.size());
    }
    return found->second;
  }

  void BeginRow(int64_t timestamp_ms) override {
    timestamp_ms_ = timestamp_ms;
    {
      MutexLock lock(storage_.mutex);
      if (std::exchange(storage_.renumber_at_next_row, false)) Renumber();
    }
    std::fill(present_words_.begin(), present_words_.end(), 0);
    own_times_.clear();
    histograms_.clear();
    exemplars_.clear();
    starts_ms_.clear();
  }

  bool SetAt(Slot slot, int64_t timestamp_ms, double value, bool track_staleness) override {
    uint64_t& word = present_words_[slot / 64];
    const uint64_t bit = uint64_t{1} << (slot % 64);
    if (word & bit) return false;
    word |= bit;
    values_[slot] = value;
    own_times_[slot] = {timestamp_ms, track_staleness};
    return true;
  }

  Status SetHistogram(Slot slot, std::optional<int64_t> timestamp_ms, const Histogram& histogram,
                      bool track_staleness) override {
    return SetAnyHistogram(slot, timestamp_ms, 'i', ToFloat(histogram), track_staleness,
                           Validate(histogram));
  }
  Status SetHistogram(Slot slot, std::optional<int64_t> timestamp_ms,
                      const FloatHistogram& histogram, bool track_staleness) override {
    return SetAnyHistogram(slot, timestamp_ms, 'f', histogram, track_staleness,
                           Validate(histogram));
  }

  void SetStart(Slot slot, int64_t start_timestamp_ms) override {
    if (IsSet(slot)) starts_ms_[slot] = start_timestamp_ms;
  }

  size_t AddExemplars(Slot slot, std::span<const Exemplar> exemplars) override {
    if (!IsSet(slot)) return 0;
    if (storage_.refuses_exemplars) return exemplars.size();
    for (const Exemplar& exemplar : exemplars) {
      exemplars_.emplace_back(slot, fmt::format("{} {}@{}", exemplar.labels.ToString(),
                                                exemplar.value, exemplar.timestamp_ms));
    }
    return 0;
  }

  void SetMetadata(Slot slot, const MetricMetadata& metadata) override {
    MutexLock lock(storage_.mutex);
    storage_.metadata[texts_[slot]] = metadata;
    ++storage_.metadata_calls;
  }

  Result<storage::RowResult> CommitRow() override {
    MutexLock lock(storage_.mutex);
    if (storage_.fail_commits) return Error(ErrorCode::kUnavailable, "disk full");
    storage::RowResult result;
    std::map<std::string, bool> live;
    for (const auto& [slot, text] : exemplars_) storage_.exemplars[texts_[slot]].push_back(text);
    for (const auto& [slot, start_ms] : starts_ms_) storage_.starts_ms[texts_[slot]] = start_ms;
    for (const auto& [slot, histogram] : histograms_) {
      storage_.histograms[texts_[slot]].push_back(histogram.text);
      ++result.appended;
      if (histogram.is_tracked) live[texts_[slot]] = true;
    }
    for (Slot slot = 0; slot < texts_.size(); ++slot) {
      if (!IsSet(slot) || histograms_.contains(slot)) continue;
      const auto own = own_times_.find(slot);
      Add(texts_[slot], own == own_times_.end() ? timestamp_ms_ : own->second.first, values_[slot],
          result);
      if (own == own_times_.end() || own->second.second) live[texts_[slot]] = true;
    }
    for (const auto& [text, unused] : live_) {
      if (live.contains(text)) continue;
      if (auto& list = storage_.histograms[text]; !list.empty()) {
        list.push_back(fmt::format("{}:stale", timestamp_ms_));
        ++result.stale;
        continue;
      }
      storage::RowResult ignored;
      if (Add(text, timestamp_ms_, kStaleNan, ignored)) ++result.stale;
    }
    live_ = std::move(live);
    return result;
  }

  void AbortRow() override {}

 private:
  struct SetHistogramText {
    std::string text;
    bool is_tracked;
  };

  bool IsSet(Slot slot) const { return (present_words_[slot / 64] >> (slot % 64) & 1) != 0; }

  Status SetAnyHistogram(Slot slot, std::optional<int64_t> timestamp_ms, char kind,
                         const FloatHistogram& histogram, bool track_staleness,
                         const Status& validity) {
    if (!validity) return validity.error();
    if (!SetAt(slot, timestamp_ms.value_or(timestamp_ms_), histogram.count, track_staleness)) {
      return Error(ErrorCode::kAlreadyExists, "duplicate sample for timestamp");
    }
    histograms_[slot] = {
        fmt::format("{}:{} schema={} count={} sum={} buckets={}",
                    timestamp_ms.value_or(timestamp_ms_), kind, histogram.schema, histogram.count,
                    histogram.sum,
                    histogram.positive_buckets.size() + histogram.negative_buckets.size()),
        track_staleness};
    return {};
  }

  bool Add(const std::string& text, int64_t timestamp_ms, double value,
           storage::RowResult& result) {
    std::vector<Sample>& list = storage_.samples[text];
    if (!list.empty() && timestamp_ms < list.back().timestamp_ms) {
      ++result.out_of_order;
      return false;
    }
    if (!list.empty() && timestamp_ms == list.back().timestamp_ms) {
      const bool is_same =
          std::bit_cast<uint64_t>(value) == std::bit_cast<uint64_t>(list.back().value);
      result.duplicates += is_same ? 0 : 1;
      return false;
    }
    list.push_back({timestamp_ms, value});
    ++result.appended;
    return true;
  }

  // Slots in reverse: whoever uses an old one writes to the wrong series.
  void Renumber() {
    ++layout_generation_;
    slots_.clear();
    texts_.assign({"renumbered"});
    Resize(1);
  }

  void Resize(size_t size) {
    values_.resize(size + 1);
    present_words_.resize(size / 64 + 1);
    row_ = values_.data();
    present_ = present_words_.data();
  }

  FakeStorage& storage_;
  int64_t timestamp_ms_ = 0;
  std::map<std::string, Slot> slots_;
  std::vector<std::string> texts_;
  std::vector<double> values_;
  std::vector<uint64_t> present_words_;
  std::map<Slot, std::pair<int64_t, bool>> own_times_;
  std::map<Slot, SetHistogramText> histograms_;
  std::vector<std::pair<Slot, std::string>> exemplars_;
  std::map<Slot, int64_t> starts_ms_;
  std::map<std::string, bool> live_;  // In the last committed row.
};

inline std::unique_ptr<storage::RowAppender> FakeStorage::MakeRowAppender() {
  return std::make_unique<FakeRowAppender>(*this);
}

}  // namespace tocsin::scraper
