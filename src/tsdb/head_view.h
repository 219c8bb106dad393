#pragma once

#include <cstdint>

#include "tsdb/isolation.h"

namespace tocsin::tsdb {

/// Which samples of the head to look at.
enum class HeadPart : uint8_t {
  kAll,
  kInOrder,     ///< What becomes a block as time goes on.
  kOutOfOrder,  ///< What waits to be compacted into blocks that are there.
};

/// What a reader may see: what was committed up to its point's sequence; in order, nothing before
/// its point's time.
struct HeadView {
  Isolation::Point point;
  HeadPart part = HeadPart::kAll;
};

}  // namespace tocsin::tsdb
