#pragma once

#include "storage/queryable.h"

namespace tocsin::storage {

/// Adds the samples of `other` to `samples`, in order of time; where both have a sample at a
/// timestamp, of whatever kind, that of `samples` stays. `other` is used up. Cheap where one lies
/// wholly after the other.
void MergeSamples(SampleBuffer& samples, SampleBuffer& other);

}  // namespace tocsin::storage
