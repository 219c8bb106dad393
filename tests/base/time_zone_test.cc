#include "base/time_zone.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

constexpr int64_t kWinter = 1705320000;  // 2024-01-15T12:00:00Z, a Monday
constexpr int64_t kSummer = 1721044800;  // 2024-07-15T12:00:00Z, a Monday

TEST(TimeZoneTest, UtcIsTheDefault) {
  for (const char* name : {"", "UTC"}) {
    const auto civil = ToCivilTime(kWinter, name);
    ASSERT_TRUE(civil);
    EXPECT_EQ(civil->year, 2024);
    EXPECT_EQ(civil->month, 1);
    EXPECT_EQ(civil->day, 15);
    EXPECT_EQ(civil->hour, 12);
    EXPECT_EQ(civil->weekday, 1);
    EXPECT_EQ(civil->days_in_month, 31);
    EXPECT_EQ(civil->zone, "UTC");
  }
}

TEST(TimeZoneTest, SummerTimeMovesTheClock) {
  const auto winter = ToCivilTime(kWinter, "Europe/Berlin");
  const auto summer = ToCivilTime(kSummer, "Europe/Berlin");
  ASSERT_TRUE(winter && summer);
  EXPECT_EQ(winter->hour, 13);
  EXPECT_EQ(winter->zone, "CET");
  EXPECT_EQ(summer->hour, 14);
  EXPECT_EQ(summer->zone, "CEST");
  EXPECT_EQ(summer->offset_seconds, 7200);
}

TEST(TimeZoneTest, ZoneWestOfUtcIsStillOnTheDayBefore) {
  const auto civil = ToCivilTime(1709251200, "America/New_York");  // 2024-03-01T00:00:00Z
  ASSERT_TRUE(civil);
  EXPECT_EQ(civil->month, 2);
  EXPECT_EQ(civil->day, 29);
  EXPECT_EQ(civil->days_in_month, 29);
  EXPECT_EQ(civil->hour, 19);
}

TEST(TimeZoneTest, TimesBeforeTheEpochWork) {
  const auto civil = ToCivilTime(-1, "UTC");
  ASSERT_TRUE(civil);
  EXPECT_EQ(civil->year, 1969);
  EXPECT_EQ(civil->second, 59);
  EXPECT_EQ(civil->weekday, 3);
}

TEST(TimeZoneTest, UnknownZoneIsNotFound) {
  const auto civil = ToCivilTime(kWinter, "Europe/Nowhere");
  ASSERT_FALSE(civil);
  EXPECT_EQ(civil.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(civil.error().message(), "unknown time zone Europe/Nowhere");
  EXPECT_FALSE(CheckTimeZone("../../etc/passwd"));
}

TEST(TimeZoneTest, LocalIsAlwaysKnown) { EXPECT_TRUE(CheckTimeZone("Local")); }

}  // namespace
}  // namespace tocsin
