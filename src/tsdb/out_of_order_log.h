#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "telemetry/registry.h"
#include "tsdb/commit_log.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

/// The log of samples out of order, upstream's WBL. Its directory is made with the first of them.
/// Thread-safe.
class OutOfOrderLog final : public CommitLog {
 public:
  /// The references are kept and must outlive it.
  OutOfOrderLog(Fs& fs, const Clock& clock, Logger& logger, std::string directory,
                WalOptions options)
      : fs_(fs),
        clock_(clock),
        logger_(logger),
        directory_(std::move(directory)),
        options_(options) {}

  /// Opens the log and replays it, if there is one.
  Status Replay(ReplayVisitor& visitor);

  Status Log(std::span<const std::string_view> records) override;

  /// The segment that is written now; 0 without a log.
  int64_t CurrentSegment() const;
  /// Removes the segments before it: all that is in them is in blocks.
  Status RemoveSegmentsBefore(int64_t segment);

  Status Close();

 private:
  Status OpenLocked() REQUIRES(mutex_);

  Fs& fs_;
  const Clock& clock_;
  Logger& logger_;
  const std::string directory_;
  const WalOptions options_;
  telemetry::Registry registry_;  // Its own: the metrics of the log are those of the head's log.
  mutable Mutex mutex_;
  std::unique_ptr<Wal> wal_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::tsdb
