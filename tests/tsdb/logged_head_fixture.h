#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "tsdb/head_chunks/head_chunk_files.h"
#include "tsdb/head_fixture.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

inline constexpr char kCheckpointPath[] = "/data/head_checkpoint";

class WalLog final : public CommitLog {
 public:
  explicit WalLog(Wal& wal) : wal_(wal) {}
  Status Log(std::span<const std::string_view> records) override { return wal_.Log(records); }

 private:
  Wal& wal_;
};

/// A head with a log, as a database has them.
struct LoggedHead {
  /// With a `chunk_directory`, full chunks go there.
  explicit LoggedHead(Fs& file_system, WalOptions options = {},
                      const std::string& chunk_directory = "", size_t buffer_bytes = 1 << 20)
      : fs(file_system) {
    wal = Wal::Open({fs, clock, logger, registry}, "/data/wal", options).value();
    log.emplace(*wal);
    Head::Options head_options;
    head_options.max_exemplars = 100;
    if (!chunk_directory.empty()) {
      HeadChunkOptions chunk_options;
      chunk_options.buffer_bytes = buffer_bytes;
      chunk_files = HeadChunkFiles::Open(fs, chunk_directory, chunk_options).value();
      head_options.chunk_files = chunk_files.get();
    }
    head = std::make_unique<Head>(*log, metrics, head_options);
  }
  HeadCheckpointPlace Place() { return {fs, kCheckpointPath, "/data/wal"}; }
  Result<HeadCheckpointReport> Write() {
    return head->WriteCheckpoint(Place(), {[this] { return wal->position(); }, records});
  }
  /// Starts; returns how many samples of the log were needed.
  uint64_t Start() {
    loaded = head->LoadCheckpoint(Place());
    const WalPosition from = loaded ? loaded->position : WalPosition{-1, 0};
    return wal->Replay(*head->MakeReplay({}), from).value().samples;
  }

  std::function<std::vector<std::string>()> records;
  Fs& fs;
  ManualClock clock;
  NullLogger logger;
  telemetry::Registry registry;
  HeadMetrics metrics{registry};
  std::unique_ptr<Wal> wal;
  std::optional<WalLog> log;
  std::unique_ptr<HeadChunkFiles> chunk_files;
  std::unique_ptr<Head> head;
  Result<HeadCheckpointReport> loaded = Error(ErrorCode::kNotFound, "not started");
};

inline Labels Series(const std::string& name, int number) {
  return Labels({{"__name__", name}, {"id", std::to_string(number)}});
}

inline void Append(Head& head, const Labels& labels, int64_t timestamp_ms, double value) {
  auto appender = head.MakeAppender();
  ASSERT_TRUE(appender->Append(0, labels, timestamp_ms, value).ok());
  ASSERT_TRUE(appender->Commit().ok());
}

}  // namespace tocsin::tsdb
