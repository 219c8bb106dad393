#pragma once

#include <string>

#include "model/float_histogram.h"

namespace tocsin::web {

/// Appends a native histogram as the HTTP API shows it:
/// {"count":"3","sum":"4","buckets":[[b,"lo","hi", "count"],…]} from the lowest bucket to the
/// highest, empty ones left out, `b` telling which bounds belong to the bucket: 0 the upper, 1 the
/// lower, 2 none, 3 both.
void AppendHistogramJson(std::string& out, const FloatHistogram& histogram);

}  // namespace tocsin::web
