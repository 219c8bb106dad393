#include "model/duration.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

constexpr int64_t kHourMs = 3'600'000;

TEST(DurationTest, ParsesUnitsInOrder) {
  EXPECT_EQ(*ParseDurationMs("0"), 0);
  EXPECT_EQ(*ParseDurationMs("0s"), 0);
  EXPECT_EQ(*ParseDurationMs("1h30m"), kHourMs * 3 / 2);
  EXPECT_EQ(*ParseDurationMs("1y2w3d"), (365 + 14 + 3) * 24 * kHourMs);
  EXPECT_EQ(*ParseDurationMs("5s324ms"), 5324);
}

TEST(DurationTest, RefusesWithUpstreamsWords) {
  const struct {
    const char *text, *error;
  } cases[] = {{"", "empty duration string"},
               {"1", "not a valid duration string: \"1\""},
               {"1m1h", "not a valid duration string: \"1m1h\""},
               {"-1s", "not a valid duration string: \"-1s\""},
               {"1x", "unknown unit \"x\" in duration \"1x\""},
               {"1.5h", "unknown unit \".\" in duration \"1.5h\""},
               {"300y", "duration out of range"}};
  for (const auto& c : cases) {
    const auto parsed = ParseDurationMs(c.text);
    ASSERT_FALSE(parsed.ok()) << c.text;
    EXPECT_EQ(parsed.error().message(), c.error);
  }
}

TEST(DurationTest, FormatsAsPrometheus) {
  const struct {
    int64_t ms;
    const char* text;
  } cases[] = {{0, "0s"},
               {90'000, "1m30s"},
               {14 * 24 * kHourMs, "2w"},
               {15 * 24 * kHourMs, "15d"},
               {365 * 24 * kHourMs, "1y"},
               {1500, "1s500ms"},
               {-5000, "-5s"}};
  for (const auto& c : cases) EXPECT_EQ(FormatDurationMs(c.ms), c.text);
}

TEST(DurationTest, FormatsAndParsesGosDurations) {
  const struct {
    int64_t ns;
    const char* text;
  } cases[] = {{0, "0s"},
               {1, "1ns"},
               {1500, "1.5µs"},
               {2'000'000, "2ms"},
               {1'500'000'000, "1.5s"},
               {90'000'000'000, "1m30s"},
               {3'600'000'000'000, "1h0m0s"},
               {-1'000'000'000, "-1s"}};
  for (const auto& c : cases) {
    EXPECT_EQ(FormatGoDurationNs(c.ns), c.text);
    EXPECT_EQ(*ParseGoDurationNs(c.text), c.ns);
  }
  EXPECT_FALSE(ParseGoDurationNs("1").ok());
  EXPECT_FALSE(ParseGoDurationNs("1d").ok());
}

TEST(Rfc3339Test, RoundTrips) {
  EXPECT_EQ(FormatRfc3339Nano(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339Nano(1'500'000'000), "1970-01-01T00:00:01.5Z");
  EXPECT_EQ(FormatRfc3339Nano(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(FormatRfc3339Milli(1'500'000'000), "1970-01-01T00:00:01.500Z");
  for (const char* text :
       {"2024-02-29T12:34:56.789Z", "1999-12-31T23:59:59Z", "2100-03-01T00:00:00Z"}) {
    EXPECT_EQ(FormatRfc3339Nano(*ParseRfc3339Ns(text)), text);
  }
  EXPECT_EQ(*ParseRfc3339Ns("1970-01-01T01:00:00+01:00"), 0);
}

TEST(Rfc3339Test, RefusesWhatIsNoTime) {
  for (const char* text : {"", "2024-02-30T00:00:00Z", "2024-01-01 00:00:00Z",
                           "2024-01-01T24:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z",
                           "2024-01-01T00:00:00+1:00", "9999-01-01T00:00:00Z"}) {
    EXPECT_FALSE(ParseRfc3339Ns(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tocsin
