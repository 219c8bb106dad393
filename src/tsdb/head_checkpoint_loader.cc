// Reading a head checkpoint. Everything is checked before the head is touched; then the labels and
// the index are filled by one thread and the columns, a block of series at a time, by others.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/thread_pool.h"
#include "tsdb/head_checkpoint.h"
#include "tsdb/head_checkpoint_format.h"
#include "tsdb/head_replay.h"
#include "tsdb/head_state.h"

namespace tocsin::tsdb {
namespace {

struct Block {
  HeadCheckpointBlock type;
  uint32_t crc;
  std::string_view payload;
  // Of blocks of series.
  SeriesId first_id = 0;
  uint32_t series_count = 0;
};

Error Damaged(std::string_view what) {
  return Errorf(ErrorCode::kCorruption, "head checkpoint is damaged: {}", what);
}

Status CheckCrc(const Block& block) {
  const HeadCheckpointBlockHeader header{0, block.type, block.payload.size()};
  return BlockCrc(header, block.payload) == block.crc ? Status() : Damaged("wrong checksum");
}

// A series as it stands in a block; views into the file.
struct SeriesView {
  CheckpointSeries head;
  std::string_view pairs;
  std::string_view open_bits;
  std::string_view sealed;  // All sealed chunks, to be read with RawReader.
  std::string_view times;   // Of this series or of the one before that has the same.
  std::string_view values;
};

// Reads the next series; `view` is the one before it. False at the end, or when the bytes make no
// sense: then the reader has failed.
bool ReadSeries(RawReader& in, SeriesView& view) {
  if (in.empty()) return false;
  const std::string_view times_before = view.times;
  CheckpointSeries& head = view.head;
  head = in.Read<CheckpointSeries>();
  view.pairs = in.ReadBytes(size_t{head.label_count} * sizeof(PairId));
  view.open_bits =
      head.sample_count > 0 ? in.ReadBytes((size_t{head.bit_count} + 7) / 8) : std::string_view();
  const char* const sealed = view.open_bits.empty() ? view.pairs.data() + view.pairs.size()
                                                    : view.open_bits.data() + view.open_bits.size();
  size_t sealed_bytes = 0;
  for (uint32_t i = 0; i < head.sealed_count && !in.failed(); ++i) {
    const auto chunk = in.Read<CheckpointChunk>();
    in.ReadBytes(chunk.size_bytes);
    sealed_bytes += sizeof(chunk) + chunk.size_bytes;
  }
  view.sealed = in.failed() ? std::string_view() : std::string_view(sealed, sealed_bytes);
  const size_t times_bytes = size_t{head.loose_count} * sizeof(int64_t);
  view.times = head.has_times_of_previous != 0 ? times_before : in.ReadBytes(times_bytes);
  view.values = in.ReadBytes(size_t{head.loose_count} * sizeof(double));
  return !in.failed();
}

bool IsSensible(const SeriesView& view) {
  const CheckpointSeries& head = view.head;
  return head.label_count > 0 && head.sample_count < kSamplesPerChunk &&
         head.bit_count <= kSamplesPerChunk * kMaxXorSampleBytes * 8 &&
         view.times.size() == view.values.size();
}

template <typename T>
T At(std::string_view array, size_t index) {
  T value;
  std::memcpy(&value, array.data() + index * sizeof(T), sizeof(T));
  return value;
}

class Loader {
 public:
  Loader(HeadState& state, std::string_view file) : state_(state), file_(file), pool_("load", 1) {}

  // Looks at every byte, and changes nothing.
  Status Check() {
    TOCSIN_RETURN_IF_ERROR(SplitBlocks());
    TOCSIN_RETURN_IF_ERROR(CheckChunkFiles());
    std::vector<Status> verdicts(blocks_.size());
    pool_.ParallelFor(blocks_.size(), [&](size_t i) { verdicts[i] = CheckBlock(blocks_[i]); });
    for (const Status& verdict : verdicts) TOCSIN_RETURN_IF_ERROR(verdict);
    return CheckWhole();
  }

  const HeadCheckpointState& moment() const { return moment_; }
  uint64_t series_count() const { return end_.series_count; }
  std::vector<std::string> CallerRecords() const;
  std::span<const HeadChunkExtent> chunk_files() const { return chunk_files_; }

