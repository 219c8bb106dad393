#include "alertmanager/timestamp_text.h"

#include <cstdlib>

#include "model/duration.h"
#include "template/time_format.h"

namespace tocsin::alertmanager {

namespace {

std::string Format(const Timestamp& time, std::string_view layout) {
  if (time.unix_ns == 0) return templates::FormatTime(templates::Time(), layout);
  templates::Time shown = templates::Time::FromUnixNs(time.unix_ns);
  shown.offset_seconds = time.offset_seconds;
  return templates::FormatTime(shown, layout);
}

// "+02:00" at the end, or "Z".
int32_t OffsetAtEnd(std::string_view text) {
  if (text.size() < 6 || text.back() == 'Z' || text.back() == 'z') return 0;
  const std::string_view offset = text.substr(text.size() - 6);
  const int hours = (offset[1] - '0') * 10 + (offset[2] - '0');
  const int minutes = (offset[4] - '0') * 10 + (offset[5] - '0');
  const int seconds = hours * 3600 + minutes * 60;
  return offset[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::string FormatTimestamp(const Timestamp& time) {
  return Format(time, "2006-01-02T15:04:05.999999999Z07:00");
}

std::string FormatTimestampMilli(const Timestamp& time) {
  return Format(time, "2006-01-02T15:04:05.000Z07:00");
}

Result<Timestamp> ParseTimestamp(std::string_view text) {
  if (text.starts_with("0001-01-01T00:00:00") && text.ends_with('Z')) return Timestamp{};
  TOCSIN_ASSIGN_OR_RETURN(const int64_t unix_ns, ParseRfc3339Ns(text));
  return Timestamp{unix_ns, OffsetAtEnd(text)};
}

}  // namespace tocsin::alertmanager
