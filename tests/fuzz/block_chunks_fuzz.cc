// Any bytes as a chunk file: every offset is read, also with the checksum put right.
#include <string>
#include <string_view>

#include "base/crc32c.h"
#include "base/faulty_fs.h"
#include "base/varint.h"
#include "storage/queryable.h"
#include "tsdb/block/chunk_segment_reader.h"
#include "tsdb/chunks/chunk.h"

namespace {

using namespace tocsin;
using namespace tocsin::tsdb;

void ReadAll(const std::string& bytes) {
  FaultyFs fs;
  (void)fs.CreateDirectories("/chunks");
  {
    const auto file = *fs.OpenForWriting("/chunks/000001", /*truncate=*/true);
    if (!file->Append(bytes)) return;
  }
  const auto reader = ChunkSegmentReader::Open(fs, "/chunks");
  if (!reader) return;
  storage::SampleBuffer samples;
  for (uint64_t ref = 0; ref <= bytes.size(); ++ref) {
    const auto chunk = (*reader)->Chunk(ref);
    samples.Clear();
    if (chunk) (void)DecodeChunk(chunk->encoding, chunk->bytes, INT64_MIN, INT64_MAX, samples);
  }
  (void)(*reader)->Chunk(uint64_t{1} << 32 | 8);
}

// Puts right the checksums of the chunks, one after the other.
void Seal(std::string& bytes) {
  for (size_t at = 8; at < bytes.size();) {
    ByteReader reader(std::string_view(bytes).substr(at));
    const uint64_t size = reader.ReadUvarint();
    const std::string_view summed = reader.ReadBytes(size < bytes.size() ? size + 1 : UINT64_MAX);
    if (reader.failed() || reader.remaining() < 4) return;
    at = bytes.size() - reader.remaining() + 4;
    std::string crc;
    PutBE32(crc, Crc32c(summed));
    bytes.replace(at - 4, 4, crc);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size < 4096 ? size : 4096);
  ReadAll(bytes);
  Seal(bytes);
  ReadAll(bytes);
  return 0;
}
