#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exposition/openmetrics_parser.h"

namespace tocsin::exposition {

/// An OpenMetrics page in one readable line per entry: `HELP name text`, `TYPE name gauge`, `UNIT
/// name seconds`, and for samples the series text, the value, the timestamp and the exemplar.
struct OpenMetricsPage {
  std::vector<std::string> entries;
  std::vector<Labels> labels;  ///< Of the samples.
  std::string error;           ///< Without the place.
  std::string place;           ///< "line 1, column 2", or "".
};

inline std::string DescribeSample(const OpenMetricsParser& parser) {
  std::string entry = fmt::format("{} = {}", parser.series(), parser.value());
  if (parser.has_timestamp()) entry += fmt::format(" @ {}", *parser.timestamp_ms());
  if (!parser.has_exemplar()) return entry;
  const Exemplar exemplar = parser.CopyExemplar();
  entry += fmt::format(" # {} {}", exemplar.labels.ToString(), exemplar.value);
  if (exemplar.has_timestamp) entry += fmt::format(" @ {}", exemplar.timestamp_ms);
  return entry;
}

inline OpenMetricsPage ParseOpenMetrics(std::string_view page) {
  OpenMetricsPage result;
  // A copy of exact size, so that a sanitizer sees a read behind the end.
  const std::vector<char> copy(page.begin(), page.end());
  OpenMetricsParser parser({copy.data(), copy.size()});
  LabelsBuilder builder;
  std::vector<std::string> empty_names;
  while (true) {
    switch (parser.Next()) {
      case Entry::kHelp:
        result.entries.push_back("HELP " + parser.family() + " " + parser.help());
        break;
      case Entry::kType:
        result.entries.push_back("TYPE " + parser.family() + " " +
                                 std::string(MetricTypeText(parser.current_type())));
        break;
      case Entry::kUnit:
        result.entries.push_back("UNIT " + parser.family() + " " + parser.unit());
        break;
      case Entry::kSeries:
        result.entries.push_back(DescribeSample(parser));
        if (const Status status = parser.CopyLabels(builder, empty_names); !status) {
          result.error = status.error().message();
          return result;
        }
        result.labels.push_back(builder.Build());
        break;
      case Entry::kInvalid: {
        const std::string& message = parser.error().message();
        const size_t open = message.rfind(" (line ");
        result.error = message.substr(0, open);
        result.place = message.substr(open + 2, message.size() - open - 3);
        return result;
      }
      default:
        return result;
    }
  }
}

}  // namespace tocsin::exposition
