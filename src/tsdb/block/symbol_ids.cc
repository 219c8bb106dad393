#include "tsdb/block/symbol_ids.h"

#include "base/varint.h"
#include "tsdb/string_hash.h"

namespace tocsin::tsdb {

SymbolIds::SymbolIds(std::unique_ptr<MappedFile> file, uint64_t offset, uint32_t count)
    : file_(std::move(file)), bytes_(file_->bytes().substr(offset)) {
  offsets_.reserve(count);
  ByteReader reader(bytes_);
  for (uint32_t i = 0; i < count; ++i) {
    offsets_.push_back(static_cast<uint32_t>(bytes_.size() - reader.remaining()));
    table_.Insert(HashString(reader.ReadUvarintBytes()), i);
  }
}

std::optional<SymbolRef> SymbolIds::Find(std::string_view text) const {
  const uint32_t found =
      table_.Find(HashString(text), [&](uint32_t symbol) { return TextOf(symbol) == text; });
  if (found == HashSlots::kNone) return std::nullopt;
  return found;
}

std::string_view SymbolIds::TextOf(SymbolRef symbol) const {
  return ByteReader(bytes_.substr(offsets_[symbol])).ReadUvarintBytes();
}

}  // namespace tocsin::tsdb
