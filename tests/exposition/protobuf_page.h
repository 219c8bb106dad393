#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exposition/protobuf_parser.h"

namespace tocsin::exposition {

/// A protobuf page in one readable line per entry.
struct ProtobufEntries {
  std::vector<std::string> entries;
  std::vector<Exemplar> exemplars;
  std::vector<Histogram> histograms;
  std::vector<FloatHistogram> float_histograms;
  std::vector<int64_t> starts_ms;  ///< Of the samples.
  std::string error;
};

inline std::string SeriesText(const Labels& labels) {
  const Labels rest = labels.WithoutName();
  return std::string(labels.Get(kMetricNameLabel)) + (rest.empty() ? "" : rest.ToString());
}

inline ProtobufEntries ParseProtobuf(std::string_view page, const ProtobufOptions& options = {}) {
  ProtobufEntries result;
  // A copy of exact size, so that a sanitizer sees a read behind the end.
  const std::vector<char> copy(page.begin(), page.end());
  ProtobufParser parser({copy.data(), copy.size()}, options);
  LabelsBuilder builder;
  std::vector<std::string> empty_names;
  while (true) {
    const Entry entry = parser.Next();
    const std::string family(parser.family());
    if (entry == Entry::kEnd) return result;
    if (entry == Entry::kInvalid) {
      result.error = parser.error().message();
      return result;
    }
    if (entry == Entry::kHelp) {
      result.entries.push_back("HELP " + family + " " + std::string(parser.help()));
    } else if (entry == Entry::kUnit) {
      result.entries.push_back("UNIT " + family + " " + std::string(parser.unit()));
    } else if (entry == Entry::kType) {
      result.entries.push_back("TYPE " + family + " " +
                               std::string(MetricTypeText(parser.current_type())));
    } else {
      if (const Status status = parser.CopyLabels(builder, empty_names); !status) {
        result.error = status.error().message();
        return result;
      }
      std::string text = SeriesText(builder.Build());
      if (entry == Entry::kSeries) {
        text += fmt::format(" = {}", parser.value());
      } else if (parser.histogram() != nullptr) {
        result.histograms.push_back(*parser.histogram());
        text += " = histogram";
      } else {
        result.float_histograms.push_back(*parser.float_histogram());
        text += " = float histogram";
      }
      if (parser.has_timestamp()) text += fmt::format(" @ {}", *parser.timestamp_ms());
      result.entries.push_back(text);
      parser.CopyExemplars(result.exemplars);
      result.starts_ms.push_back(parser.start_timestamp_ms());
    }
  }
}

}  // namespace tocsin::exposition
