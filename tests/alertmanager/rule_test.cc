// The rules that decide who is told: routes, keys, inhibition, times, merging, order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alertmanager/alert_store.h"
#include "alertmanager/harness.h"
#include "alertmanager/inhibitor.h"
#include "alertmanager/route.h"
#include "alertmanager/time_intervals.h"
#include "model/duration.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

config::AlertmanagerConfig Parse(const std::string& text) {
  auto config = config::ParseAlertmanagerConfig(text, "alertmanager.yml");
  EXPECT_TRUE(config) << config.error().message();
  return config ? *std::move(config) : config::AlertmanagerConfig();
}

std::vector<std::string> Receivers(const Route& route, std::string_view labels) {
  std::vector<std::string> receivers;
  for (const Route* matched : route.Match(ParseLabels(labels))) {
    receivers.push_back(matched->options().receiver);
  }
  return receivers;
}

constexpr const char* kTree =
    "route:\n"
    "  receiver: root\n"
    "  group_by: [alertname, cluster]\n"
    "  group_wait: 10s\n"
    "  mute_time_intervals: []\n"
    "  routes:\n"
    "  - matchers: [env = prod]\n"
    "    receiver: prod\n"
    "    group_wait: 5s\n"
    "    routes:\n"
    "    - {matchers: [team = db], receiver: db, group_by: []}\n"
    "    - {match_re: {team: 'a|b'}, receiver: ab}\n"
    "  - {matchers: [env =~ p.*], receiver: other, continue: true}\n"
    "  - {matchers: [env = play], receiver: play}\n"
    "receivers: [{name: root}, {name: prod}, {name: db}, {name: ab}, {name: other}, {name: "
    "play}]\n";

TEST(RouteTest, DeepestMatchingNodesTakeTheAlert) {
  const auto root = Route::Make(Parse(kTree).route);
  ASSERT_TRUE(root);
  EXPECT_THAT(Receivers(**root, "alertname=A"), ElementsAre("root"));
  EXPECT_THAT(Receivers(**root, "alertname=A,env=prod"), ElementsAre("prod"));
  EXPECT_THAT(Receivers(**root, "alertname=A,env=prod,team=db"), ElementsAre("db"));
  EXPECT_THAT(Receivers(**root, "alertname=A,env=prod,team=b"), ElementsAre("ab"));
  EXPECT_THAT(Receivers(**root, "alertname=A,env=play"), ElementsAre("other", "play"));
}

TEST(RouteTest, ChildrenInheritAllButTimeIntervals) {
  const auto root = Route::Make(
      Parse("route:\n  receiver: r\n  group_by: [a]\n  repeat_interval: 1h\n  labels: {x: '1', y: "
            "'2'}\n"
            "  routes:\n  - mute_time_intervals: [t]\n    labels: {y: '3'}\n    routes: [{}]\n"
            "receivers: [{name: r}]\n"
            "time_intervals: [{name: t, time_intervals: [{weekdays: [monday]}]}]\n")
          .route);
  ASSERT_TRUE(root);
  const Route& child = *(*root)->children()[0];
  const Route& grandchild = *child.children()[0];
  EXPECT_THAT(child.options().mute_time_intervals, ElementsAre("t"));
  EXPECT_THAT(grandchild.options().mute_time_intervals, IsEmpty());
  EXPECT_EQ(grandchild.options().repeat_interval_ms, kHour);
  EXPECT_EQ(grandchild.options().group_interval_ms, 5 * kMinute);
  EXPECT_EQ(grandchild.options().group_wait_ms, 30 * kSecond);
  EXPECT_THAT(grandchild.options().group_by, ElementsAre("a"));
  EXPECT_EQ(grandchild.options().labels.at("y"), "3");
}

std::string KeyOf(const Route& root, std::string_view labels) {
  const Labels parsed = ParseLabels(labels);
  const Route& route = *root.Match(parsed).front();
  return GroupKey(route, route.GroupLabels(parsed));
}

TEST(RouteTest, GroupKeysAreUpstreams) {
  const auto root = Route::Make(Parse(kTree).route);
  ASSERT_TRUE(root);
  EXPECT_EQ(KeyOf(**root, "alertname=X,cluster=aa,env=prod"),
            R"({}/{env="prod"}:{alertname="X", cluster="aa"})");
  EXPECT_EQ(KeyOf(**root, "alertname=X"), R"({}:{alertname="X"})");  // No empty cluster.
  EXPECT_EQ(KeyOf(**root, "alertname=X,env=prod,team=db"), R"({}/{env="prod"}/{team="db"}:{})");
  // match_re appears with its anchors.
  EXPECT_EQ(KeyOf(**root, "alertname=X,env=prod,team=a"),
            R"({}/{env="prod"}/{team=~"^(?:a|b)$"}:{alertname="X"})");
}

