#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "base/clock.h"
#include "base/faulty_fs.h"
#include "base/log.h"
#include "tsdb/database.h"
#include "tsdb/head_fixture.h"

namespace tocsin::tsdb {

/// A database in a file system of its own, with blocks of a minute: what takes hours takes minutes.
struct SmallWorld {
  static constexpr int64_t kBlockMs = 60'000;
  static constexpr int64_t kScrapeMs = 5'000;

  explicit SmallWorld(std::unique_ptr<FaultyFs> disk = std::make_unique<FaultyFs>())
      : fs(std::move(disk)) {
    options.directory = "/data";
    options.min_block_ms = kBlockMs;
    options.max_block_ms = 9 * kBlockMs;
    options.wal.segment_bytes = 32 << 10;
  }

  Status Open() {
    database.reset();
    registry = std::make_unique<telemetry::Registry>();
    auto opened = Database::Open(options, *fs, clock, logger, *registry);
    if (!opened) return opened.error();
    database = std::move(*opened);
    return {};
  }

  static Labels LabelsOf(int series) {
    return Labels(
        {{"__name__", "m" + std::to_string(series)}, {"parity", series % 2 == 0 ? "even" : "odd"}});
  }
  static Matcher Parity(const char* parity) { return Matcher::Equal("parity", parity); }

  /// One sample of each of `series_count` series at each time from `start_ms` to before `end_ms`.
  void Fill(int64_t start_ms, int64_t end_ms, int series_count = 4) {
    for (int64_t t = start_ms; t < end_ms; t += kScrapeMs) {
      auto appender = database->MakeAppender();
      for (int series = 0; series < series_count; ++series) {
        const double value = static_cast<double>(t % 7919) + series;
        ASSERT_TRUE(appender->Append(0, LabelsOf(series), t, value).ok()) << t;
      }
      ASSERT_TRUE(appender->Commit().ok());
    }
  }

  size_t BlockDirectories() const {
    const auto entries = fs->List("/data").value();
    return static_cast<size_t>(std::ranges::count_if(
        entries, [](const auto& entry) { return entry.name.size() == Ulid::kTextSize; }));
  }

  /// Dropped blocks whose files are still there.
  size_t HiddenBlocks() const {
    const auto entries = fs->List("/data").value();
    return static_cast<size_t>(std::ranges::count_if(
        entries, [](const auto& entry) { return entry.name.ends_with(".tmp-for-deletion"); }));
  }

  std::unique_ptr<FaultyFs> fs;
  ManualClock clock{1'000'000};
  NullLogger logger;
  DatabaseOptions options;
  std::unique_ptr<telemetry::Registry> registry;
  std::unique_ptr<Database> database;
};

}  // namespace tocsin::tsdb
