#pragma once

#include <fmt/core.h>

#include <bit>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "model/histogram.h"
#include "model/sample.h"
#include "storage/queryable.h"
#include "tsdb/head_fixture.h"
#include "tsdb/sample_verdict.h"

namespace tocsin::tsdb {

/// A counter's histogram that grows with `seed`; larger ones have more buckets.
inline Histogram CounterHistogram(uint64_t seed) {
  Histogram histogram;
  histogram.schema = 3;
  histogram.zero_threshold = 0.001;
  histogram.zero_count = seed;
  const auto buckets = static_cast<uint32_t>(2 + seed / 16 % 5);
  histogram.positive_spans = {{0, buckets}};
  histogram.positive_deltas.assign(buckets, 0);
  histogram.positive_deltas[0] = static_cast<int64_t>(seed);
  histogram.count = seed + buckets * seed;
  histogram.sum = static_cast<double>(seed) * 1.5;
  return histogram;
}

/// All of a sample but its counter reset hint, so that samples compare.
inline std::string Describe(const FloatHistogram& histogram) {
  if (IsStaleNan(histogram.sum)) return "stale histogram";
  std::string text = fmt::format("h schema {} zero {} count {} sum {} [", histogram.schema,
                                 histogram.zero_count, histogram.count, histogram.sum);
  // Empty buckets may come and go with the layout of a chunk.
  int32_t index = 0;
  size_t at = 0;
  for (const HistogramSpan& span : histogram.positive_spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index) {
      const double count = histogram.positive_buckets[at++];
      if (count != 0) text += fmt::format(" {}:{}", index, count);
    }
  }
  return text + "]";
}
inline std::string Describe(double value) { return fmt::format("f {:x}", Bits(value)); }

using AnySamples = std::map<int64_t, std::string>;
using AnyContents = std::map<std::string, AnySamples>;

inline void AddSamples(const storage::SampleBuffer& buffer, AnySamples& out) {
  for (size_t i = 0; i < buffer.values.size(); ++i) {
    out.emplace(buffer.timestamps_ms[i], Describe(buffer.values[i]));
  }
  for (const auto& sample : buffer.histograms) {
    out.emplace(sample.timestamp_ms, Describe(*sample.histogram));
  }
}

inline AnyContents ReadAny(storage::Querier& querier, int64_t start_ms = INT64_MIN,
                           int64_t end_ms = INT64_MAX) {
  AnyContents contents;
  const Matcher any = AnySeries();
  const auto set = querier.Select(std::span(&any, 1), {start_ms, end_ms, 0, 0}).value();
  storage::SampleBuffer buffer;
  for (size_t i = 0; i < set->size(); ++i) {
    CHECK(set->Read(i, start_ms, end_ms, buffer).ok(), "a series cannot be read");
    AnySamples samples;
    AddSamples(buffer, samples);
    CHECK(samples.size() == buffer.values.size() + buffer.histograms.size(), "a time twice");
    if (!samples.empty()) contents[set->LabelsOf(i).ToString()] = std::move(samples);
  }
  return contents;
}

inline AnyContents ReadAny(storage::Queryable& queryable, int64_t start_ms = INT64_MIN,
                           int64_t end_ms = INT64_MAX) {
  const auto querier = queryable.MakeQuerier(start_ms, end_ms).value();
  return ReadAny(*querier, start_ms, end_ms);
}

}  // namespace tocsin::tsdb
