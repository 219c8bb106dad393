#include "telemetry/registry.h"

#include <gmock/gmock.h>

namespace tocsin::telemetry {
namespace {

using ::testing::HasSubstr;

TEST(RegistryTest, ExposesEveryKind) {
  Registry registry;
  registry.AddCounter("requests_total", "Requests.", {{"code", "200"}}).Increment(2);
  registry.AddGauge("queue_length", "Waiting.").Set(-1.5);
  registry.AddHistogram("size_bytes", "Sizes.", {1, 10}).Observe(5);
  registry.AddSummary("duration_seconds", "Durations.").Observe(3);
  const std::string text = registry.Expose();
  EXPECT_THAT(text, HasSubstr("# TYPE requests_total counter\nrequests_total{code=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("queue_length -1.5\n"));
  EXPECT_THAT(text, HasSubstr("size_bytes_bucket{le=\"10\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("duration_seconds{quantile=\"0.5\"} 3\n"));
}

TEST(RegistryTest, SameNameAndLabelsAreTheSameMetric) {
  Registry registry;
  Counter& first = registry.AddCounter("a_total", "A.", {{"x", "1"}});
  Counter& again = registry.AddCounter("a_total", "A.", {{"x", "1"}});
  Counter& other = registry.AddCounter("a_total", "A.", {{"x", "2"}});
  first.Increment();
  EXPECT_EQ(again.value(), 1);
  EXPECT_EQ(other.value(), 0);
}

TEST(RegistryTest, RefreshesBeforeEachExposition) {
  Registry registry;
  Gauge& gauge = registry.AddGauge("runs", "Runs.");
  const uint64_t id = registry.AddRefresh([&gauge] { gauge.Add(1); });
  registry.Expose();
  EXPECT_THAT(registry.Expose(), HasSubstr("runs 2\n"));
  registry.RemoveRefresh(id);
  EXPECT_THAT(registry.Expose(), HasSubstr("runs 2\n"));
}

}  // namespace
}  // namespace tocsin::telemetry
