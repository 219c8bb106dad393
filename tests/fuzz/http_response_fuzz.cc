// Any bytes as a response: read in one piece and byte by byte, the outcome is the same, and nothing
// goes beyond the limits.
#include <cstdlib>
#include <string_view>

#include "http/response_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tocsin::http::ResponseReader;
  constexpr uint64_t kMaxBodyBytes = 1000;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ResponseReader whole({}, kMaxBodyBytes);
  const size_t taken = whole.Take(bytes);
  whole.TakeEnd();
  ResponseReader pieces({}, kMaxBodyBytes);
  size_t taken_in_pieces = 0;
  for (const char& byte : bytes) {
    const size_t count = pieces.Take({&byte, 1});
    taken_in_pieces += count;
    if (count == 0) break;
  }
  pieces.TakeEnd();
  if (whole.is_complete() != pieces.is_complete()) std::abort();
  if (!whole.is_complete()) return 0;
  if (taken != taken_in_pieces || whole.status() != pieces.status()) std::abort();
  const std::string body = whole.TakeBody();
  if (body.size() > kMaxBodyBytes || body != pieces.TakeBody()) std::abort();
  return 0;
}
