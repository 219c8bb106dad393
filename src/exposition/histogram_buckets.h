#pragma once

#include <cstdint>

#include "model/float_histogram.h"
#include "model/histogram.h"

namespace tocsin::exposition {

/// Brings spans and buckets into their shortest form: no spans of length 0, none right behind
/// another, no empty buckets at the ends of a span nor, inside of it, runs of more than
/// `max_empty_buckets`; and, unless that is 0, empty buckets bridge gaps of up to as many. Does
/// nothing to histograms whose spans and buckets disagree: Validate finds them.
void CompactBuckets(Histogram& histogram, uint32_t max_empty_buckets);
void CompactBuckets(FloatHistogram& histogram, uint32_t max_empty_buckets);

/// Merges buckets down to a coarser exponential schema: each step halves the resolution. Does
/// nothing when `schema` is not below the histogram's, or when that has custom buckets.
void ReduceResolution(Histogram& histogram, int32_t schema);
void ReduceResolution(FloatHistogram& histogram, int32_t schema);

}  // namespace tocsin::exposition