TEST(RouteTest, MatchersOfAKeyAreSortedOverAllWaysToWriteThem) {
  const auto root = Route::Make(Parse("route:\n  receiver: r\n  routes:\n"
                                      "  - matchers: ['z = 1', 'a != 2', 'a = 2']\n"
                                      "    match: {m: n}\n"
                                      "receivers: [{name: r}]\n")
                                    .route);
  ASSERT_TRUE(root);
  EXPECT_EQ((*root)->children()[0]->key(), R"({}/{a="2",a!="2",m="n",z="1"})");
}

TEST(RouteTest, RegexesAreAnchoredAndTheirDotIsNoNewline) {
  const auto root =
      Route::Make(Parse("route: {receiver: r, routes: [{matchers: ['a =~ \"b.\"'], receiver: s}]}\n"
                        "receivers: [{name: r}, {name: s}]\n")
                      .route);
  ASSERT_TRUE(root);
  EXPECT_THAT(Receivers(**root, "a=bc"), ElementsAre("s"));
  EXPECT_THAT(Receivers(**root, "a=bcd"), ElementsAre("r"));
  EXPECT_THAT(Receivers(**root, "a=b\n"), ElementsAre("r"));
}

// --- inhibition ---

StoredAlert Stored(std::string_view labels, int64_t ends_at_ms = kHour) {
  StoredAlert alert;
  alert.labels = ParseLabels(labels);
  alert.starts_at_ns = kStartMs * 1'000'000;
  alert.ends_at_ns = (kStartMs + ends_at_ms) * 1'000'000;
  alert.updated_at_ns = alert.starts_at_ns;
  alert.Finish();
  return alert;
}

AlertPtr Shared(std::string_view labels, int64_t ends_at_ms = kHour) {
  return std::make_shared<const StoredAlert>(Stored(labels, ends_at_ms));
}

class InhibitorTest : public testing::Test {
 protected:
  void Rules(const std::string& rules) {
    const auto config =
        Parse("route: {receiver: r}\nreceivers: [{name: r}]\ninhibit_rules:\n" + rules);
    auto made = Inhibitor::Make(clock_, config.inhibit_rules);
    ASSERT_TRUE(made);
    inhibitor_ = *std::move(made);
  }
  bool IsInhibited(std::string_view labels) {
    return inhibitor_->InhibitedBy(ParseLabels(labels)).has_value();
  }
  ManualClock clock_{kStartMs};
  std::unique_ptr<Inhibitor> inhibitor_;
};

TEST_F(InhibitorTest, EqualLabelsMustAgreeAndMissingCountsAsEmpty) {
  Rules("- {source_matchers: [s = 1], target_matchers: [t = 1], equal: [a, b]}\n");
  inhibitor_->Observe({Shared("s=1,a=x")});
  EXPECT_TRUE(IsInhibited("t=1,a=x"));
  EXPECT_FALSE(IsInhibited("t=1,a=y"));
  EXPECT_FALSE(IsInhibited("t=1,a=x,b=z"));
  EXPECT_FALSE(IsInhibited("t=1"));
  inhibitor_->Observe({Shared("s=1")});
  EXPECT_TRUE(IsInhibited("t=1"));  // Both lack all equal labels.
}

TEST_F(InhibitorTest, AlertOnBothSidesIsNotInhibitedByAnotherOnBothSides) {
  Rules("- {source_matchers: ['x =~ \"1|2\"'], target_matchers: ['x =~ \"2|3\"']}\n");
  inhibitor_->Observe({Shared("x=2,i=a")});
  EXPECT_FALSE(IsInhibited("x=2,i=a"));
  EXPECT_FALSE(IsInhibited("x=2,i=b"));
  EXPECT_TRUE(IsInhibited("x=3"));
  inhibitor_->Observe({Shared("x=1")});
  EXPECT_TRUE(IsInhibited("x=2,i=a"));
}

