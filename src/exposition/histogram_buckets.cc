#include "exposition/histogram_buckets.h"

#include <vector>

namespace tocsin::exposition {

namespace {

/// A bucket at its place, with its count as such and not as a difference.
template <typename Count>
struct PlacedBucket {
  int32_t index;
  Count count;
};

template <typename Count>
using PlacedBuckets = std::vector<PlacedBucket<Count>>;

// False when spans and counts disagree, or places do not rise or leave the range of an int32_t.
template <typename Count>
bool Place(const std::vector<HistogramSpan>& spans, const std::vector<Count>& counts,
           PlacedBuckets<Count>& buckets) {
  buckets.clear();
  int64_t index = 0;
  for (const HistogramSpan& span : spans) {
    if (span.offset < 0 && &span != spans.data()) return false;
    index += span.offset;
    if (span.length > counts.size() - buckets.size()) return false;
    if (index < INT32_MIN || index + span.length > INT32_MAX) return false;
    for (uint32_t i = 0; i < span.length; ++i) {
      buckets.push_back({static_cast<int32_t>(index++), counts[buckets.size()]});
    }
  }
  return buckets.size() == counts.size();
}

template <typename Count>
void Unplace(const PlacedBuckets<Count>& buckets, uint32_t max_empty_buckets,
             std::vector<HistogramSpan>& spans, std::vector<Count>& counts) {
  spans.clear();
  counts.clear();
  int64_t next_index = 0;
  for (const PlacedBucket<Count>& bucket : buckets) {
    if (bucket.count == 0) continue;
    const int64_t gap = bucket.index - next_index;
    if (spans.empty() || gap > max_empty_buckets) {
      spans.push_back({static_cast<int32_t>(gap), 0});
    } else {
      counts.insert(counts.end(), static_cast<size_t>(gap), Count{});
      spans.back().length += static_cast<uint32_t>(gap);
    }
    ++spans.back().length;
    counts.push_back(bucket.count);
    next_index = int64_t{bucket.index} + 1;
  }
}

std::vector<int64_t> CountsOf(const std::vector<int64_t>& deltas) {
  std::vector<int64_t> counts;
  counts.reserve(deltas.size());
  uint64_t count = 0;  // Unsigned, because hostile differences overflow.
  for (const int64_t delta : deltas) {
    counts.push_back(static_cast<int64_t>(count += static_cast<uint64_t>(delta)));
  }
  return counts;
}

std::vector<int64_t> DeltasOf(const std::vector<int64_t>& counts) {
  std::vector<int64_t> deltas;
  deltas.reserve(counts.size());
  uint64_t before = 0;
  for (const int64_t count : counts) {
    deltas.push_back(static_cast<int64_t>(static_cast<uint64_t>(count) - before));
    before = static_cast<uint64_t>(count);
  }
  return deltas;
}

/// Lets `change` work on the placed buckets of both sides of a histogram.
template <typename Change>
void ForEachSide(Histogram& histogram, uint32_t max_empty_buckets, Change change) {
  const auto edit = [&](std::vector<HistogramSpan>& spans, std::vector<int64_t>& deltas) {
    PlacedBuckets<int64_t> buckets;
    std::vector<int64_t> counts = CountsOf(deltas);
    if (!Place(spans, counts, buckets)) return;
    change(buckets);
    Unplace(buckets, max_empty_buckets, spans, counts);
    deltas = DeltasOf(counts);
  };
  edit(histogram.positive_spans, histogram.positive_deltas);
  edit(histogram.negative_spans, histogram.negative_deltas);
}

template <typename Change>
void ForEachSide(FloatHistogram& histogram, uint32_t max_empty_buckets, Change change) {
  const auto edit = [&](std::vector<HistogramSpan>& spans, std::vector<double>& counts) {
    PlacedBuckets<double> buckets;
    if (!Place(spans, counts, buckets)) return;
    change(buckets);
    Unplace(buckets, max_empty_buckets, spans, counts);
  };
  edit(histogram.positive_spans, histogram.positive_buckets);
  edit(histogram.negative_spans, histogram.negative_buckets);
}

// Hostile counts overflow.
int64_t Sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
double Sum(double a, double b) { return a + b; }

// Bucket i of a schema is part of bucket ceil(i / 2) of the next coarser one.
template <typename Buckets>
void Merge(Buckets& buckets, int shift) {
  Buckets merged;
  for (auto bucket : buckets) {
    bucket.index = static_cast<int32_t>(((int64_t{bucket.index} - 1) >> shift) + 1);
    if (!merged.empty() && merged.back().index == bucket.index) {
      merged.back().count = Sum(merged.back().count, bucket.count);
    } else {
      merged.push_back(bucket);
    }
  }
  buckets = std::move(merged);
}

template <typename AnyHistogram>
void Reduce(AnyHistogram& histogram, int32_t schema) {
  if (histogram.schema == FloatHistogram::kCustomBucketsSchema || schema >= histogram.schema) {
    return;
  }
  const int shift = histogram.schema - schema;
  if (shift > 31) return;  // No schema that storage takes is so far from another.
  ForEachSide(histogram, 0, [shift](auto& buckets) { Merge(buckets, shift); });
  histogram.schema = schema;
}

}  // namespace

void CompactBuckets(Histogram& histogram, uint32_t max_empty_buckets) {
  ForEachSide(histogram, max_empty_buckets, [](auto&) {});
}

void CompactBuckets(FloatHistogram& histogram, uint32_t max_empty_buckets) {
  ForEachSide(histogram, max_empty_buckets, [](auto&) {});
}

void ReduceResolution(Histogram& histogram, int32_t schema) { Reduce(histogram, schema); }
void ReduceResolution(FloatHistogram& histogram, int32_t schema) { Reduce(histogram, schema); }

}  // namespace tocsin::exposition
