#include "promql/histogram_sum.h"

#include <algorithm>
#include <cmath>

#include "model/float_histogram_buckets.h"

namespace tocsin::promql {
namespace {

void Absorb(KahanSum& into, const KahanSum& from) {
  into.Add(from.sum);
  into.compensation += from.compensation;
}

}  // namespace

HistogramSum::HistogramSum(const FloatHistogram& first)
    : zero_count_{first.zero_count, 0}, count_{first.count, 0}, sum_{first.sum, 0} {
  layout_.counter_reset_hint = first.counter_reset_hint;
  layout_.schema = first.schema;
  layout_.zero_threshold = first.zero_threshold;
  layout_.custom_values = first.custom_values;
  positive_ = {first.positive_spans, first.positive_buckets,
               std::vector<double>(first.positive_buckets.size())};
  negative_ = {first.negative_spans, first.negative_buckets,
               std::vector<double>(first.negative_buckets.size())};
  NoteHint(first.counter_reset_hint);
}

void HistogramSum::NoteHint(CounterResetHint hint) {
  saw_reset_ |= hint == CounterResetHint::kReset;
  saw_not_reset_ |= hint == CounterResetHint::kNotReset;
}

bool HistogramSum::Add(const FloatHistogram& histogram) {
  if (UsesCustomBuckets(histogram) != UsesCustomBuckets(layout_)) return false;
  NoteHint(histogram.counter_reset_hint);
  bool collides;
  layout_.counter_reset_hint =
      MergeHints(layout_.counter_reset_hint, histogram.counter_reset_hint, collides);
  if (UsesCustomBuckets(layout_)) {
    AddCustom(histogram);
  } else {
    AddExponential(histogram);
  }
  count_.Add(histogram.count);
  sum_.Add(histogram.sum);
  return true;
}

HistogramSum::Cells HistogramSum::CellsOf(const Side& side) {
  Cells cells;
  cells.reserve(side.sums.size());
  int32_t index = 0;
  for (const HistogramSpan& span : side.spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index) {
      const size_t at = cells.size();
      cells.push_back({index, {side.sums[at], side.rests[at]}});
    }
  }
  return cells;
}

void HistogramSum::Store(const Cells& cells, Side& side) {
  IndexedCounts sums;
  sums.reserve(cells.size());
  side.rests.clear();
  for (const Cell& cell : cells) {
    sums.push_back({cell.index, cell.sum.sum});
    side.rests.push_back(cell.sum.compensation);
  }
  StoreCounts(sums, side.spans, side.sums);
}

template <typename NewIndex>
void HistogramSum::Reindex(Side& side, NewIndex new_index) {
  Cells cells;
  for (const Cell& cell : CellsOf(side)) {
    const int32_t index = new_index(cell.index);
    if (!cells.empty() && cells.back().index == index) {
      Absorb(cells.back().sum, cell.sum);
    } else {
      cells.push_back({index, cell.sum});
    }
  }
  Store(cells, side);
}

void HistogramSum::AddSameLayout(const std::vector<double>& counts, Side& side) {
  for (size_t i = 0; i < counts.size(); ++i) {
    KahanSum cell{side.sums[i], side.rests[i]};
    cell.Add(counts[i]);
    side.sums[i] = cell.sum;
    side.rests[i] = cell.compensation;
  }
}

void HistogramSum::AddCustom(const FloatHistogram& histogram) {
  const bool same_bounds = histogram.custom_values == layout_.custom_values;
  if (same_bounds && histogram.positive_spans == positive_.spans) {
    AddSameLayout(histogram.positive_buckets, positive_);
    return;
  }
  if (same_bounds) {
    AddSide(histogram, true, positive_);
    return;
  }
  reconciled_bounds_ = true;
  const std::vector<double> shared = SharedBounds(layout_.custom_values, histogram.custom_values);
  Reindex(positive_,
          [&](int32_t index) { return IndexAmongBounds(index, layout_.custom_values, shared); });
  FloatHistogram mapped;
  mapped.schema = histogram.schema;
  IndexedCounts counts;
  for (IndexedCount at : ListCounts(histogram.positive_spans, histogram.positive_buckets)) {
    at.index = IndexAmongBounds(at.index, histogram.custom_values, shared);
    if (counts.empty() || counts.back().index != at.index) counts.push_back({at.index, 0});
    counts.back().count += at.count;
  }
  StoreCounts(counts, mapped.positive_spans, mapped.positive_buckets);
  layout_.custom_values = shared;
  AddSide(mapped, true, positive_);
}

void HistogramSum::AddExponential(const FloatHistogram& histogram) {
  double zero_count = histogram.zero_count;
  if (histogram.zero_threshold != layout_.zero_threshold) {
    FloatHistogram plain = Result();
    zero_count = ReconcileZeroBuckets(plain, histogram);
    WidenZeroBucket(plain.zero_threshold);
  }
  zero_count_.Add(zero_count);
  if (histogram.schema < layout_.schema) {
    const int32_t coarser = layout_.schema - histogram.schema;
    Reindex(positive_, [&](int32_t index) { return CoarserIndex(index, coarser); });
    Reindex(negative_, [&](int32_t index) { return CoarserIndex(index, coarser); });
    layout_.schema = histogram.schema;
  }
  AddSide(histogram, true, positive_);
  AddSide(histogram, false, negative_);
}

