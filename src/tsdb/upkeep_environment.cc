#include "tsdb/upkeep_environment.h"

#include <fmt/core.h>

namespace tocsin::tsdb {

Result<std::optional<BlockMeta>> UpkeepEnvironment::Write(BlockJob job) const {
  const int64_t begin_ns = clock.MonotonicNs();
  const BlockDescription wanted = job.meta.Describe();
  job.cancel = &cancel;
  job.floats = floats;
  metrics.populating_block.Set(1);
  auto written = WriteBlock(fs, std::move(job));
  metrics.populating_block.Set(0);
  const double seconds = static_cast<double>(clock.MonotonicNs() - begin_ns) / 1e9;
  metrics.compaction_seconds.Observe(seconds);
  if (!written) return written;
  metrics.compactions.Increment();
  if (*written) {
    logger.Info("write block", {{"mint", fmt::format("{}", wanted.min_time_ms)},
                                {"maxt", fmt::format("{}", wanted.max_time_ms)},
                                {"ulid", wanted.ulid.ToString()},
                                {"duration", fmt::format("{:.3f}s", seconds)}});
  }
  return written;
}

}  // namespace tocsin::tsdb
