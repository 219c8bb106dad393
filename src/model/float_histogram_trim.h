#pragma once

#include "model/float_histogram.h"

namespace tocsin {

enum class TrimKeeps { kBelow, kAbove };

/// The observations below (`</`) or above (`>/`) `limit`. A bucket that the limit cuts keeps the
/// part that interpolation gives it; buckets without end are dropped rather than cut. The sum is
/// estimated anew from the middles of what is left, unless nothing was cut.
FloatHistogram Trim(const FloatHistogram& histogram, double limit, TrimKeeps keeps);

}  // namespace tocsin
