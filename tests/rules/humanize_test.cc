#include "rules/humanize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rules/host_port.h"

namespace tocsin::rules {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Row {
  double value;
  const char* text;
};

// The values of upstream's template_test.go.
TEST(HumanizeTest, Numbers) {
  const Row rows[] = {{0, "0"},
                      {1, "1"},
                      {1234567, "1.235M"},
                      {.12, "120m"},
                      {1e24, "1Y"},
                      {1e27, "1000Y"},
                      {0.001, "1m"},
                      {1e-21, "1z"},
                      {-1500, "-1.5k"},
                      {999, "999"},
                      {1000, "1k"},
                      {kInfinity, "+Inf"},
                      {-kInfinity, "-Inf"},
                      {std::nan(""), "NaN"}};
  for (const Row& row : rows) EXPECT_EQ(Humanize(row.value), row.text);
}

TEST(HumanizeTest, Numbers1024) {
  const Row rows[] = {{0, "0"},      {1, "1"},          {1048576, "1Mi"},   {.12, "0.12"},
                      {2048, "2ki"}, {1e27, "827.2Yi"}, {kInfinity, "+Inf"}};
  for (const Row& row : rows) EXPECT_EQ(Humanize1024(row.value), row.text);
}

TEST(HumanizeTest, Durations) {
  const Row rows[] = {{0, "0s"},
                      {1, "1s"},
                      {60, "1m 0s"},
                      {3600, "1h 0m 0s"},
                      {86400, "1d 0h 0m 0s"},
                      {86400 + 3600, "1d 1h 0m 0s"},
                      {-(86400 * 2 + 3600 * 3 + 60 * 4 + 5), "-2d 3h 4m 5s"},
                      {899.99, "14m 59s"},
                      {.1, "100ms"},
                      {.0001, "100us"},
                      {.12345, "123.5ms"},
                      {60.1, "1m 0s"},
                      {12.345, "12.35s"},
                      {kInfinity, "+Inf"},
                      {std::nan(""), "NaN"}};
  for (const Row& row : rows) EXPECT_EQ(HumanizeDuration(row.value), row.text);
}

TEST(HumanizeTest, Percentages) {
  const Row rows[] = {{0.1234567, "12.35%"}, {-0.22222, "-22.22%"}, {0, "0%"}, {1, "100%"}};
  for (const Row& row : rows) EXPECT_EQ(HumanizePercentage(row.value), row.text);
}

TEST(HumanizeTest, SecondsBeyondTheClockAreRefused) {
  EXPECT_EQ(*SecondsToUnixNs(1435065584.128), 1435065584128000000);
  EXPECT_FALSE(SecondsToUnixNs(1e20).ok());
  EXPECT_FALSE(SecondsToUnixNs(kInfinity).ok());
}

TEST(HostPortTest, StripsPortsAndDomains) {
  EXPECT_EQ(StripPort("a.b:80"), "a.b");
  EXPECT_EQ(StripPort("[::1]:80"), "::1");
  EXPECT_EQ(StripPort("a.b"), "a.b");
  EXPECT_EQ(StripPort("a:b:c"), "a:b:c");
  EXPECT_EQ(StripDomain("a.b.c:80"), "a:80");
  EXPECT_EQ(StripDomain("a.b.c"), "a");
  EXPECT_EQ(StripDomain("1.2.3.4:80"), "1.2.3.4:80");
  EXPECT_EQ(StripDomain("[::1]:80"), "[::1]:80");
  EXPECT_EQ(StripDomain("host"), "host");
}

}  // namespace
}  // namespace tocsin::rules
