// Any bytes as a page: both ways through the parser agree, and what is read can be written and read
// again.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "exposition/text_parser.h"
#include "exposition/text_writer.h"

namespace {

using tocsin::Labels;
using tocsin::LabelsBuilder;
using tocsin::exposition::TextParser;
using tocsin::exposition::TextWriter;

void CheckRoundTrip(const Labels& labels, double value) {
  std::string text;
  TextWriter(text).WriteSample(labels, value);
  TextParser parser(text);
  CHECK(parser.Next() == TextParser::Entry::kSeries, "a written sample must parse");
  LabelsBuilder builder;
  std::vector<std::string> empty_names;
  CHECK(parser.CopyLabels(builder, empty_names).ok(), "written labels are unique");
  CHECK(builder.Build() == labels, "labels must read back");
  CHECK(std::bit_cast<uint64_t>(parser.value()) == std::bit_cast<uint64_t>(value),
        "the value must read back");
}

void CheckTaking(TextParser& taking, const TextParser& lexing) {
  const size_t size = lexing.series().size();
  CHECK(taking.GuessSeriesSize() == size, "the guess must fit a well-formed line");
  // A value right after a bare name is refused by TakeSeries and left to Next.
  if (!taking.TakeSeries(size)) {
    CHECK(taking.Next() == TextParser::Entry::kSeries, "Next must take what TakeSeries refuses");
  }
  CHECK(taking.series() == lexing.series(), "same series");
  CHECK(taking.timestamp_ms() == lexing.timestamp_ms(), "same timestamp");
  CHECK(std::bit_cast<uint64_t>(taking.value()) == std::bit_cast<uint64_t>(lexing.value()),
        "same value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  // A copy of exact size, so that a sanitizer sees a read behind the end.
  const std::vector<char> page(bytes, bytes + size);
  TextParser lexing({page.data(), page.size()});
  TextParser taking({page.data(), page.size()});
  LabelsBuilder builder;
  std::vector<std::string> empty_names;
  while (true) {
    const TextParser::Entry entry = lexing.Next();
    if (entry == TextParser::Entry::kEnd || entry == TextParser::Entry::kInvalid) break;
    if (entry != TextParser::Entry::kSeries) {
      CHECK(!lexing.line().empty(), "comments begin with #");
      CHECK(taking.Next() == entry, "both parsers walk together");
      continue;
    }
    // Next skips empty lines, which TakeSeries does not: bring both to the same place.
    while (!taking.rest().empty() && taking.rest().data() < lexing.series().data()) {
      if (!taking.TakeLine(taking.rest().find('\n'))) break;
    }
    CheckTaking(taking, lexing);
    if (lexing.CopyLabels(builder, empty_names)) CheckRoundTrip(builder.Build(), lexing.value());
  }
  return 0;
}
