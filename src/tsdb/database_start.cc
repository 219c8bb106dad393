// How a database fills its head: checkpoint, then what the logs have behind it.
#include <fmt/core.h>

#include "tsdb/database_state.h"
#include "tsdb/wal/record.h"

namespace tocsin::tsdb {
namespace {

// Log read until full chunks leave memory: some tens of MiB of chunks.
constexpr uint64_t kBytesBetweenMappings = uint64_t{64} << 20;

}  // namespace

struct Database::State::SampleReplay {
  WalPosition from;
  std::vector<HeadDeletion> deleted;
  std::unique_ptr<ReplayVisitor> visitor;
};

HeadCheckpointPlace Database::State::CheckpointPlace() const {
  return {fs, options.directory + "/head_checkpoint", wal->directory()};
}

Status Database::State::Start(OnProgress on_progress) {
  std::vector<HeadDeletion> deleted;
  const WalPosition from = LoadCheckpoint(deleted);
  // Who is served meanwhile must not get a reference that the log has for another series.
  if (options.replays_in_background) TOCSIN_RETURN_IF_ERROR(ReplaySeries(from, deleted));
  deletions.Add(deleted);
  {
    MutexLock lock(upkeep_mutex);
    checkpoint_ns = clock.MonotonicNs();
  }
  // Made before anybody is served: it keeps what is appended out of chunks.
  std::unique_ptr<SampleReplay> replay = MakeSampleReplay(from, std::move(on_progress));
  if (!options.replays_in_background) {
    FinishReplay(*replay);
    return replay_result;
  }
  replay_thread = std::jthread([this, replay = std::move(replay)] { FinishReplay(*replay); });
  return {};
}

WalPosition Database::State::LoadCheckpoint(std::vector<HeadDeletion>& deleted) {
  const HeadCheckpointPlace place = CheckpointPlace();
  const auto loaded = head.LoadCheckpoint(place);
  if (!loaded) {
    if (loaded.error().code() == ErrorCode::kNotFound) return {-1, 0};
    logger.Warn("Head checkpoint is not used, the whole WAL is replayed",
                {{"err", loaded.error().message()}});
    if (const Status removed = fs.Remove(place.path); !removed) {
      NoteFailure("Removing the head checkpoint failed", removed.error());
    }
    return {-1, 0};
  }
  const auto visitor =
      head.MakeSeriesReplay([&](const HeadDeletion& deletion) { deleted.push_back(deletion); });
  std::vector<TombstoneRecord> tombstones;
  for (const std::string& record : loaded->caller_records) {
    Status status = DecodeTombstones(record, tombstones);
    if (status) status = visitor->OnTombstones(tombstones);
    if (!status) NoteFailure("A deletion in the head checkpoint is not readable", status.error());
  }
  logger.Info("Head checkpoint loaded", {{"series", fmt::format("{}", loaded->series)},
                                         {"bytes", fmt::format("{}", loaded->size_bytes)},
                                         {"segment", fmt::format("{}", loaded->position.segment)}});
  return loaded->position;
}

Status Database::State::ReplaySeries(WalPosition from, std::vector<HeadDeletion>& deleted) {
  const auto visitor =
      head.MakeSeriesReplay([&](const HeadDeletion& deletion) { deleted.push_back(deletion); });
  TOCSIN_ASSIGN_OR_RETURN(const ReplayReport report, wal->Replay(*visitor, from));
  static_cast<void>(report);  // The pass over the samples finds the same.
  return {};
}

void Database::State::FinishReplay(SampleReplay& replay) {
  const int64_t start_ns = clock.MonotonicNs();
  replay_result = ReplaySamples(replay);
  if (!replay_result) {
    NoteFailure("WAL replay failed", replay_result.error());
  } else {
    const double seconds = static_cast<double>(clock.MonotonicNs() - start_ns) / 1e9;
    metrics.replay_duration_seconds.Set(seconds);
    logger.Info("WAL replay completed",
                {{"series", fmt::format("{}", head.Statistics(0).series_count)},
                 {"samples", fmt::format("{}", replay_report.samples)},
                 {"bytes", fmt::format("{}", replay_report.bytes)},
                 {"corruptions", fmt::format("{}", replay_report.corruption_count)},
                 {"duration", fmt::format("{:.3f}s", seconds)}});
  }
  is_replayed = true;
  is_replayed.notify_all();
}

auto Database::State::MakeSampleReplay(WalPosition from, OnProgress on_progress)
    -> std::unique_ptr<SampleReplay> {
  auto replay = std::make_unique<SampleReplay>();
  replay->from = from;
  replay->visitor = head.MakeReplay(
      [this, on_progress = std::move(on_progress),
       next_mapping = kBytesBetweenMappings](const ReplayProgress& progress) mutable {
        on_progress(progress);
        if (progress.bytes_done < next_mapping) return;
        next_mapping = progress.bytes_done + kBytesBetweenMappings;
        MapFullChunks();
      },
      [&deleted = replay->deleted](const HeadDeletion& deletion) { deleted.push_back(deletion); });
  return replay;
}

Status Database::State::ReplaySamples(SampleReplay& replay) {
  TOCSIN_ASSIGN_OR_RETURN(replay_report, wal->Replay(*replay.visitor, replay.from));
  replay.visitor.reset();
  // With a background they are known since the pass over the series.
  if (!options.replays_in_background) deletions.Add(replay.deleted);
  const auto out_of_order = head.MakeOutOfOrderReplay({});
  return out_of_order_log.Replay(*out_of_order);
}

Status Database::State::WaitForReplay() const {
  is_replayed.wait(false);
  return replay_result;
}

}  // namespace tocsin::tsdb
