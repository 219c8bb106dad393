// Any bytes as a tombstones file, also with the checksum put right: refused, or the same after
// writing and reading again.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/crc32c.h"
#include "base/varint.h"
#include "tsdb/block/tombstones.h"

namespace {

void Check(const std::string& bytes) {
  using namespace tocsin::tsdb;
  const auto tombstones = DecodeTombstones(bytes);
  if (!tombstones) return;
  const auto again = DecodeTombstones(EncodeTombstones(*tombstones));
  if (!again || !std::ranges::equal(again->all(), tombstones->all())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string file(reinterpret_cast<const char*>(bytes), size);
  Check(file);
  if (size < 9) return 0;
  file.resize(size - 4);
  tocsin::PutBE32(file, tocsin::Crc32c(std::string_view(file).substr(5)));
  Check(file);
  return 0;
}
