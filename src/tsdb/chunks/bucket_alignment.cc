#include "tsdb/chunks/bucket_alignment.h"

namespace tocsin::tsdb {

std::vector<int64_t> BucketIndexes(const std::vector<HistogramSpan>& spans) {
  std::vector<int64_t> indexes;
  int64_t next = 0;
  for (const HistogramSpan& span : spans) {
    next += span.offset;
    for (uint32_t i = 0; i < span.length; ++i) indexes.push_back(next++);
  }
  return indexes;
}

std::vector<HistogramSpan> SpansOf(const std::vector<int64_t>& indexes) {
  std::vector<HistogramSpan> spans;
  int64_t end = 0;  // Behind the last bucket.
  for (const int64_t index : indexes) {
    if (spans.empty() || index != end) {
      spans.push_back({static_cast<int32_t>(index - end), 1});
    } else {
      ++spans.back().length;
    }
    end = index + 1;
  }
  return spans;
}

BucketAlignment Align(const std::vector<HistogramSpan>& chunk,
                      const std::vector<HistogramSpan>& sample) {
  const std::vector<int64_t> a = BucketIndexes(chunk);
  const std::vector<int64_t> b = BucketIndexes(sample);
  BucketAlignment out;
  out.merged.reserve(a.size() + b.size());
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const bool take_chunk = i < a.size() && (j == b.size() || a[i] <= b[j]);
    const bool take_sample = j < b.size() && (i == a.size() || b[j] <= a[i]);
    const auto position = static_cast<uint32_t>(out.merged.size());
    out.merged.push_back(take_chunk ? a[i] : b[j]);
    if (take_chunk) {
      out.in_chunk.push_back(position);
      ++i;
    }
    if (take_sample) {
      out.in_sample.push_back(position);
      ++j;
    }
  }
  return out;
}

}  // namespace tocsin::tsdb
