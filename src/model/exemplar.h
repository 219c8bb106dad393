#pragma once

#include <cstdint>

#include "model/labels.h"

namespace tocsin {

/// An example of what a sample counts: mostly the id of a trace. Value type.
struct Exemplar {
  Labels labels;
  double value = 0;
  int64_t timestamp_ms = 0;    ///< Of the exemplar, or of its sample when it came without one.
  bool has_timestamp = false;  ///< Whether it came with a time of its own.
};

}  // namespace tocsin