  void Load() {
    {
      WriteLock lock(state_.index_mutex);
      LoadPairs();
      state_.index.Reserve(static_cast<uint32_t>(end_.series_count));
      state_.series.EnsureSize(static_cast<SeriesId>(end_.series_count));
    }
    // The index is filled by one, the columns by the others and, when it is done, by it too.
    pool_.ParallelFor(blocks_.size() + 1, [&](size_t i) {
      if (i == 0) {
        LoadIndex();
      } else if (blocks_[i - 1].type == HeadCheckpointBlock::kSeries) {
        LoadColumns(blocks_[i - 1]);
      }
    });
    LoadRecords();
    const int64_t horizon_ms = std::max(moment_.horizon_ms, state_.refused_before_ms.load());
    state_.isolation.RaiseMinTime(horizon_ms);
    state_.NoteTimes(std::max(moment_.min_time_ms, horizon_ms), moment_.max_time_ms);
    state_.metrics.series_created.Increment(static_cast<double>(end_.series_count));
  }

 private:
  Status SplitBlocks();
  Status CheckChunkFiles();
  bool AreSealedSensible(std::string_view sealed) const;
  Status CheckBlock(Block& block) const;
  Status CheckSeries(Block& block) const;
  Status CheckWhole();
  void LoadPairs() REQUIRES(state_.index_mutex);
  void LoadIndex();
  void LoadAliases(const Block& block, const std::unordered_map<uint64_t, SeriesId>& ids)
      REQUIRES(state_.index_mutex);
  void LoadColumns(const Block& block);
  void LoadRecords();

