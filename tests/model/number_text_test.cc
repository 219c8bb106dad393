#include "model/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tocsin {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(NumberTextTest, PrintsAsGo) {
  const struct {
    double value;
    const char *fixed, *exponent, *general, *api;
  } cases[] = {
      {0, "0", "0e+00", "0", "0"},
      {-0.0, "-0", "-0e+00", "-0", "-0"},
      {1, "1", "1e+00", "1", "1"},
      {-1.5, "-1.5", "-1.5e+00", "-1.5", "-1.5"},
      {0.1, "0.1", "1e-01", "0.1", "0.1"},
      {1e-7, "0.0000001", "1e-07", "1e-07", "1e-07"},
      {0.00001, "0.00001", "1e-05", "1e-05", "0.00001"},
      {999999, "999999", "9.99999e+05", "999999", "999999"},
      {1234567, "1234567", "1.234567e+06", "1.234567e+06", "1234567"},
      {1e21, "1000000000000000000000", "1e+21", "1e+21", "1e+21"},
      {1e23, "100000000000000000000000", "1e+23", "1e+23", "1e+23"},
      {123456789012345680, "123456789012345680", "1.2345678901234568e+17", "1.2345678901234568e+17",
       "123456789012345680"},
      {5e-324, nullptr, "5e-324", "5e-324", "5e-324"},
      {1.7976931348623157e308, nullptr, "1.7976931348623157e+308", "1.7976931348623157e+308",
       "1.7976931348623157e+308"},
      {std::nan(""), "NaN", "NaN", "NaN", "NaN"},
      {kInfinity, "+Inf", "+Inf", "+Inf", "+Inf"},
      {-kInfinity, "-Inf", "-Inf", "-Inf", "-Inf"},
  };
  for (const auto& c : cases) {
    if (c.fixed != nullptr) {
      EXPECT_EQ(FormatFloatFixed(c.value), c.fixed);
    }
    EXPECT_EQ(FormatFloatExponent(c.value), c.exponent);
    EXPECT_EQ(FormatFloatGeneral(c.value), c.general);
    std::string api;
    AppendFloatApi(api, c.value);
    EXPECT_EQ(api, c.api);
  }
}

TEST(NumberTextTest, TextReadsBackToTheSameBits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(*ParseGoFloat(FormatFloatFixed(value)), value);
    EXPECT_EQ(*ParseGoFloat(FormatFloatGeneral(value)), value);
  }
}

TEST(NumberTextTest, ParsesWhatGoParses) {
  EXPECT_EQ(ParseGoFloat("+1.5e3"), 1500);
  EXPECT_EQ(ParseGoFloat(".5"), 0.5);
  EXPECT_EQ(ParseGoFloat("5."), 5);
  EXPECT_EQ(ParseGoFloat("0x1p-2"), 0.25);
  EXPECT_EQ(ParseGoFloat("-Inf"), -kInfinity);
  EXPECT_EQ(ParseGoFloat("+infinity"), kInfinity);
  EXPECT_EQ(ParseGoFloat("1e-400"), 0);
  EXPECT_TRUE(std::isnan(*ParseGoFloat("nAN")));
  for (const char* text :
       {"", "+", "1e", "1e400", "0x1", "1_000", " 1", "1 ", "--1", "+-1", "+nan", "infin", "1f"}) {
    EXPECT_FALSE(ParseGoFloat(text).has_value()) << text;
  }
}

TEST(NumberTextTest, ApiTimestampsHaveThreeDecimalsOrNone) {
  const struct {
    int64_t ms;
    const char* text;
  } cases[] = {{0, "0"}, {1000, "1"}, {1500, "1.500"}, {1001, "1.001"}, {-1500, "-1.500"}};
  for (const auto& c : cases) {
    std::string out;
    AppendTimestampApi(out, c.ms);
    EXPECT_EQ(out, c.text);
  }
}

}  // namespace
}  // namespace tocsin
