#include "app/tsdb_commands.h"

#include <fmt/core.h>

#include <cstdio>

#include "base/clock.h"
#include "base/fs.h"
#include "tsdb/compaction/convert.h"
#include "tsdb/verify/verify.h"

namespace tocsin::app {
namespace {

constexpr int kDamaged = 1;
constexpr int kMisused = 2;

constexpr const char* kUsage =
    "usage: tocsin tsdb COMMAND DIRECTORY\n"
    "\n"
    "Works on the data directory of a server that is not running.\n"
    "\n"
    "commands:\n"
    "  verify             read everything, check every checksum and invariant, list what is wrong\n"
    "  convert --to=dense write the blocks anew in Tocsin's own, denser encoding\n"
    "  convert --to=xor   write them anew as Prometheus reads them\n";

int Convert(const std::string& target, const std::string& directory) {
  const SystemClock clock;
  PosixFs fs;
  const auto floats =
      target == "--to=dense" ? tsdb::ChunkEncoding::kDense : tsdb::ChunkEncoding::kXor;
  const Status converted =
      tsdb::ConvertBlocks(fs, clock, directory, floats, [](const tsdb::ConvertedBlock& block) {
        fmt::print("{} ({} bytes) -> {} ({} bytes)\n", block.old_path, block.old_bytes,
                   block.new_path, block.new_bytes);
      });
  if (converted) return 0;
  fmt::print(stderr, "tocsin: {}\n", converted.error().message());
  return kDamaged;
}

int Verify(const std::string& directory) {
  PosixFs fs;
  const auto verification =
      tsdb::VerifyDirectory(fs, directory, [](const tsdb::DirectoryProblem& problem) {
        fmt::print("{}: byte {}: {}\n", problem.file, problem.offset, problem.reason);
      });
  if (!verification) {
    fmt::print(stderr, "tocsin: {}\n", verification.error().message());
    return kMisused;
  }
  fmt::print(
      "{} blocks with {} samples, {} log segments with {} records, {} head chunk files with {} "
      "chunks, {} blocks in quarantine: {} problems\n",
      verification->blocks, verification->block_samples, verification->log_segments,
      verification->log_records, verification->head_chunk_files, verification->head_chunks,
      verification->quarantined, verification->problems);
  return verification->problems == 0 ? 0 : kDamaged;
}

}  // namespace

int RunTsdbCommand(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "verify") return Verify(arguments[1]);
  if (arguments.size() == 3 && arguments[0] == "convert" &&
      (arguments[1] == "--to=dense" || arguments[1] == "--to=xor")) {
    return Convert(arguments[1], arguments[2]);
  }
  const bool asks_for_help =
      arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "help");
  fmt::print(asks_for_help ? stdout : stderr, "{}", kUsage);
  return asks_for_help ? 0 : kMisused;
}

}  // namespace tocsin::app
