#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/block/block_meta.h"

namespace tocsin::tsdb {

/// Something wrong with a block.
struct BlockProblem {
  std::string file;     ///< Path.
  uint64_t offset = 0;  ///< Of what is wrong; 0 if it is the file as a whole.
  std::string reason;
};

/// What reading all of a block found.
struct BlockVerification {
  std::vector<BlockProblem> problems;  ///< In order of discovery; at most kMaxProblems.
  uint64_t problem_count = 0;          ///< Of all.
  BlockStats found;                    ///< Counted, not believed.
  bool ok() const { return problem_count == 0; }

  static constexpr size_t kMaxProblems = 1000;
};

/// Reads everything in the block at `directory`: every checksum, series in order of labels,
/// postings that rise and name exactly the series that carry the pair, chunks that rise, lie in the
/// block's range, have good references and decode to samples that rise within the times the index
/// claims, and the statistics of meta.json. Only the disk's failures are an error.
Result<BlockVerification> VerifyBlock(Fs& fs, const std::string& directory);

}  // namespace tocsin::tsdb
