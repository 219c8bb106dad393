#include "remote/histogram_resolution.h"

#include <cstdint>
#include <vector>

namespace tocsin::remote {
namespace {

bool IsTooFine(int32_t schema) { return schema > kFinestSchema && schema <= kFinestReservedSchema; }

bool DoAgree(const std::vector<HistogramSpan>& spans, size_t bucket_count) {
  uint64_t covered = 0;
  for (const HistogramSpan& span : spans) covered += span.length;
  return covered == bucket_count;
}

// The bucket of the coarser schema that holds bucket `index`: a bucket's upper bound is base^index.
int64_t CoarserIndex(int64_t index, int32_t schema) {
  const int shift = schema - kFinestSchema;
  return ((index - 1) >> shift) + 1;
}

// Rebuilds spans and absolute counts with the buckets of the coarser schema.
template <typename Count>
void Merge(int32_t schema, std::vector<HistogramSpan>& spans, std::vector<Count>& counts) {
  std::vector<HistogramSpan> merged_spans;
  std::vector<Count> merged;
  int64_t index = 0;
  int64_t last = 0;
  size_t bucket = 0;
  for (const HistogramSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index) {
      const int64_t coarse = CoarserIndex(index, schema);
      if (!merged.empty() && coarse == last) {
        merged.back() += counts[bucket++];
        continue;
      }
      const int64_t gap = merged.empty() ? coarse : coarse - last - 1;
      if (merged.empty() || gap != 0) {
        merged_spans.push_back({static_cast<int32_t>(gap), 0});
      }
      ++merged_spans.back().length;
      merged.push_back(counts[bucket++]);
      last = coarse;
    }
  }
  spans = std::move(merged_spans);
  counts = std::move(merged);
}

void MergeDeltas(int32_t schema, std::vector<HistogramSpan>& spans, std::vector<int64_t>& deltas) {
  // Unsigned: sums of hostile deltas may wrap, and validation refuses what comes of it.
  std::vector<uint64_t> counts;
  uint64_t count = 0;
  for (const int64_t delta : deltas) counts.push_back(count += static_cast<uint64_t>(delta));
  Merge(schema, spans, counts);
  deltas.clear();
  uint64_t previous = 0;
  for (const uint64_t merged : counts) {
    deltas.push_back(static_cast<int64_t>(merged - previous));
    previous = merged;
  }
}

}  // namespace

void ReduceResolution(Histogram& histogram) {
  if (!IsTooFine(histogram.schema)) return;
  if (!DoAgree(histogram.positive_spans, histogram.positive_deltas.size()) ||
      !DoAgree(histogram.negative_spans, histogram.negative_deltas.size())) {
    return;
  }
  MergeDeltas(histogram.schema, histogram.positive_spans, histogram.positive_deltas);
  MergeDeltas(histogram.schema, histogram.negative_spans, histogram.negative_deltas);
  histogram.schema = kFinestSchema;
}

void ReduceResolution(FloatHistogram& histogram) {
  if (!IsTooFine(histogram.schema)) return;
  if (!DoAgree(histogram.positive_spans, histogram.positive_buckets.size()) ||
      !DoAgree(histogram.negative_spans, histogram.negative_buckets.size())) {
    return;
  }
  Merge(histogram.schema, histogram.positive_spans, histogram.positive_buckets);
  Merge(histogram.schema, histogram.negative_spans, histogram.negative_buckets);
  histogram.schema = kFinestSchema;
}

}  // namespace tocsin::remote
