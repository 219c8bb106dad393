// Any bytes as an XOR chunk: decoding either fails or gives samples that encode and decode to
// themselves.
#include <bit>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tsdb/chunks/xor_chunk.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tocsin::tsdb;
  const std::string_view chunk(reinterpret_cast<const char*>(bytes), size);
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  if (!XorDecodeChunk(chunk, timestamps_ms, values)) return 0;
  const size_t count = values.size();
  std::string out(count * kMaxXorSampleBytes + 16, '\0');
  XorCursor cursor;
  XorAppend(cursor, timestamps_ms.data(), values.data(), count, out.data());
  std::vector<int64_t> timestamps_again(count);
  std::vector<double> values_again(count);
  if (!XorDecode({out.data(), cursor.byte_count()}, count, timestamps_again.data(),
                 values_again.data())) {
    std::abort();
  }
  for (size_t i = 0; i < count; ++i) {
    if (timestamps_ms[i] != timestamps_again[i] ||
        std::bit_cast<uint64_t>(values[i]) != std::bit_cast<uint64_t>(values_again[i])) {
      std::abort();
    }
  }
  return 0;
}
