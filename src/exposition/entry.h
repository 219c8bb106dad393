#pragma once

#include <cstdint>

namespace tocsin::exposition {

/// What a parser of a page has come to.
enum class Entry : uint8_t {
  kEnd,
  kSeries,     ///< A sample with a float value.
  kHistogram,  ///< A sample that is a native histogram.
  kHelp,
  kType,
  kUnit,
  kComment,
  kInvalid,  ///< The page is broken here; the parser must not be used further.
};

}  // namespace tocsin::exposition
