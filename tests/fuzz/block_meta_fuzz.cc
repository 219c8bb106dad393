// Any text as meta.json: refused, or the same after writing and reading again.
#include <cstdlib>
#include <string_view>

#include "tsdb/block/block_meta.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tocsin::tsdb;
  const auto meta = ParseBlockMeta({reinterpret_cast<const char*>(bytes), size});
  if (!meta) return 0;
  const auto again = ParseBlockMeta(FormatBlockMeta(*meta));
  if (!again || !(*again == *meta)) std::abort();
  return 0;
}
