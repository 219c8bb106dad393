#include "remote/symbol_table.h"

#include "remote/wire_reader.h"

namespace tocsin::remote {
namespace {

// An empty symbol takes 2 bytes of a request and 32 here; real ones have some thousands.
constexpr size_t kMaxSymbols = size_t{1} << 20;
constexpr uint32_t kSymbols = 4;

}  // namespace

Status SymbolTable::Read(std::string_view request, uint64_t secret) {
  texts_.clear();
  hashes_.clear();
  WireReader reader(request);
  while (reader.Next()) {
    if (reader.field() != kSymbols) {
      reader.Skip();
      continue;
    }
    const std::string_view text = reader.Bytes("Symbols");
    if (texts_.size() == kMaxSymbols) {
      return Errorf(ErrorCode::kInvalidArgument, "more than {} symbols", kMaxSymbols);
    }
    texts_.push_back(text);
    hashes_.push_back(MakeSeriesKey(text, secret));
  }
  return reader.status();
}

}  // namespace tocsin::remote
