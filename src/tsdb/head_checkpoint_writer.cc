// Writing a head checkpoint: the labels, then series by series what its columns and rows hold.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tsdb/head_checkpoint.h"
#include "tsdb/head_checkpoint_format.h"
#include "tsdb/head_state.h"

namespace tocsin::tsdb {
namespace {

// Payload at which a block is written: large enough for few system calls, small enough to be no
// burden beside what a head takes.
constexpr size_t kBlockBytes = size_t{1} << 20;
// Pairs copied under one hold of the index' lock: well below a millisecond.
constexpr PairId kPairsPerHold = 4096;
// Exemplars or metadata in one record.
constexpr size_t kRecordItems = 4096;

// Frames blocks and appends them to a file. Remembers the first error.
class BlockFile {
 public:
  explicit BlockFile(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {
    Put(std::string_view(kHeadCheckpointMagic, sizeof(kHeadCheckpointMagic)));
    const uint32_t version[2] = {kHeadCheckpointVersion, 0};
    Put({reinterpret_cast<const char*>(version), sizeof(version)});
  }
  // Writes and empties the payload, if there is any.
  void Write(HeadCheckpointBlock type, std::string& payload) {
    if (payload.empty()) return;
    HeadCheckpointBlockHeader header{0, type, payload.size()};
    header.crc = BlockCrc(header, payload);
    Put({reinterpret_cast<const char*>(&header), sizeof(header)});
    Put(payload);
    payload.clear();
  }
  Status Finish() {
    if (status_) status_ = file_->Sync();
    if (status_) status_ = file_->Close();
    return status_;
  }
  const Status& status() const { return status_; }
  uint64_t size_bytes() const { return file_->size_bytes(); }

 private:
  void Put(std::string_view bytes) {
    if (status_) status_ = file_->Append(bytes);
  }
  std::unique_ptr<WritableFile> file_;
  Status status_;
};

// What the checkpoint is of, as of the moment in which the place in the log was noted.
struct Moment {
  WalPosition position;
  HeadCheckpointState state;
  std::vector<SeriesId> ids;  // Those whose record the log has already.
  std::vector<HeadState::WalAlias> aliases;
  PairId pair_limit = 0;
};

Moment NoteMoment(HeadState& state, const std::function<WalPosition()>& position) {
  Moment moment;
  // What is logged is published before the commit lock is let go of: nothing is between.
  MutexLock commit_lock(state.commit_mutex);
  moment.position = position();
  ReadLock lock(state.index_mutex);
  state.index.all().AppendTo(moment.ids);
  std::vector<SeriesId> unlogged = state.unlogged;
  std::ranges::sort(unlogged);
  std::erase_if(moment.ids, [&](SeriesId id) { return std::ranges::binary_search(unlogged, id); });
  moment.aliases = state.wal_aliases;
  moment.pair_limit = state.index.dictionary().pair_limit();
  moment.state.segment = moment.position.segment;
  moment.state.offset = moment.position.offset;
  moment.state.next_wal_ref = state.next_wal_ref;
  moment.state.min_time_ms = state.min_time_ms.load(std::memory_order_relaxed);
  moment.state.horizon_ms = state.isolation.min_time_ms();
  moment.state.max_time_ms = state.max_time_ms.load(std::memory_order_relaxed);
  return moment;
}

uint64_t WritePairs(HeadState& state, PairId pair_limit, BlockFile& file) {
  uint64_t count = 0;
  std::string payload;
  for (PairId begin = 0; begin < pair_limit; begin += kPairsPerHold) {
    {
      ReadLock lock(state.index_mutex);
      const LabelDictionary& dictionary = state.index.dictionary();
      for (PairId pair = begin; pair < std::min(pair_limit, begin + kPairsPerHold); ++pair) {
        if (dictionary.postings(pair).empty()) continue;
        const std::string_view name = dictionary.name_text_of(pair);
        const std::string_view value = dictionary.value_of(pair);
        PutRaw(payload, pair);
        PutRaw(payload, static_cast<uint32_t>(name.size()));
        PutRaw(payload, static_cast<uint32_t>(value.size()));
        payload.append(name).append(value);
        ++count;
      }
    }
    if (payload.size() >= kBlockBytes) file.Write(HeadCheckpointBlock::kPairs, payload);
  }
  file.Write(HeadCheckpointBlock::kPairs, payload);
  return count;
}

// Appends series to blocks.
class SeriesWriter {
 public:
  SeriesWriter(HeadState& state, BlockFile& file) : state_(state), file_(file) {}

  Status Add(SeriesId id) {
    const Status added = state_.series.WithReadLock(
        id, [&](const RowGroup* group, uint32_t slot) { return AddLocked(id, group, slot); });
    if (added && payload_.size() >= kBlockBytes) Flush();
    return added;
  }
  void Flush() {
    file_.Write(HeadCheckpointBlock::kSeries, payload_);
    previous_times_.clear();
  }

