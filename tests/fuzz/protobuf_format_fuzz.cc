// Any bytes as a protobuf page, under each choice for histograms: nothing is read beyond the page,
// and native histograms that are valid can be written and read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "exposition/protobuf_parser.h"
#include "exposition/protobuf_writer.h"

namespace {

using tocsin::Exemplar;
using tocsin::Histogram;
using tocsin::LabelsBuilder;
using tocsin::MetricType;
using tocsin::exposition::Entry;
using tocsin::exposition::ProtobufOptions;
using tocsin::exposition::ProtobufParser;
using tocsin::exposition::ProtobufWriter;

void CheckRoundTrip(const Histogram& histogram) {
  std::string page;
  ProtobufWriter writer(page);
  writer.BeginFamily({"h", "", "", MetricType::kHistogram});
  writer.WriteHistogram({}, histogram, {});
  writer.EndFamily();
  ProtobufParser parser(page, {});
  Entry entry = parser.Next();
  while (entry == Entry::kHelp || entry == Entry::kType) entry = parser.Next();
  CHECK(entry == Entry::kHistogram && parser.histogram() != nullptr, "a written histogram parses");
  CHECK(parser.histogram()->positive_deltas == histogram.positive_deltas, "buckets must read back");
  CHECK(parser.histogram()->negative_spans == histogram.negative_spans, "spans must read back");
}

void Parse(const std::vector<char>& page, const ProtobufOptions& options) {
  ProtobufParser parser({page.data(), page.size()}, options);
  LabelsBuilder builder;
  std::vector<std::string> empty_names;
  std::vector<Exemplar> exemplars;
  while (true) {
    const Entry entry = parser.Next();
    if (entry == Entry::kEnd) return;
    if (entry == Entry::kInvalid) {
      CHECK(!parser.error().message().empty(), "an error says why");
      return;
    }
    if (entry != Entry::kSeries && entry != Entry::kHistogram) continue;
    (void)parser.CopyLabels(builder, empty_names);
    exemplars.clear();
    parser.CopyExemplars(exemplars);
    if (entry == Entry::kSeries || parser.histogram() == nullptr) continue;
    const Histogram& histogram = *parser.histogram();
    if (!tocsin::IsCustomBucketsSchema(histogram.schema) && Validate(histogram))
      CheckRoundTrip(histogram);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  // A copy of exact size, so that a sanitizer sees a read behind the end.
  const std::vector<char> page(bytes, bytes + size);
  Parse(page, {});
  Parse(page, {.reads_native_histograms = false, .converts_classic_histograms = true});
  Parse(page, {.converts_classic_histograms = true, .keeps_classic_histograms = true});
  return 0;
}
