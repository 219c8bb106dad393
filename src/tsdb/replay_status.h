#pragma once

#include <atomic>
#include <cstdint>

namespace tocsin::tsdb {

/// How far the replay of the log is, in segments, as /api/v1/status/walreplay shows it. Made by
/// `app` before the database is opened, so that it can be shown meanwhile. Thread-safe.
struct ReplayStatus {
  std::atomic<int64_t> min{0};      ///< First segment.
  std::atomic<int64_t> max{0};      ///< Last segment.
  std::atomic<int64_t> current{0};  ///< The one being read.
};

}  // namespace tocsin::tsdb
