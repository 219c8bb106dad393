#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/fs.h"
#include "base/result.h"

namespace tocsin::tsdb {

/// Something wrong in a data directory.
struct DirectoryProblem {
  std::string file;     ///< Path.
  uint64_t offset = 0;  ///< Of what is wrong; 0 if it is the file as a whole.
  std::string reason;   ///< One sentence.
};

/// How much of each kind was read.
struct DirectoryVerification {
  uint64_t blocks = 0;
  uint64_t block_samples = 0;
  uint64_t log_segments = 0;
  uint64_t log_records = 0;
  uint64_t head_chunk_files = 0;
  uint64_t head_chunks = 0;
  uint64_t quarantined = 0;  ///< Blocks set aside earlier; they are not problems.
  uint64_t problems = 0;
};

/// Reads all of a data directory that no process is using: every block (see VerifyBlock), every
/// record of the log, its checkpoint and the out-of-order log, and every head chunk, checking all
/// checksums and that what they protect can be decoded. Calls `report` for each problem. The torn
/// end of the newest segment or head chunk file, which a crash leaves, is not one. Changes nothing.
/// Only the disk's failures are an error.
Result<DirectoryVerification> VerifyDirectory(
    Fs& fs, const std::string& directory,
    const std::function<void(const DirectoryProblem&)>& report);

}  // namespace tocsin::tsdb
