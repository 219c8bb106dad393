#include "exposition/sample_value.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include "exposition/short_decimal.h"
#include "model/number_text.h"
#include "model/sample.h"

namespace tocsin::exposition {
namespace {

const char* ParseShort(const std::string& text, double& value) {
  return ParseShortDecimal(text.data(), text.data() + text.size(), value);
}

TEST(ShortDecimalTest, ReadsWhatExportersPrint) {
  for (const char* text : {"0", "-0", "1", "12345", "0.5", ".5", "5.", "-1.25", "1e3", "1E3",
                           "8.191288e+06", "4.9351e-05", "9007199254740992", "1.445681e+06"}) {
    double value = 99;
    const std::string copy = text;
    ASSERT_EQ(ParseShort(copy, value), copy.data() + copy.size()) << text;
    EXPECT_EQ(std::bit_cast<uint64_t>(value), std::bit_cast<uint64_t>(std::strtod(text, nullptr)))
        << text;
  }
}

TEST(ShortDecimalTest, LeavesTheRestToTheExactParser) {
  for (const char* text : {"", "-", ".", "+1", "NaN", "+Inf", "1x", "1_0", "0x1", "1e", "1e+",
                           "1e400", "1.7976931348623157e+308", "9007199254740993",
                           "123456789012345678901", "0.1234567890123456789", "1.2.3", "--1"}) {
    double value = 0;
    EXPECT_EQ(ParseShort(text, value), nullptr) << text;
  }
}

TEST(ShortDecimalTest, StopsBeforeABlankOrLineEnd) {
  for (const std::string text : {"12 34", "12\t34", "12\n34"}) {
    double value = 0;
    EXPECT_EQ(ParseShort(text, value), text.data() + 2);
    EXPECT_EQ(value, 12);
  }
}

TEST(ShortDecimalTest, AgreesWithStrtodBitForBit) {
  const uint64_t seed = 20260101;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  size_t short_count = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double exact = static_cast<double>(random() >> (random() % 64)) /
                         std::pow(10.0, static_cast<double>(random() % 20));
    const std::string text = FormatFloatGeneral(random() % 2 ? exact : -exact);
    double value = 0;
    if (ParseShort(text, value) == nullptr) continue;
    ++short_count;
    ASSERT_EQ(value, std::strtod(text.c_str(), nullptr)) << text;
  }
  EXPECT_GT(short_count, 50'000u);
}

TEST(SampleValueTest, FollowsGo) {
  EXPECT_EQ(*ParseSampleValue("+1.5e+3"), 1500);
  EXPECT_EQ(*ParseSampleValue("+Inf"), INFINITY);
  EXPECT_EQ(*ParseSampleValue("-infinity"), -INFINITY);
  EXPECT_EQ(*ParseSampleValue("1e-999"), 0);
  EXPECT_EQ(std::bit_cast<uint64_t>(*ParseSampleValue("nan")), kNormalNanBits);
}

TEST(SampleValueTest, ErrorsHaveGosWords) {
  const auto error = [](const char* text) { return ParseSampleValue(text).error().message(); };
  EXPECT_EQ(error(""), "strconv.ParseFloat: parsing \"\": invalid syntax");
  EXPECT_EQ(error("1e400"), "strconv.ParseFloat: parsing \"1e400\": value out of range");
  EXPECT_EQ(error("-1e400"), "strconv.ParseFloat: parsing \"-1e400\": value out of range");
  EXPECT_EQ(error("1.e"), "strconv.ParseFloat: parsing \"1.e\": invalid syntax");
  EXPECT_EQ(error("1P3"), "unsupported character in float");
}

TEST(OpenMetricsFloatTest, AlwaysLooksLikeAFloat) {
  EXPECT_EQ(FormatOpenMetricsFloat(1), "1.0");
  EXPECT_EQ(FormatOpenMetricsFloat(0), "0.0");
  EXPECT_EQ(FormatOpenMetricsFloat(-1), "-1.0");
  EXPECT_EQ(FormatOpenMetricsFloat(0.25), "0.25");
  EXPECT_EQ(FormatOpenMetricsFloat(100000), "100000.0");
  EXPECT_EQ(FormatOpenMetricsFloat(1e6), "1e+06");
  EXPECT_EQ(FormatOpenMetricsFloat(INFINITY), "+Inf");
  EXPECT_EQ(FormatOpenMetricsFloat(-INFINITY), "-Inf");
  EXPECT_EQ(FormatOpenMetricsFloat(NAN), "NaN");
}

}  // namespace
}  // namespace tocsin::exposition
