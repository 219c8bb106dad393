// Any bytes as an index, also with the checksums of its tables put right, and as the entry of a
// series: all that a reader offers is called, and either fails or returns.
#include <string>
#include <string_view>
#include <vector>

#include "base/crc32c.h"
#include "base/faulty_fs.h"
#include "base/varint.h"
#include "tsdb/block/index_reader.h"
#include "tsdb/block/index_selector.h"
#include "tsdb/block/symbol_grouping.h"

namespace {

using namespace tocsin;
using namespace tocsin::tsdb;

void Put(std::string& bytes, size_t at, uint32_t value) {
  std::string text;
  PutBE32(text, value);
  bytes.replace(at, 4, text);
}

// Puts right the checksum of what lies at `offset` after its size.
void SealSection(std::string& bytes, uint64_t offset) {
  if (offset >= bytes.size()) return;
  ByteReader reader(std::string_view(bytes).substr(offset));
  const std::string_view content = reader.ReadBytes(reader.ReadBE32());
  if (reader.failed() || reader.remaining() < 4) return;
  Put(bytes, bytes.size() - reader.remaining(), Crc32c(content));
}

void Seal(std::string& bytes) {
  if (bytes.size() < 57) return;
  const size_t sections = bytes.size() - 52;
  ByteReader reader(std::string_view(bytes).substr(sections));
  const uint64_t symbols = reader.ReadBE64();
  for (int i = 0; i < 4; ++i) reader.ReadBE64();
  const uint64_t table = reader.ReadBE64();
  SealSection(bytes, symbols);
  SealSection(bytes, table);
  Put(bytes, bytes.size() - 4, Crc32c(std::string_view(bytes).substr(sections, 48)));
}

void ReadAll(const std::string& bytes) {
  FaultyFs fs;
  {
    const auto file = *fs.OpenForWriting("/index", /*truncate=*/true);
    if (!file->Append(bytes)) return;
  }
  const auto opened = IndexReader::Open(fs, "/index");
  if (!opened) return;
  const IndexReader& index = **opened;
  index.ForEachSymbol([&](SymbolRef ref, std::string_view text) {
    (void)index.Symbol(ref + 1);
    (void)index.FindSymbol(text);
  });
  std::vector<PostingId> ids = {0, 1, 100};
  for (size_t i = 0; i < index.label_name_count(); ++i) {
    index.ForEachValue(index.label_name(i), "", [&](std::string_view value, uint64_t offset) {
      if (const auto list = index.PostingsAt(offset)) list->AppendTo(ids);
      (void)index.Postings(index.label_name(i), value);
      return true;
    });
  }
  std::vector<ChunkMeta> chunks;
  for (const PostingId id : ids) {
    (void)index.LabelsOf(id);
    (void)index.ChunksOf(id, chunks);
  }
  const std::vector<std::string> names = {"a"};
  GroupBySymbols(index, ids, names, true);
  for (const MatchType type : {MatchType::kRegex, MatchType::kNotRegex}) {
    (void)SelectFromIndex(index, std::vector{*Matcher::Make(type, "a", "1.*")});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadAll(bytes);
  Seal(bytes);
  ReadAll(bytes);
  SeriesEntry entry(bytes);
  for (SymbolPair pair; entry.NextLabel(pair);) {
  }
  for (ChunkMeta chunk; entry.NextChunk(chunk);) {
  }
  return 0;
}
