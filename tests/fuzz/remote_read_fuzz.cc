// Any bytes as a remote read request, and as a histogram: no crash, and a histogram that is read
// can be written and read again.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/check.h"
#include "base/compression.h"
#include "remote/histogram_message.h"
#include "remote/read_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tocsin;          // NOLINT: a fuzz target is one function.
  using namespace tocsin::remote;  // NOLINT
  // A copy of exact size, so that a sanitizer sees a read behind the end.
  const std::vector<char> copy(bytes, bytes + size);
  const std::string_view message(copy.data(), copy.size());
  std::string body;
  SnappyCompress(message, body);
  if (const auto request = DecodeReadRequest(body, size_t{1} << 24)) {
    (void)NegotiateResponseType(request->accepted_types);
    for (const ReadQuery& query : request->queries) {
      CHECK(query.hints.start_ms >= query.start_ms && query.hints.end_ms <= query.end_ms,
            "hints narrow the range");
      (void)WithoutExternalLabels(query.matchers, Labels{{"a", "b"}});
    }
  }
  const auto first = DecodeHistogram(message);
  if (!first) return 0;
  std::string written;
  std::visit([&](const auto& value) { EncodeHistogram(first->timestamp_ms, value, written); },
             first->histogram);
  const auto second = DecodeHistogram(written);
  CHECK(second.ok() && second->timestamp_ms == first->timestamp_ms, "reads back");
  CHECK(second->histogram.index() == first->histogram.index(), "is of the same kind");
  std::string again;
  std::visit([&](const auto& value) { EncodeHistogram(second->timestamp_ms, value, again); },
             second->histogram);
  CHECK(again == written, "says the same");
  return 0;
}
