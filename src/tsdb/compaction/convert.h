#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/fs.h"
#include "base/result.h"
#include "tsdb/chunks/chunk.h"

namespace tocsin::tsdb {

/// A block that was written anew.
struct ConvertedBlock {
  std::string old_path;
  std::string new_path;
  uint64_t old_bytes = 0;
  uint64_t new_bytes = 0;
};

/// Writes every block of a data directory that no process is using anew, with floats as `floats`
/// (kXor or kDense), and removes the old ones, one after the other: when it is interrupted, each
/// sample is in at least one complete block. Blocks that cannot be read are an error and stay.
Status ConvertBlocks(Fs& fs, const Clock& clock, const std::string& directory, ChunkEncoding floats,
                     const std::function<void(const ConvertedBlock&)>& on_converted);

}  // namespace tocsin::tsdb
