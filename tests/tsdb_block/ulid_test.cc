#include "tsdb/block/ulid.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace tocsin::tsdb {
namespace {

TEST(UlidTest, TextOfAKnownBlockComesOutTheSame) {
  const auto ulid = Ulid::Parse("01DXXFZDYD1MQW6079WK0K6EDQ");
  ASSERT_TRUE(ulid.ok());
  EXPECT_EQ(ulid->ToString(), "01DXXFZDYD1MQW6079WK0K6EDQ");
  EXPECT_EQ(ulid->time_ms(), 1578316576717);
}

TEST(UlidTest, LowerCaseIsTheSame) {
  EXPECT_EQ(*Ulid::Parse("01dxxfzdyd1mqw6079wk0k6edq"), *Ulid::Parse("01DXXFZDYD1MQW6079WK0K6EDQ"));
}

TEST(UlidTest, LargestAndSmallestRoundTrip) {
  for (const char* text : {"00000000000000000000000000", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"}) {
    ASSERT_TRUE(Ulid::Parse(text).ok());
    EXPECT_EQ(Ulid::Parse(text)->ToString(), text);
  }
}

TEST(UlidTest, OtherTextsAreRefused) {
  for (const char* text :
       {"", "01DXXFZDYD1MQW6079WK0K6ED", "01DXXFZDYD1MQW6079WK0K6EDQQ",
        "81DXXFZDYD1MQW6079WK0K6EDQ", "01DXXFZDYD1MQW6079WK0K6EDU", "01DXXFZDYD1MQW6079WK0K6ED-"}) {
    EXPECT_FALSE(Ulid::Parse(text).ok()) << text;
  }
}

TEST(UlidTest, NamesOfASourceRiseWithinAMillisecondAndWhenTheClockGoesBack) {
  ManualClock clock(1'600'000'000'000);
  uint64_t random = UINT64_MAX;
  UlidSource source(clock, [&random] { return random--; });
  Ulid last;
  for (const int64_t step_ms : {0, 0, 5, 0, -100, 0, 200}) {
    clock.AdvanceMs(step_ms);
    const Ulid next = source.Next();
    EXPECT_GT(next, last);
    EXPECT_GT(next.ToString(), last.ToString());
    last = next;
  }
  EXPECT_EQ(last.time_ms(), 1'600'000'000'105);
}

}  // namespace
}  // namespace tocsin::tsdb
