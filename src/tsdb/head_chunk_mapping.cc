#include "tsdb/head_chunk_mapping.h"

#include "tsdb/chunks/xor_chunk.h"
#include "tsdb/head_chunks/head_chunk_files.h"

namespace tocsin::tsdb {
namespace {

constexpr uint8_t kXorEncoding = 1;  // Prometheus' number.

}  // namespace

Status HeadChunkMapping::MoveAll() {
  std::vector<SeriesId> ids;
  {
    ReadLock lock(state_.index_mutex);
    state_.index.all().AppendTo(ids);
  }
  for (const SeriesId id : ids) TOCSIN_RETURN_IF_ERROR(Move(id));
  return {};
}

Status HeadChunkMapping::Move(SeriesId id) {
  CopyChunks(id);
  if (copies_.empty()) return {};
  const Status written = WriteCopies(id);
  SetRefs(id);  // After an error too: those that have been written are not to come twice.
  return written;
}

void HeadChunkMapping::CopyChunks(SeriesId id) {
  copies_.clear();
  bytes_.clear();
  state_.series.WithReadLock(id, [&](const RowGroup*, uint32_t) {
    const auto sealed = state_.columns.Sealed(state_.series.columns[id]);
    // Files have the oldest: from the end there are few to look at.
    size_t first = sealed.size();
    while (first > 0 && !sealed[first - 1].is_in_file()) --first;
    for (size_t i = first; i < sealed.size(); ++i) {
      const size_t size_bytes = sealed[i].size_bytes();
      copies_.push_back({i, bytes_.size(), size_bytes, {}});
      bytes_.append(state_.columns.arena().Get(sealed[i].handle()), size_bytes);
    }
  });
}

Status HeadChunkMapping::WriteCopies(SeriesId id) {
  for (size_t i = 0; i < copies_.size(); ++i) {
    const std::string_view bytes =
        std::string_view(bytes_).substr(copies_[i].offset, copies_[i].size_bytes);
    const auto count =
        static_cast<size_t>(static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]));
    int64_t timestamps_ms[kSamplesPerChunk];
    double values[kSamplesPerChunk];
    Status status = count > kSamplesPerChunk
                        ? Errorf(ErrorCode::kInternal, "a full chunk has {} samples", count)
                        : XorDecode(bytes.substr(kXorHeaderBytes), count, timestamps_ms, values);
    if (status) {
      auto ref = state_.chunk_files->Write(state_.series.wal_refs[id], timestamps_ms[0],
                                           timestamps_ms[count - 1], kXorEncoding, bytes, false);
      if (ref) {
        copies_[i].ref = *ref;
        continue;
      }
      status = ref.error();
    }
    copies_.resize(i);
    return status;
  }
  return {};
}

void HeadChunkMapping::SetRefs(SeriesId id) {
  state_.series.WithWriteLock(id, [&](RowGroup*, uint32_t) {
    SlabArena::Session session(state_.columns.arena());
    for (const Copy& copy : copies_) {
      state_.columns.MoveToFile(session, state_.series.columns[id], copy.index, copy.ref);
    }
  });
}

}  // namespace tocsin::tsdb
