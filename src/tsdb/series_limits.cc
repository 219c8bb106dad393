#include "tsdb/series_limits.h"

#include "tsdb/series_index.h"

namespace tocsin::tsdb {
namespace {

constexpr std::string_view kJobLabel = "job";

// How many series carry this job: what their postings know anyway.
uint64_t SeriesOfJob(const SeriesIndex& index, std::string_view job) {
  const LabelDictionary& dictionary = index.dictionary();
  const NameId name = dictionary.FindName(kJobLabel);
  if (name == LabelDictionary::kNone) return 0;
  const PairId pair = dictionary.FindPair(name, job);
  return pair == LabelDictionary::kNone ? 0 : dictionary.postings(pair).size();
}

}  // namespace

Status SeriesLimits::Admit(const Labels& labels, const SeriesIndex& index, uint64_t memory_bytes) {
  if (options_.max_series != 0 && index.size() >= options_.max_series) {
    return Refuse(refused_by_count_,
                  Errorf(ErrorCode::kTooLarge, "limit of {} series reached, new series refused: {}",
                         options_.max_series, labels.ToString()));
  }
  if (options_.max_memory_bytes != 0 && memory_bytes >= options_.max_memory_bytes) {
    return Refuse(
        refused_by_memory_,
        Errorf(ErrorCode::kTooLarge,
               "memory limit of {} bytes reached, {} bytes in use, new series refused: {}",
               options_.max_memory_bytes, memory_bytes, labels.ToString()));
  }
  const std::string_view job = options_.max_series_per_job != 0 ? labels.Get(kJobLabel) : "";
  if (!job.empty() && SeriesOfJob(index, job) >= options_.max_series_per_job) {
    return Refuse(refused_by_job_,
                  Errorf(ErrorCode::kTooLarge,
                         "limit of {} series of job \"{}\" reached, new series refused: {}",
                         options_.max_series_per_job, job, labels.ToString()));
  }
  return {};
}

Status SeriesLimits::Refuse(std::atomic<uint64_t>& counter, Error error) {
  counter.fetch_add(1, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  last_refusal_ = error.message();
  return error;
}

SeriesLimitStatus SeriesLimits::Counts() const {
  SeriesLimitStatus status;
  status.limits = options_;
  status.refused_by_count = refused_by_count_.load(std::memory_order_relaxed);
  status.refused_by_job = refused_by_job_.load(std::memory_order_relaxed);
  status.refused_by_memory = refused_by_memory_.load(std::memory_order_relaxed);
  MutexLock lock(mutex_);
  status.last_refusal = last_refusal_;
  return status;
}

}  // namespace tocsin::tsdb