// Upstream #5162: an index with one source a key hides the good source behind the two-sided one.
TEST_F(InhibitorTest, TwoSidedSourceDoesNotHideAValidOne) {
  Rules("- {source_matchers: ['x =~ \"1|2\"'], target_matchers: ['x =~ \"2|3\"'], equal: [c]}\n");
  for (const bool two_sided_first : {true, false}) {
    inhibitor_->Observe(two_sided_first ? AlertList{Shared("x=2,c=a"), Shared("x=1,c=a")}
                                        : AlertList{Shared("x=1,c=a"), Shared("x=2,c=a")});
    EXPECT_TRUE(IsInhibited("x=2,c=a,i=b"));
  }
}

TEST_F(InhibitorTest, EndOfOneSourceLeavesTheOthers) {
  Rules("- {source_matchers: [s = 1], target_matchers: [t = 1]}\n");
  inhibitor_->Observe({Shared("s=1,i=a", kMinute), Shared("s=1,i=b")});
  clock_.AdvanceMs(2 * kMinute);
  EXPECT_TRUE(IsInhibited("t=1"));
  inhibitor_->Collect();
  EXPECT_TRUE(IsInhibited("t=1"));
  inhibitor_->Observe({Shared("s=1,i=b", kMinute)});  // Resolved now.
  EXPECT_FALSE(IsInhibited("t=1"));
}

TEST_F(InhibitorTest, DeprecatedMatchersWorkAndEmptyRulesLoad) {
  Rules("- {source_match: {s: '1'}, target_match_re: {t: '1|2'}}\n");
  inhibitor_->Observe({Shared("s=1")});
  EXPECT_TRUE(IsInhibited("t=2"));
  EXPECT_FALSE(IsInhibited("t=3"));
}

// --- time intervals ---

struct IntervalCase {
  const char* interval;
  const char* zone;
  std::vector<const char*> inside;
  std::vector<const char*> outside;
};

