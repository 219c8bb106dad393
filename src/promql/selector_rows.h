#pragma once

#include "promql/row_source.h"

namespace tocsin::promql {

/// When an instant selector looks: the newest sample in (t - lookback, t], t being the step less
/// the offset, or one time for all steps when `@` fixes it.
struct Lookback {
  StepRange steps;
  int64_t offset_ms = 0;
  bool is_fixed = false;
  int64_t fixed_ms = 0;
  int64_t lookback_ms = 300'000;

  int64_t At(size_t step) const { return is_fixed ? fixed_ms : steps.At(step) - offset_ms; }
  int64_t first_sample_ms() const { return At(0) - lookback_ms + 1; }
  int64_t last_sample_ms() const { return At(steps.count == 0 ? 0 : steps.count - 1); }
};

/// What the rows of a selector say of a sample.
enum class SampleAspect {
  kValue,
  kTimestampSeconds,
  kStartTimestampSeconds,  ///< 0 where it is not known.
  kFloatTimestampSeconds,  ///< Histograms stay histograms.
};

/// The rows of an instant vector selector.
RowSourcePtr MakeSelectorRows(std::shared_ptr<const storage::SeriesSet> set,
                              const VectorSelector& selector, const Lookback& lookback,
                              SampleAspect aspect, QueryContext& context);

}  // namespace tocsin::promql