 private:
  // Without the index' lock: labels of a series that cannot be removed do not change.
  Status AddLocked(SeriesId id, const RowGroup* group, uint32_t slot) NO_THREAD_SAFETY_ANALYSIS {
    const ChunkColumn& column = state_.series.columns[id];
    const SeriesExtras* const extras = state_.extras.Find(id);
    // Samples out of order are in a log of their own.
    if (extras != nullptr && !(extras->histograms.empty() && extras->starts.empty())) {
      return Error(ErrorCode::kUnimplemented,
                   "histograms and start timestamps have no place in it");
    }
    CollectLoose(column, group, slot);
    SealedChunkReader reader = state_.columns.MakeSealedReader();
    const auto pairs = state_.index.PairsOf(id);
    const auto sealed = state_.columns.Sealed(column);
    CheckpointSeries head;
    if (std::max({loose_times_.size(), pairs.size(), sealed.size()}) > UINT16_MAX) {
      return Error(ErrorCode::kUnimplemented, "a series has more than 65535 of something");
    }
    const XorCursor cursor = state_.columns.CursorOf(column);
    head.wal_ref = state_.series.wal_refs[id];
    head.timestamp_ms = cursor.timestamp_ms;
    head.value = cursor.value;
    head.delta_ms = cursor.delta_ms;
    head.bit_count = cursor.bit_count;
    head.sample_count = cursor.sample_count;
    head.leading = cursor.leading;
    head.trailing = cursor.trailing;
    head.label_count = static_cast<uint16_t>(pairs.size());
    head.sealed_count = static_cast<uint16_t>(sealed.size());
    head.loose_count = static_cast<uint16_t>(loose_times_.size());
    head.has_times_of_previous = loose_times_ == previous_times_;
    PutRaw(payload_, head);
    PutArray(pairs.data(), pairs.size());
    if (column.open != 0) payload_.append(state_.columns.OpenBits(column));
    for (const SealedChunk& chunk : sealed) {
      if (chunk.is_in_file()) {
        PutRaw(payload_, CheckpointChunk{chunk.first_timestamp_ms(), sizeof(uint64_t), 0});
        PutRaw(payload_, chunk.ref().packed);
        continue;
      }
      TOCSIN_ASSIGN_OR_RETURN(const SealedContents contents, reader.Read(chunk));
      PutRaw(payload_,
             CheckpointChunk{chunk.first_timestamp_ms(),
                             static_cast<uint32_t>(contents.bits.size()), contents.sample_count});
      payload_.append(contents.bits);
    }
    if (head.has_times_of_previous == 0) PutArray(loose_times_.data(), loose_times_.size());
    PutArray(loose_values_.data(), loose_values_.size());
    previous_times_.swap(loose_times_);
    return {};
  }

  // Samples in rows and pending ones, both rising in time, merged.
  void CollectLoose(const ChunkColumn& column, const RowGroup* group, uint32_t slot) {
    loose_times_.clear();
    loose_values_.clear();
    const auto pending = state_.columns.Pending(column);
    size_t at = 0;
    const auto push_pending_before = [&](int64_t before_ms) {
      for (; at < pending.size() && pending[at].timestamp_ms < before_ms; ++at) {
        loose_times_.push_back(pending[at].timestamp_ms);
        loose_values_.push_back(pending[at].value);
      }
    };
    if (group != nullptr) {
      for (const auto& row : group->rows) {
        if (!row->Has(slot)) continue;
        push_pending_before(row->timestamp_ms);
        loose_times_.push_back(row->timestamp_ms);
        loose_values_.push_back(row->values[slot]);
      }
    }
    push_pending_before(INT64_MAX);
  }

  template <typename T>
  void PutArray(const T* values, size_t count) {
    payload_.append(reinterpret_cast<const char*>(values), count * sizeof(T));
  }

