#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/labels.h"
#include "model/matcher.h"
#include "model/sample.h"
#include "storage/appendable.h"
#include "storage/queryable.h"
#include "telemetry/registry.h"
#include "tsdb/commit_log.h"
#include "tsdb/head.h"
#include "tsdb/head_metrics.h"

namespace tocsin::tsdb {

/// Samples as comparable pairs: values by their bits, so that NaNs compare.
using SampleBits = std::vector<std::pair<int64_t, uint64_t>>;
/// Everything a querier sees.
using Contents = std::map<std::string, SampleBits>;

inline uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }

inline SampleBits ToBits(const storage::SampleBuffer& buffer) {
  SampleBits samples;
  for (size_t i = 0; i < buffer.values.size(); ++i) {
    samples.emplace_back(buffer.timestamps_ms[i], Bits(buffer.values[i]));
  }
  return samples;
}

inline Matcher AnySeries() { return Matcher::Make(MatchType::kRegex, "__name__", ".*").value(); }

/// Reads all series in [start_ms, end_ms] through `querier`; those without samples are left out.
inline Contents ReadAll(storage::Querier& querier, int64_t start_ms = INT64_MIN,
                        int64_t end_ms = INT64_MAX) {
  Contents contents;
  const Matcher any = AnySeries();
  const auto set = querier.Select(std::span(&any, 1), {start_ms, end_ms, 0, 0}).value();
  storage::SampleBuffer buffer;
  for (size_t i = 0; i < set->size(); ++i) {
    if (!set->Read(i, start_ms, end_ms, buffer)) continue;
    if (!buffer.values.empty()) contents[set->LabelsOf(i).ToString()] = ToBits(buffer);
  }
  return contents;
}

inline Contents ReadAll(storage::Queryable& queryable, int64_t start_ms = INT64_MIN,
                        int64_t end_ms = INT64_MAX) {
  const auto querier = queryable.MakeQuerier(start_ms, end_ms).value();
  return ReadAll(*querier, start_ms, end_ms);
}

/// What `actual` has that `expected` has not, and the other way round: "" when they are equal.
inline std::string Differences(const Contents& actual, const Contents& expected) {
  std::string text;
  const auto list = [&](const char* what, const Contents& from, const Contents& but) {
    for (const auto& [labels, samples] : from) {
      const auto other = but.find(labels);
      for (const auto& sample : samples) {
        if (other != but.end() && std::ranges::binary_search(other->second, sample)) continue;
        text += what + labels + " " + std::to_string(sample.first) + "\n";
      }
    }
  };
  list("unexpected: ", actual, expected);
  list("missing: ", expected, actual);
  if (text.empty() && actual != expected) text = "same samples in another order\n";
  return text;
}

/// A head in memory that logs to nowhere.
struct MemoryHead {
  explicit MemoryHead(Head::Options options = {}) : head(log, metrics, options) {}
  telemetry::Registry registry;
  HeadMetrics metrics{registry};
  NullCommitLog log;
  Head head;
};

}  // namespace tocsin::tsdb
