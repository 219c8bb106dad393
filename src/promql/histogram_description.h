#pragma once

#include "base/result.h"
#include "model/float_histogram.h"
#include "promql/text_cursor.h"

namespace tocsin::promql {

struct HistogramDescription {
  FloatHistogram histogram;
  bool has_counter_reset_hint = false;
};

/// Parses `{{schema:0 count:3 sum:4.5 z_bucket:1 z_bucket_w:0.1 buckets:[1 2] offset:1
/// n_buckets:[1] n_offset:-1 custom_values:[1 2] counter_reset_hint:gauge}}`: keys in any order,
/// each at most once.
Result<HistogramDescription> ParseHistogramDescription(TextCursor& cursor);

/// `base` + `sign` × `step`, in the layout and resolution of `base`; `step` may be finer. Enough
/// for the
/// `{{…}}+{{…}}x10` of descriptions: custom bounds must agree, and no bucket may lie in a zero
/// bucket.
Result<FloatHistogram> AddHistograms(const FloatHistogram& base, const FloatHistogram& step,
                                     double sign);

}  // namespace tocsin::promql
