#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exposition/text_parser.h"

namespace tocsin::exposition {

/// A page in one readable line per entry: `HELP name text`, `TYPE name gauge`, `# comment`, and for
/// samples the series text, the labels, the value and the timestamp.
struct ParsedPage {
  std::vector<std::string> entries;
  std::vector<Labels> labels;  ///< Of the samples.
  std::string error;           ///< Without the place.
  std::string place;           ///< "line 1, column 2", or "".
};

inline ParsedPage Parse(std::string_view page) {
  ParsedPage result;
  TextParser parser(page);
  LabelsBuilder builder;
  std::vector<std::string> empty_names;
  while (true) {
    switch (parser.Next()) {
      case TextParser::Entry::kEnd:
      case TextParser::Entry::kHistogram:  // Not in this format; neither are units.
      case TextParser::Entry::kUnit:
        return result;
      case TextParser::Entry::kInvalid: {
        const std::string& message = parser.error().message();
        const size_t open = message.rfind(" (line ");
        result.error = message.substr(0, open);
        result.place = message.substr(open + 2, message.size() - open - 3);
        return result;
      }
      case TextParser::Entry::kComment:
        result.entries.emplace_back(parser.line());
        break;
      case TextParser::Entry::kHelp:
        result.entries.push_back("HELP " + parser.family() + " " + parser.help());
        break;
      case TextParser::Entry::kType:
        result.entries.push_back("TYPE " + parser.family() + " " +
                                 std::string(MetricTypeText(parser.current_type())));
        break;
      case TextParser::Entry::kSeries: {
        std::string entry = fmt::format("{} = {}", parser.series(), parser.value());
        if (parser.has_timestamp()) entry += fmt::format(" @ {}", *parser.timestamp_ms());
        result.entries.push_back(entry);
        if (const Status status = parser.CopyLabels(builder, empty_names); !status) {
          result.error = status.error().message();
          return result;
        }
        result.labels.push_back(builder.Build());
        break;
      }
    }
  }
}

}  // namespace tocsin::exposition
