#pragma once

#include "model/float_histogram.h"

namespace tocsin {

/// Whether both are the same to the bit: same layout (empty buckets count), counts and sum. Hints
/// do not matter.
bool IsSame(const FloatHistogram& a, const FloatHistogram& b);

/// Whether the counter started over between `previous` and `now`: the hint of `now` decides if it
/// says so, else any count that fell, or a layout that can only follow a restart.
bool HasReset(const FloatHistogram& now, const FloatHistogram& previous);

}  // namespace tocsin
