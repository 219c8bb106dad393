#include "app/flag_set.h"

#include <gmock/gmock.h>

#include "app/prometheus_flags.h"

namespace tocsin::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

FlagSet Prometheus() { return FlagSet("tocsin", "", PrometheusFlags()); }

TEST(FlagSetTest, HasPrometheusDefaults) {
  FlagSet flags = Prometheus();
  ASSERT_TRUE(flags.Parse({}).ok());
  EXPECT_EQ(flags.String("storage.tsdb.path"), "data/");
  EXPECT_EQ(flags.DurationMs("storage.tsdb.retention.time"), 15LL * 24 * 3600 * 1000);
  EXPECT_EQ(flags.Bytes("storage.tsdb.wal-segment-size"), 128u << 20);
  EXPECT_THAT(flags.Strings("web.listen-address"), ElementsAre("0.0.0.0:9090"));
  EXPECT_FALSE(flags.IsSet("web.listen-address"));
}

TEST(FlagSetTest, TakesEveryFormOfValue) {
  FlagSet flags = Prometheus();
  ASSERT_TRUE(
      flags
          .Parse({"--query.timeout=5s", "--query.max-samples", "7", "--web.enable-lifecycle",
                  "--no-storage.tsdb.wal-compression", "--web.listen-address=:1",
                  "--web.listen-address=:2", "--enable-feature=a,b"})
          .ok());
  EXPECT_EQ(flags.DurationMs("query.timeout"), 5000);
  EXPECT_EQ(flags.Integer("query.max-samples"), 7);
  EXPECT_TRUE(flags.Bool("web.enable-lifecycle"));
  EXPECT_FALSE(flags.Bool("storage.tsdb.wal-compression"));
  EXPECT_THAT(flags.Strings("web.listen-address"), ElementsAre(":1", ":2"));
  EXPECT_EQ(flags.Values().at("web.listen-address"), ":1,:2");
}

TEST(FlagSetTest, RefusesWithOneClearSentence) {
  const struct {
    std::vector<std::string> arguments;
    const char* message;
  } cases[] = {
      {{"--config.fil=x"}, "unknown flag --config.fil=x, did you mean --config.file?"},
      {{"--storage.tsdb.retention"}, "unknown flag --storage.tsdb.retention, did you mean"},
      {{"--zzzzzzzz"}, "unknown flag --zzzzzzzz (--help lists all flags)"},
      {{"--query.timeout=5x"}, "invalid value \"5x\" for flag --query.timeout"},
      {{"--query.max-samples=many"}, "want a whole number"},
      {{"serve"}, "unexpected argument serve"},
  };
  for (const auto& c : cases) {
    FlagSet flags = Prometheus();
    const Status status = flags.Parse(c.arguments);
    ASSERT_FALSE(status.ok()) << c.arguments[0];
    EXPECT_THAT(status.error().message(), HasSubstr(c.message));
  }
}

TEST(FlagSetTest, SaysWhichFlagsHaveNoEffect) {
  FlagSet flags("alertmanager", "", AlertmanagerFlags());
  ASSERT_TRUE(flags.Parse({"--cluster.listen-address="}).ok());
  EXPECT_THAT(flags.AcceptedWithoutEffect(),
              ElementsAre("--cluster.listen-address: Clustering is not there; each instance "
                          "notifies on its own."));
}

TEST(FlagSetTest, HelpListsFlagsButNotHiddenOnes) {
  const std::string help = Prometheus().Help();
  EXPECT_THAT(help, HasSubstr("--config.file"));
  EXPECT_THAT(help, HasSubstr("--query.timeout=2m"));
  EXPECT_THAT(help, ::testing::Not(HasSubstr("min-block-duration")));
}

}  // namespace
}  // namespace tocsin::app