int64_t UnixSeconds(const char* text) { return *ParseRfc3339Ns(text) / 1'000'000'000; }

TEST(TimeIntervalTest, ContainsWhatItSays) {
  const IntervalCase cases[] = {
      {"{times: [{start_time: '09:00', end_time: '17:00'}]}",
       "UTC",
       {"2024-01-15T09:00:00Z", "2024-01-15T16:59:59Z"},
       {"2024-01-15T08:59:59Z", "2024-01-15T17:00:00Z"}},
      {"{times: [{start_time: '22:00', end_time: '24:00'}]}",
       "UTC",
       {"2024-01-15T23:59:59Z"},
       {"2024-01-16T00:00:00Z"}},
      {"{weekdays: ['monday:wednesday', saturday]}",
       "UTC",
       {"2024-01-15T00:00:00Z", "2024-01-17T23:00:00Z", "2024-01-20T12:00:00Z"},
       {"2024-01-18T00:00:00Z", "2024-01-21T00:00:00Z"}},
      {"{weekdays: [sunday]}", "UTC", {"2024-01-21T00:00:00Z"}, {"2024-01-20T23:59:59Z"}},
      {"{days_of_month: ['1:5', '-3:-1']}",
       "UTC",
       {"2024-02-01T00:00:00Z", "2024-02-05T00:00:00Z", "2024-02-27T00:00:00Z",
        "2024-02-29T00:00:00Z", "2023-02-26T00:00:00Z"},
       {"2024-02-06T00:00:00Z", "2024-02-26T00:00:00Z", "2023-02-25T00:00:00Z"}},
      {"{days_of_month: ['31']}",
       "UTC",
       {"2024-01-31T00:00:00Z"},
       {"2024-02-29T00:00:00Z", "2024-04-30T00:00:00Z"}},
      {"{days_of_month: ['25:31']}", "UTC", {"2024-02-29T00:00:00Z"}, {"2024-03-01T00:00:00Z"}},
      {"{months: ['january:march', '12'], years: ['2024', '2030:2031']}",
       "UTC",
       {"2024-01-01T00:00:00Z", "2024-12-31T23:59:59Z", "2031-03-31T00:00:00Z"},
       {"2025-01-01T00:00:00Z", "2024-04-01T00:00:00Z"}},
      {"{weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '17:00'}]}",
       "UTC",
       {"2024-01-15T12:00:00Z"},
       {"2024-01-20T12:00:00Z", "2024-01-15T18:00:00Z"}},
      {"{times: [{start_time: '09:00', end_time: '17:00'}], location: 'Australia/Sydney'}",
       "Sydney",
       {"2024-01-14T22:00:00Z", "2024-07-14T23:00:00Z"},
       {"2024-01-15T06:00:00Z", "2024-07-14T22:59:59Z"}},
      {"{}", "always", {"2024-01-15T12:00:00Z"}, {}},
  };
  for (const IntervalCase& c : cases) {
    const auto config = Parse(std::string("route: {receiver: r}\nreceivers: [{name: r}]\n"
                                          "time_intervals: [{name: t, time_intervals: [") +
                              c.interval + "]}]\n");
    ASSERT_EQ(config.time_intervals.size(), 1u) << c.interval;
    const auto intervals = TimeIntervals::Make({}, config.time_intervals);
    ASSERT_TRUE(intervals);
    for (const char* instant : c.inside) {
      EXPECT_THAT(intervals->Containing({"t"}, UnixSeconds(instant)), ElementsAre("t"))
          << c.interval << " " << instant;
    }
    for (const char* instant : c.outside) {
      EXPECT_THAT(intervals->Containing({"t"}, UnixSeconds(instant)), IsEmpty())
          << c.interval << " " << instant;
    }
  }
}

// --- merging and order ---

StoredAlert Episode(int64_t start_ms, int64_t end_ms, int64_t updated_ms, bool is_timeout = false) {
  StoredAlert alert;
  alert.labels = ParseLabels("alertname=A");
  alert.starts_at_ns = start_ms;
  alert.ends_at_ns = end_ms;
  alert.updated_at_ns = updated_ms;
  alert.is_timeout = is_timeout;
  alert.Finish();
  return alert;
}

TEST(MergeTest, TableOfUpstreamsRules) {
  constexpr int64_t kNow = 100;
  const struct {
    const char* what;
    StoredAlert older, newer;
    int64_t want_start, want_end;
  } cases[] = {
      {"earliest start wins", Episode(10, 150, 20), Episode(30, 160, 40), 10, 160},
      {"a stated later end outlives a firing update", Episode(10, 200, 20), Episode(10, 160, 40),
       10, 200},
      {"a timed-out end does not", Episode(10, 200, 20, true), Episode(10, 160, 40), 10, 160},
      {"a resolve ends a firing alert", Episode(10, 200, 20), Episode(10, 90, 40), 10, 90},
      {"of two resolves the later end wins", Episode(10, 95, 20), Episode(10, 90, 40), 10, 95},
      {"the newer update is the newer one in whatever order they come", Episode(10, 90, 40),
       Episode(10, 200, 20), 10, 90},
  };
  for (const auto& c : cases) {
    const StoredAlert merged = MergeAlerts(c.older, c.newer, kNow);
    EXPECT_EQ(merged.starts_at_ns, c.want_start) << c.what;
    EXPECT_EQ(merged.ends_at_ns, c.want_end) << c.what;
  }
}

TEST(MergeTest, OnlyOverlappingEpisodesAreOne) {
  EXPECT_TRUE(DoRangesOverlap(Episode(10, 50, 0), Episode(0, 20, 0)));
  EXPECT_TRUE(DoRangesOverlap(Episode(10, 50, 0), Episode(20, 90, 0)));
  EXPECT_FALSE(DoRangesOverlap(Episode(10, 50, 0), Episode(50, 90, 0)));
  EXPECT_FALSE(DoRangesOverlap(Episode(10, 50, 0), Episode(0, 10, 0)));
  EXPECT_FALSE(DoRangesOverlap(Episode(10, 50, 0), Episode(10, 50, 0)));
}

TEST(AlertOrderTest, JobThenInstanceThenFewerLabelsThenLabels) {
  std::vector<std::string> order = {"job=a,instance=1",
                                    "job=a,instance=1,x=1",
                                    "job=a,instance=1,x=2",
                                    "job=a,instance=2",
                                    "job=a",
                                    "job=b,instance=1",
                                    "instance=1",
                                    "instance=2,x=1",
                                    "b=1",
                                    "a=1",
                                    "a=1,b=1"};
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t j = 0; j < order.size(); ++j) {
      EXPECT_EQ(ComesBefore(Stored(order[i]), Stored(order[j])), i < j)
          << order[i] << " and " << order[j];
    }
  }
}

TEST(FingerprintTest, VectorsOfUpstreamsTests) {
  EXPECT_EQ(FormatFingerprint(Stored("alertname=alert1,severity=critical").fingerprint),
            "0223b772b51c29e1");
  EXPECT_EQ(FormatFingerprint(Stored("job=foo,severity=warning").fingerprint), "9266ef3da838ad95");
  EXPECT_EQ(FormatFingerprint(Labels().Fingerprint()), "cbf29ce484222325");
}

}  // namespace
}  // namespace tocsin::alertmanager
