// Any bytes as an OpenMetrics page: both ways through the parser agree.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "exposition/openmetrics_parser.h"

namespace {

using tocsin::Exemplar;
using tocsin::LabelsBuilder;
using tocsin::exposition::Entry;
using tocsin::exposition::OpenMetricsParser;

void CheckTaking(OpenMetricsParser& taking, const OpenMetricsParser& lexing) {
  const size_t size = lexing.series().size();
  CHECK(taking.GuessEntrySize() == size, "the guess must fit a well-formed line");
  CHECK(taking.TakeSeries(size), "what Next takes, TakeSeries takes");
  CHECK(taking.series() == lexing.series(), "same series");
  CHECK(taking.timestamp_ms() == lexing.timestamp_ms(), "same timestamp");
  CHECK(std::bit_cast<uint64_t>(taking.value()) == std::bit_cast<uint64_t>(lexing.value()),
        "same value");
  CHECK(taking.has_exemplar() == lexing.has_exemplar(), "same exemplar");
  if (!taking.has_exemplar()) return;
  const Exemplar a = taking.CopyExemplar();
  const Exemplar b = lexing.CopyExemplar();
  CHECK(a.labels == b.labels && a.timestamp_ms == b.timestamp_ms, "same exemplar");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  // A copy of exact size, so that a sanitizer sees a read behind the end.
  const std::vector<char> page(bytes, bytes + size);
  OpenMetricsParser lexing({page.data(), page.size()});
  OpenMetricsParser taking({page.data(), page.size()});
  LabelsBuilder builder;
  std::vector<std::string> empty_names;
  while (true) {
    const Entry entry = lexing.Next();
    if (entry == Entry::kEnd) {
      CHECK(std::string_view(page.data(), page.size()).find("# EOF") != std::string_view::npos,
            "a page ends with # EOF");
      break;
    }
    if (entry == Entry::kInvalid) {
      CHECK(!lexing.error().message().empty(), "an error says why");
      break;
    }
    if (entry != Entry::kSeries) {
      CHECK(taking.TakeLine(lexing.line().size()), "metadata is one line");
      continue;
    }
    CheckTaking(taking, lexing);
    (void)lexing.CopyLabels(builder, empty_names);
  }
  return 0;
}
