#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "tsdb/head_state.h"

namespace tocsin::tsdb {

/// Moves the full chunks of a head out of memory, into its head chunk files. Nothing may be
/// truncated meanwhile; appends, queries and replays go on, and no file is written under their
/// locks. Confined to a thread.
class HeadChunkMapping {
 public:
  /// `state` must outlive it, and have chunk files.
  explicit HeadChunkMapping(HeadState& state) : state_(state) {}

  /// Moves all full chunks there are. After an error the rest stays in memory, to be tried again.
  Status MoveAll();

 private:
  struct Copy {
    size_t index = 0;  // In the series' list of sealed chunks.
    size_t offset = 0;
    size_t size_bytes = 0;
    HeadChunkRef ref;
  };

  Status Move(SeriesId id);
  void CopyChunks(SeriesId id);
  Status WriteCopies(SeriesId id);
  void SetRefs(SeriesId id);

  HeadState& state_;
  std::vector<Copy> copies_;  // Of the series under way.
  std::string bytes_;         // Of all copies.
};

}  // namespace tocsin::tsdb
