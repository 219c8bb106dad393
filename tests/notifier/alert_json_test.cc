#include "notifier/alert_json.h"

#include <gtest/gtest.h>

namespace tocsin::notifier {
namespace {

TEST(AlertJsonTest, BodyIsThatOfPostableAlerts) {
  Alert alert;
  alert.labels = Labels{{"alertname", "Down"}, {"instance", "a<b>"}};
  alert.annotations = Labels{{"summary", "it \"is\" down"}};
  alert.starts_at_ns = 1'700'000'000'123'456'789;
  alert.ends_at_ns = 1'700'000'240'000'000'000;
  alert.generator_url = "http://t/graph?a=1&b=2";
  EXPECT_EQ(FormatAlerts({&alert, 1}),
            "[{\"annotations\":{\"summary\":\"it \\\"is\\\" down\"},"
            "\"endsAt\":\"2023-11-14T22:17:20.000Z\",\"startsAt\":\"2023-11-14T22:13:20.123Z\","
            "\"generatorURL\":\"http://t/graph?a=1\\u0026b=2\","
            "\"labels\":{\"alertname\":\"Down\",\"instance\":\"a\\u003cb\\u003e\"}}]");
}

TEST(AlertJsonTest, NoAlertsAreAnEmptyList) { EXPECT_EQ(FormatAlerts({}), "[]"); }

TEST(AlertJsonTest, UnsetTimesAreGosZero) {
  const Alert alert;
  EXPECT_EQ(FormatAlerts({&alert, 1}),
            "[{\"annotations\":{},\"endsAt\":\"0001-01-01T00:00:00.000Z\",\"startsAt\":\"0001-01-"
            "01T00:00:00.000Z\",\"generatorURL\":\"\",\"labels\":{}}]");
}

}  // namespace
}  // namespace tocsin::notifier
