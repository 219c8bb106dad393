#include "scraper/page_appender.h"

#include "exposition/openmetrics_parser.h"
#include "exposition/text_parser.h"
#include "scraper/line_page.h"
#include "scraper/protobuf_page.h"

namespace tocsin::scraper {

namespace {

Status ReadPage(SampleIntake& intake, exposition::Format format, std::string_view page) {
  switch (format) {
    case exposition::Format::kText:
      return LinePage<exposition::TextParser>(intake, page).Read();
    case exposition::Format::kOpenMetrics:
      return LinePage<exposition::OpenMetricsParser>(intake, page).Read();
    case exposition::Format::kProtobuf:
      return ProtobufPage(intake, page).Read();
  }
  return Error(ErrorCode::kInternal, "unknown format");
}

}  // namespace

Status AppendPage(const PageTarget& target, exposition::Format format, std::string_view page,
                  PageCounts& counts) {
  SampleIntake intake(target);
  Status status = ReadPage(intake, format, page);
  const Status limits = intake.CheckLimits();
  if (status) status = limits;
  counts = intake.counts();
  return status;
}

}  // namespace tocsin::scraper