  HeadState& state_;
  const std::string_view file_;
  ThreadPool pool_;
  std::vector<Block> blocks_;
  HeadCheckpointState moment_;
  HeadCheckpointEnd end_;
  std::vector<HeadChunkExtent> chunk_files_;
  std::vector<PairId> pair_of_;  // By the id in the file; kNone: not there.
};

Status Loader::SplitBlocks() {
  RawReader in(file_);
  if (in.ReadBytes(sizeof(kHeadCheckpointMagic)) !=
      std::string_view(kHeadCheckpointMagic, sizeof(kHeadCheckpointMagic))) {
    return Damaged("no magic number");
  }
  const auto version = in.Read<uint64_t>();
  if (in.failed()) return Damaged("it ends in its header");
  if (version != kHeadCheckpointVersion) {
    return Errorf(ErrorCode::kUnimplemented, "head checkpoint is of version {}", version);
  }
  while (!in.empty()) {
    const auto header = in.Read<HeadCheckpointBlockHeader>();
    const std::string_view payload = in.ReadBytes(header.size_bytes);
    if (in.failed()) return Damaged("it ends in the middle of a block");
    blocks_.push_back({header.type, header.crc, payload});
  }
  if (blocks_.empty() || blocks_.back().type != HeadCheckpointBlock::kEnd) {
    return Damaged("its end is missing");
  }
  return {};
}

Status Loader::CheckChunkFiles() {
  for (const Block& block : blocks_) {
    if (block.type != HeadCheckpointBlock::kChunkFiles) continue;
    TOCSIN_RETURN_IF_ERROR(CheckCrc(block));
    RawReader in(block.payload);
    while (!in.empty()) chunk_files_.push_back(in.Read<HeadChunkExtent>());
    if (in.failed()) return Damaged("a head chunk file ends early");
  }
  if (chunk_files_.empty()) return {};
  if (state_.chunk_files == nullptr) {
    return Error(ErrorCode::kOutOfBounds, "head checkpoint refers to head chunk files");
  }
  return state_.chunk_files->Check(chunk_files_);
}

// What is in a file must be within what the file had.
bool Loader::AreSealedSensible(std::string_view sealed) const {
  for (RawReader in(sealed); !in.empty();) {
    const auto chunk = in.Read<CheckpointChunk>();
    const std::string_view payload = in.ReadBytes(chunk.size_bytes);
    if (chunk.sample_count != 0) continue;
    if (payload.size() != sizeof(uint64_t)) return false;
    const HeadChunkRef ref{At<uint64_t>(payload, 0)};
    const auto file = std::ranges::find(chunk_files_, ref.file(), &HeadChunkExtent::file);
    if (file == chunk_files_.end() || ref.offset() >= file->size_bytes) return false;
  }
  return true;
}

Status Loader::CheckBlock(Block& block) const {
  TOCSIN_RETURN_IF_ERROR(CheckCrc(block));
  return block.type == HeadCheckpointBlock::kSeries ? CheckSeries(block) : Status();
}

Status Loader::CheckSeries(Block& block) const {
  RawReader in(block.payload);
  SeriesView view;
  while (ReadSeries(in, view)) {
    if (!IsSensible(view) || !AreSealedSensible(view.sealed)) {
      return Damaged("a series makes no sense");
    }
    ++block.series_count;
  }
  return in.failed() ? Damaged("a series ends early") : Status();
}

// What no block can know alone: order, counts, and that pairs are there.
Status Loader::CheckWhole() {
  HeadCheckpointEnd seen;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    Block& block = blocks_[i];
    RawReader in(block.payload);
    if ((block.type == HeadCheckpointBlock::kState) != (i == 0)) return Damaged("wrong order");
    switch (block.type) {
      case HeadCheckpointBlock::kState:
        moment_ = in.Read<HeadCheckpointState>();
        break;
      case HeadCheckpointBlock::kPairs:
        while (!in.empty()) {
          const auto id = in.Read<PairId>();
          const auto name_size = in.Read<uint32_t>();
          const auto value_size = in.Read<uint32_t>();
          in.ReadBytes(size_t{name_size} + value_size);
          if (in.failed() || id >= StableArray<int>::kMaxSize) return Damaged("a label ends early");
          if (id >= pair_of_.size()) pair_of_.resize(id + 1, LabelDictionary::kNone);
          pair_of_[id] = 0;
          ++seen.pair_count;
        }
        break;
      case HeadCheckpointBlock::kSeries:
        block.first_id = static_cast<SeriesId>(seen.series_count);
        seen.series_count += block.series_count;
        for (SeriesView view; ReadSeries(in, view);) {
          for (size_t label = 0; label < view.head.label_count; ++label) {
            const auto pair = At<PairId>(view.pairs, label);
            if (pair >= pair_of_.size() || pair_of_[pair] != 0) return Damaged("unknown label");
          }
        }
        break;
      case HeadCheckpointBlock::kAliases:
        seen.alias_count += block.payload.size() / 16;
        break;
      case HeadCheckpointBlock::kRecords:
      case HeadCheckpointBlock::kCallerRecords:
        while (!in.empty()) in.ReadBytes(in.Read<uint32_t>());
        break;
      case HeadCheckpointBlock::kChunkFiles:
        break;  // Has been looked at first.
      case HeadCheckpointBlock::kEnd:
        end_ = in.Read<HeadCheckpointEnd>();
        break;
      default:
        return Damaged("unknown block");
    }
    if (in.failed()) return Damaged("a block ends early");
  }
  const bool is_complete =
      seen.pair_count == end_.pair_count && seen.series_count == end_.series_count &&
      seen.alias_count == end_.alias_count && end_.series_count < StableArray<int>::kMaxSize;
  return is_complete ? Status() : Damaged("its counts are wrong");
}

void Loader::LoadPairs() {
  for (const Block& block : blocks_) {
    if (block.type != HeadCheckpointBlock::kPairs) continue;
    for (RawReader in(block.payload); !in.empty();) {
      const auto id = in.Read<PairId>();
      const auto name_size = in.Read<uint32_t>();
      const auto value_size = in.Read<uint32_t>();
      const std::string_view name = in.ReadBytes(name_size);
      pair_of_[id] = state_.index.InternPair(name, in.ReadBytes(value_size));
    }
  }
}

void Loader::LoadIndex() {
  WriteLock lock(state_.index_mutex);
  std::vector<PairId> pairs;
  std::unordered_map<uint64_t, SeriesId> ids;  // Of references; only filled when aliases need it.
  SeriesId next_id = 0;
  for (const Block& block : blocks_) {
    if (block.type != HeadCheckpointBlock::kSeries) continue;
    RawReader in(block.payload);
    for (SeriesView view; ReadSeries(in, view); ++next_id) {
      pairs.clear();
      for (size_t i = 0; i < view.head.label_count; ++i) {
        pairs.push_back(pair_of_[At<PairId>(view.pairs, i)]);
      }
      const SeriesId id = state_.index.Add(pairs);
      CHECK(id == next_id, "ids of an empty head are handed out in order");
      state_.series.wal_refs[id] = view.head.wal_ref;
      if (end_.alias_count > 0) ids[view.head.wal_ref] = id;
    }
  }
  state_.next_wal_ref = std::max(state_.next_wal_ref, moment_.next_wal_ref);
  for (const Block& block : blocks_) {
    if (block.type == HeadCheckpointBlock::kAliases) LoadAliases(block, ids);
  }
}

void Loader::LoadAliases(const Block& block, const std::unordered_map<uint64_t, SeriesId>& ids) {
  for (RawReader in(block.payload); !in.empty();) {
    const auto alias = in.Read<uint64_t>();
    const auto found = ids.find(in.Read<uint64_t>());
    if (found != ids.end()) state_.wal_aliases.push_back({alias, state_.RefOf(found->second)});
  }
}

void Loader::LoadColumns(const Block& block) {
  RawReader in(block.payload);
  SeriesId id = block.first_id;
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  for (SeriesView view; ReadSeries(in, view); ++id) {
    ChunkColumn& column = state_.series.columns[id];
    SlabArena::Session session(state_.columns.arena());
    XorCursor cursor;
    cursor.timestamp_ms = view.head.timestamp_ms;
    cursor.value = view.head.value;
    cursor.delta_ms = view.head.delta_ms;
    cursor.bit_count = view.head.bit_count;
    cursor.sample_count = view.head.sample_count;
    cursor.leading = view.head.leading;
    cursor.trailing = view.head.trailing;
    state_.columns.Restore(session, column, cursor, view.open_bits);
    for (RawReader chunks(view.sealed); !chunks.empty();) {
      const auto chunk = chunks.Read<CheckpointChunk>();
      const std::string_view payload = chunks.ReadBytes(chunk.size_bytes);
      if (chunk.sample_count == 0) {
        const HeadChunkRef ref{At<uint64_t>(payload, 0)};
        state_.columns.RestoreSealed(session, column,
                                     SealedChunk::InFile(chunk.first_timestamp_ms, ref));
      } else {
        state_.columns.RestoreSealed(session, column, chunk.first_timestamp_ms, chunk.sample_count,
                                     payload);
      }
    }
    if (view.values.empty()) continue;
    timestamps_ms.resize(view.head.loose_count);
    values.resize(view.head.loose_count);
    std::memcpy(timestamps_ms.data(), view.times.data(), view.times.size());
    std::memcpy(values.data(), view.values.data(), view.values.size());
    state_.columns.Encode(session, column, timestamps_ms.data(), values.data(), values.size());
  }
}

// Through the same hands as those of the log.
void Loader::LoadRecords() {
  std::vector<ExemplarRecord> exemplars;
  std::vector<MetadataRecord> metadata;
  std::optional<HeadReplay> replay;
  for (const Block& block : blocks_) {
    if (block.type != HeadCheckpointBlock::kRecords) continue;
    if (!replay) replay.emplace(state_, std::function<void(const ReplayProgress&)>());
    for (RawReader in(block.payload); !in.empty();) {
      const std::string_view record = in.ReadBytes(in.Read<uint32_t>());
      if (RecordTypeByte(record) == static_cast<uint8_t>(RecordType::kExemplars)) {
        if (DecodeExemplars(record, exemplars)) (void)replay->OnExemplars(exemplars);
      } else if (DecodeMetadata(record, metadata)) {
        (void)replay->OnMetadata(metadata);
      }
    }
  }
}

std::vector<std::string> Loader::CallerRecords() const {
  std::vector<std::string> records;
  for (const Block& block : blocks_) {
    if (block.type != HeadCheckpointBlock::kCallerRecords) continue;
    for (RawReader in(block.payload); !in.empty();) {
      records.emplace_back(in.ReadBytes(in.Read<uint32_t>()));
    }
  }
  return records;
}

}  // namespace

Result<HeadCheckpointReport> LoadHeadCheckpoint(HeadState& state,
                                                const HeadCheckpointPlace& place) {
  if (!place.fs.Exists(place.path)) return Error(ErrorCode::kNotFound, "no head checkpoint");
  TOCSIN_ASSIGN_OR_RETURN(const auto file, place.fs.Map(place.path));
  Loader loader(state, file->bytes());
  TOCSIN_RETURN_IF_ERROR(loader.Check());
  const WalPosition position{loader.moment().segment, loader.moment().offset};
  const Result<uint64_t> fingerprint = LogFingerprint(place.fs, place.log_directory, position);
  if (!fingerprint || *fingerprint != loader.moment().log_fingerprint) {
    return Errorf(
        ErrorCode::kOutOfBounds, "head checkpoint does not belong to this log: {}",
        fingerprint ? "other records are before its place" : fingerprint.error().message());
  }
  if (state.chunk_files != nullptr) {
    TOCSIN_RETURN_IF_ERROR(state.chunk_files->Keep(loader.chunk_files()));
  }
  loader.Load();
  return HeadCheckpointReport{position, loader.series_count(), file->bytes().size(),
                              loader.CallerRecords()};
}

}  // namespace tocsin::tsdb
