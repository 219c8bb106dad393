#pragma once

#include "model/float_histogram.h"
#include "model/histogram.h"

namespace tocsin::remote {

/// The finest exponential schema that storage and queries know.
inline constexpr int32_t kFinestSchema = 8;
/// Schemas that the format reserves for exponential buckets.
inline constexpr int32_t kFinestReservedSchema = 52;

/// Merges buckets until the schema is kFinestSchema; histograms that are not finer stay as they
/// are. Spans and buckets that do not agree are left alone: validation will refuse them.
void ReduceResolution(Histogram& histogram);
void ReduceResolution(FloatHistogram& histogram);

}  // namespace tocsin::remote
