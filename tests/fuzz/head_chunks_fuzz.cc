// Any bytes as a head chunk file: what is found can be written and found again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/faulty_fs.h"
#include "tsdb/head_chunks/head_chunk_files.h"

namespace {

using namespace tocsin;        // NOLINT: a fuzz target is one function.
using namespace tocsin::tsdb;  // NOLINT

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FaultyFs fs;
  std::string content;
  AppendHeadChunkFileHeader(content);
  content.append(reinterpret_cast<const char*>(bytes), size);
  Check(fs.CreateDirectories("/d").ok());
  Check((*fs.OpenForWriting("/d/000001", true))->Append(content).ok());
  auto files = HeadChunkFiles::Open(fs, "/d");
  Check(files.ok());
  HeadChunkReader reader = (*files)->MakeReader();
  uint64_t covered = 0;
  const Status status = (*files)->ForEach(
      [&](HeadChunkRef ref, const HeadChunk& chunk) -> Status {
        Check(reader.Read(ref)->bytes == chunk.bytes);
        std::string again;
        AppendHeadChunk(chunk, again);
        covered += chunk.bytes.size();
        const auto parsed = ParseHeadChunk(again, 0);
        Check(parsed.ok() && parsed->bytes == chunk.bytes && parsed->encoding == chunk.encoding);
        return {};
      },
      [&](const HeadChunkDamage& damage) { covered += damage.size_bytes; });
  Check(status.ok() && covered <= content.size());
  return 0;
}