  HeadState& state_;
  BlockFile& file_;
  std::string payload_;
  std::vector<int64_t> loose_times_;
  std::vector<double> loose_values_;
  std::vector<int64_t> previous_times_;  // Of the series before in the block.
};

Status WriteSeries(HeadState& state, const std::vector<SeriesId>& ids, BlockFile& file) {
  SeriesWriter writer(state, file);
  for (const SeriesId id : ids) {
    TOCSIN_RETURN_IF_ERROR(writer.Add(id));
    if (!file.status()) break;
  }
  writer.Flush();
  return file.status();
}

uint64_t WriteAliases(HeadState& state, const Moment& moment, BlockFile& file) {
  std::string payload;
  uint64_t count = 0;
  ReadLock lock(state.index_mutex);
  for (const HeadState::WalAlias& alias : moment.aliases) {
    const SeriesId id = static_cast<uint32_t>(alias.series) - 1;
    if (state.RefOf(id) != alias.series || !state.index.IsLinked(id)) continue;
    PutRaw(payload, alias.wal_ref);
    PutRaw(payload, state.series.wal_refs[id]);
    ++count;
  }
  file.Write(HeadCheckpointBlock::kAliases, payload);
  return count;
}

void PutRecord(std::string_view record, std::string& payload) {
  PutRaw(payload, static_cast<uint32_t>(record.size()));
  payload.append(record);
}

// Exemplars of series that are gone are gone with a restart, as without a checkpoint.
void WriteExemplars(HeadState& state, BlockFile& file) {
  std::vector<ExemplarRecord> records;
  {
    ReadLock lock(state.index_mutex);
    state.exemplars.ForEach(
        [&](const Labels& series, const Exemplar& exemplar) NO_THREAD_SAFETY_ANALYSIS {
          const SeriesId id = state.index.Find(series);
          if (id == SeriesIndex::kNone) return;
          records.push_back(
              {state.series.wal_refs[id], exemplar.timestamp_ms, exemplar.value, exemplar.labels});
        });
  }
  std::string record;
  std::string payload;
  for (size_t begin = 0; begin < records.size(); begin += kRecordItems) {
    record.clear();
    EncodeExemplars(
        std::span(records).subspan(begin, std::min(kRecordItems, records.size() - begin)), record);
    PutRecord(record, payload);
    file.Write(HeadCheckpointBlock::kRecords, payload);
  }
}

void WriteMetadata(HeadState& state, const std::vector<SeriesId>& ids, BlockFile& file) {
  std::vector<MetadataRecord> records;
  std::string record;
  std::string payload;
  const auto flush = [&] {
    if (records.empty()) return;
    record.clear();
    EncodeMetadata(records, record);
    PutRecord(record, payload);
    file.Write(HeadCheckpointBlock::kRecords, payload);
    records.clear();
  };
  for (const SeriesId id : ids) {
    auto metadata = state.metadata.Of(id);
    if (!metadata) continue;
    records.push_back({state.series.wal_refs[id], std::move(*metadata)});
    if (records.size() == kRecordItems) flush();
  }
  flush();
}

// The file and its name last, when all that it says is durable.
Result<uint64_t> WriteFile(HeadState& state, const HeadCheckpointPlace& place, const Moment& moment,
                           std::span<const HeadChunkExtent> chunk_files,
                           const HeadCheckpointSource& source, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(auto opened, place.fs.OpenForWriting(path, true));
  BlockFile file(std::move(opened));
  std::string payload;
  PutRaw(payload, moment.state);
  file.Write(HeadCheckpointBlock::kState, payload);
  for (const HeadChunkExtent& extent : chunk_files) PutRaw(payload, extent);
  file.Write(HeadCheckpointBlock::kChunkFiles, payload);
  HeadCheckpointEnd end;
  end.pair_count = WritePairs(state, moment.pair_limit, file);
  end.series_count = moment.ids.size();
  TOCSIN_RETURN_IF_ERROR(WriteSeries(state, moment.ids, file));
  end.alias_count = WriteAliases(state, moment, file);
  WriteExemplars(state, file);
  WriteMetadata(state, moment.ids, file);
  if (source.records) {
    for (const std::string& record : source.records()) PutRecord(record, payload);
    file.Write(HeadCheckpointBlock::kCallerRecords, payload);
  }
  PutRaw(payload, end);
  file.Write(HeadCheckpointBlock::kEnd, payload);
  TOCSIN_RETURN_IF_ERROR(file.Finish());
  return file.size_bytes();
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

}  // namespace

Result<HeadCheckpointReport> WriteHeadCheckpoint(HeadState& state, const HeadCheckpointPlace& place,
                                                 const HeadCheckpointSource& source) {
  Moment moment = NoteMoment(state, source.position);
  TOCSIN_ASSIGN_OR_RETURN(moment.state.log_fingerprint,
                          LogFingerprint(place.fs, place.log_directory, moment.position));
  std::vector<HeadChunkExtent> chunk_files;
  if (state.chunk_files != nullptr) {
    TOCSIN_RETURN_IF_ERROR(state.chunk_files->Flush(HeadChunkFiles::Durability::kDurable));
    chunk_files = state.chunk_files->Extents();
  }
  const std::string unfinished = place.path + ".tmp";
  const Result<uint64_t> size_bytes =
      WriteFile(state, place, moment, chunk_files, source, unfinished);
  if (!size_bytes) {
    (void)place.fs.Remove(unfinished);
    return size_bytes.error();
  }
  TOCSIN_RETURN_IF_ERROR(place.fs.Rename(unfinished, place.path));
  TOCSIN_RETURN_IF_ERROR(place.fs.SyncDirectory(DirectoryOf(place.path)));
  return HeadCheckpointReport{moment.position, moment.ids.size(), *size_bytes, {}};
}

}  // namespace tocsin::tsdb
