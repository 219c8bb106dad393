#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/alertmanager_config.h"

namespace tocsin::config {
namespace {

constexpr const char* kHead = "route: {receiver: r}\nreceivers: [{name: r}]\ntime_intervals:\n";

Result<AlertmanagerConfig> Parse(const std::string& intervals) {
  AlertmanagerLoadOptions options;
  options.knows_time_zone = [](const std::string& name) { return name == "Europe/Berlin"; };
  return ParseAlertmanagerConfig(kHead + intervals, "a.yml", options);
}

TEST(TimeIntervalTest, EveryFieldArrives) {
  const auto config = Parse(R"(- name: work
  time_intervals:
  - times: [{start_time: "09:00", end_time: "24:00"}]
    weekdays: ["monday:friday", Sunday]
    days_of_month: ["1:5", "-3:-1", 10]
    months: ["january:march", 5, "11:december"]
    years: [2024, "2026:2030"]
    location: Europe/Berlin
)");
  ASSERT_TRUE(config.ok()) << config.error().message();
  const TimeInterval& interval = config->time_intervals[0].time_intervals[0];
  EXPECT_THAT(interval.times, testing::ElementsAre(MinuteRange{540, 1440}));
  EXPECT_THAT(interval.weekdays, testing::ElementsAre(IntegerRange{1, 5}, IntegerRange{0, 0}));
  EXPECT_THAT(interval.days_of_month,
              testing::ElementsAre(IntegerRange{1, 5}, IntegerRange{-3, -1}, IntegerRange{10, 10}));
  EXPECT_THAT(interval.months,
              testing::ElementsAre(IntegerRange{1, 3}, IntegerRange{5, 5}, IntegerRange{11, 12}));
  EXPECT_THAT(interval.years,
              testing::ElementsAre(IntegerRange{2024, 2024}, IntegerRange{2026, 2030}));
  EXPECT_EQ(interval.location, "Europe/Berlin");
}

TEST(TimeIntervalTest, ErrorsNameThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"times: [{start_time: '9:00', end_time: '10:00'}]",
       "a.yml:6:26: couldn't parse timestamp 9:00, invalid format"},
      {"times: [{start_time: '09:00', end_time: '24:01'}]",
       "a.yml:6:45: couldn't parse timestamp 24:01, invalid format"},
      {"times: [{start_time: '09:00'}]", "a.yml:6:13: both start and end times must be provided"},
      {"times: [{start_time: '10:00', end_time: '10:00'}]",
       "a.yml:6:45: start time cannot be equal or greater than end time"},
      {"weekdays: ['saturday:sunday']", "a.yml:6:16: start day cannot be after end day (6:0)"},
      {"weekdays: [caturday]", "a.yml:6:16: caturday is not a valid weekday"},
      {"days_of_month: ['0']", "a.yml:6:21: 0 is not a valid day of the month: out of range"},
      {"days_of_month: ['32']", "a.yml:6:21: 32 is not a valid day of the month: out of range"},
      {"days_of_month: ['-3:3']", "a.yml:6:21: end day must be negative if start day is negative"},
      {"days_of_month: ['5:1']", "a.yml:6:21: end day 1 is always before start day 5"},
      {"months: [13]", "a.yml:6:14: 13 is not a valid month"},
      {"months: ['may:april']", "a.yml:6:14: start month cannot be after end month (5:4)"},
      {"years: ['2030:2020']", "a.yml:6:13: start year cannot be after end year (2030:2020)"},
      {"years: [x]", "a.yml:6:13: x is not a valid year"},
      {"location: Mars/Base", "a.yml:6:15: unknown time zone Mars/Base"},
      {"hours: []", "a.yml:6:5: unknown key (hours)"}};
  for (const auto& [field, message] : cases) {
    // Line 6 is the one under test.
    const auto config = Parse(std::string("- name: x\n  time_intervals:\n  - ") + field + "\n");
    ASSERT_FALSE(config.ok()) << field;
    EXPECT_EQ(config.error().message(), message);
  }
}

TEST(TimeIntervalTest, NamesAreUniqueOverBothLists) {
  const auto config = Parse("- name: x\nmute_time_intervals:\n- name: x\n");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().message(), "a.yml:4:9: time interval \"x\" is not unique");
}

}  // namespace
}  // namespace tocsin::config
