#include "template/time_format.h"

#include <gtest/gtest.h>

namespace tocsin::templates {
namespace {

struct LayoutCase {
  const char* layout;
  const char* want;
};

TEST(TimeFormatTest, LayoutsPrintWhatGoPrints) {
  // 2024-03-05T15:04:09.012345678 +0530 IST
  Time time = Time::FromUnixNs(1709631249012345678);
  time.offset_seconds = 5 * 3600 + 30 * 60;
  time.zone = "IST";
  const LayoutCase cases[] = {
      {"2006-01-02T15:04:05Z07:00", "2024-03-05T15:04:09+05:30"},
      {"2006-01-02T15:04:05.999999999Z07:00", "2024-03-05T15:04:09.012345678+05:30"},
      {"Mon, 02 Jan 2006 15:04:05 MST", "Tue, 05 Mar 2024 15:04:09 IST"},
      {"Monday, 02-Jan-06 15:04:05 -0700", "Tuesday, 05-Mar-24 15:04:09 +0530"},
      {"Jan _2 3:04:5.000 pm", "Mar  5 3:04:9.012 pm"},
      {"1/2 03PM -07 Z0700 002 __2", "3/5 03PM +05 +0530 065  65"},
      {"Monthly Janet plain 4", "Monthly Janet plain 4"},
      {"", ""},
  };
  for (const auto& [layout, want] : cases) EXPECT_EQ(FormatTime(time, layout), want) << layout;
}

TEST(TimeFormatTest, ZeroTimeIsYearOne) {
  EXPECT_EQ(FormatTimeDefault(Time()), "0001-01-01 00:00:00 +0000 UTC");
  EXPECT_TRUE(Time().IsZero());
}

TEST(TimeFormatTest, UnixNsRoundTripsAndSaturates) {
  EXPECT_EQ(Time::FromUnixNs(-1).UnixNs(), -1);
  EXPECT_EQ(Time::FromUnixNs(-1).nanoseconds, 999'999'999);
  EXPECT_EQ(Time().UnixNs(), INT64_MIN);
}

}  // namespace
}  // namespace tocsin::templates