void HistogramSum::AddSide(const FloatHistogram& histogram, bool is_positive, Side& side) {
  const auto& spans = is_positive ? histogram.positive_spans : histogram.negative_spans;
  const auto& buckets = is_positive ? histogram.positive_buckets : histogram.negative_buckets;
  const bool same_shape = histogram.schema == layout_.schema && spans == side.spans &&
                          histogram.zero_threshold == layout_.zero_threshold;
  if (same_shape) {
    AddSameLayout(buckets, side);
    return;
  }
  const bool is_custom = UsesCustomBuckets(layout_);
  const int32_t coarser = is_custom ? 0 : histogram.schema - layout_.schema;
  IndexedCounts counts = ListCounts(spans, buckets);
  for (IndexedCount& at : counts) at.index = is_custom ? at.index : CoarserIndex(at.index, coarser);
  if (!is_custom) {
    std::erase_if(counts, [&](const IndexedCount& at) {
      return ExponentialBound(at.index, layout_.schema) <= layout_.zero_threshold;
    });
  }
  Cells merged;
  Cells ours = CellsOf(side);
  auto next = ours.begin();
  for (const IndexedCount& at : counts) {
    while (next != ours.end() && next->index < at.index) merged.push_back(*next++);
    if (next != ours.end() && next->index == at.index) merged.push_back(*next++);
    if (merged.empty() || merged.back().index != at.index) {
      merged.push_back({at.index, {at.count, 0}});
    } else {
      merged.back().sum.Add(at.count);
    }
  }
  merged.insert(merged.end(), next, ours.end());
  Store(merged, side);
}

void HistogramSum::WidenZeroBucket(double threshold) {
  if (threshold == layout_.zero_threshold) return;
  layout_.zero_threshold = threshold;
  SwallowBuckets(true, positive_);
  SwallowBuckets(false, negative_);
}

void HistogramSum::SwallowBuckets(bool is_positive, Side& side) {
  Cells kept;
  for (const Cell& cell : CellsOf(side)) {
    const HistogramBucket bucket = BucketAt(layout_, is_positive, {cell.index, 0});
    const double inner = is_positive ? bucket.lower : -bucket.upper;
    if (inner < layout_.zero_threshold) {
      Absorb(zero_count_, cell.sum);
    } else {
      kept.push_back(cell);
    }
  }
  Store(kept, side);
}

template <typename Change>
void HistogramSum::ChangeAll(Change change) {
  for (KahanSum* total : {&zero_count_, &count_, &sum_}) {
    change(total->sum);
    change(total->compensation);
  }
  for (Side* side : {&positive_, &negative_}) {
    for (double& sum : side->sums) change(sum);
    for (double& rest : side->rests) change(rest);
  }
}

void HistogramSum::Multiply(double factor) {
  ChangeAll([factor](double& number) { number *= factor; });
}

void HistogramSum::Divide(double divisor) {
  ChangeAll([divisor](double& number) { number /= divisor; });
}

bool HistogramSum::HasOverflow() const {
  const auto is_infinite = [](double number) { return std::isinf(number); };
  const auto any = [&](const std::vector<double>& sums) {
    return std::any_of(sums.begin(), sums.end(), is_infinite);
  };
  return is_infinite(zero_count_.sum) || is_infinite(count_.sum) || is_infinite(sum_.sum) ||
         any(positive_.sums) || any(negative_.sums);
}

FloatHistogram HistogramSum::Result() const {
  FloatHistogram result = layout_;
  result.zero_count = zero_count_.value();
  result.count = count_.value();
  result.sum = sum_.value();
  const auto add = [](const Side& side, std::vector<double>& counts) {
    counts = side.sums;
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += side.rests[i];
  };
  result.positive_spans = positive_.spans;
  result.negative_spans = negative_.spans;
  add(positive_, result.positive_buckets);
  add(negative_, result.negative_buckets);
  return result;
}

bool HistogramMean::Add(const FloatHistogram& histogram) {
  ++count_;
  if (!is_running_) {
    HistogramSum next = sum_;
    if (!next.Add(histogram)) return false;
    if (!next.HasOverflow()) {
      sum_ = std::move(next);
      return true;
    }
    is_running_ = true;
    sum_.Divide(count_ - 1);
  }
  sum_.Multiply((count_ - 1) / count_);
  FloatHistogram part = histogram;
  Divide(part, count_);
  return sum_.Add(part);
}

FloatHistogram HistogramMean::Result() const {
  if (is_running_) return sum_.Result();
  HistogramSum mean = sum_;
  mean.Divide(count_);
  return mean.Result();
}

}  // namespace tocsin::promql
