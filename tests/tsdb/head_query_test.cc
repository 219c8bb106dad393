// Selecting, grouping and listing labels: against a brute-force walk over all series.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tsdb/head_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void AppendOne(Head& head, const Labels& labels, int64_t timestamp_ms, double value) {
  auto appender = head.MakeAppender();
  ASSERT_TRUE(appender->Append(0, labels, timestamp_ms, value).ok());
  ASSERT_TRUE(appender->Commit().ok());
}

std::vector<Labels> LabelsOf(const storage::SeriesSet& set) {
  std::vector<Labels> labels;
  for (size_t i = 0; i < set.size(); ++i) labels.push_back(set.LabelsOf(i));
  return labels;
}

class HeadQueryTest : public testing::Test {
 protected:
  void Fill(size_t series_count) {
    std::mt19937_64 random(3);
    auto row = memory_.head.MakeRowAppender();
    row->BeginRow(1000);
    while (all_.size() < series_count) {
      LabelsBuilder builder;
      if (random() % 20 != 0) builder.Set("__name__", "metric_" + std::to_string(random() % 5));
      if (random() % 4 != 0) builder.Set("job", "job" + std::to_string(random() % 3));
      if (random() % 3 != 0) builder.Set("zone", std::to_string(random() % 4));
      if (has_early_names_ && random() % 2 == 0) builder.Set("Zone", std::to_string(random() % 9));
      builder.Set("id", std::to_string(random() % (series_count * 2)));
      const Labels labels = builder.Build();
      if (!all_.insert(labels).second) continue;
      row->Set(row->SlotOf(labels).value(), 1);
    }
    ASSERT_TRUE(row->CommitRow().ok());
    row_ = std::move(row);
  }

  std::vector<Labels> Matching(const std::vector<Matcher>& matchers) const {
    std::vector<Labels> labels;
    for (const Labels& candidate : all_) {
      if (std::ranges::all_of(matchers, [&](const Matcher& m) { return m.Matches(candidate); })) {
        labels.push_back(candidate);
      }
    }
    return labels;
  }

  MemoryHead memory_;
  std::unique_ptr<storage::RowAppender> row_;
  std::set<Labels> all_;  // In the order that a selection has.
  bool has_early_names_ = false;
};

Matcher Make(MatchType type, std::string_view name, std::string_view value) {
  return Matcher::Make(type, name, value).value();
}

std::vector<std::vector<Matcher>> MatcherCombinations() {
  const MatchType types[] = {MatchType::kEqual, MatchType::kNotEqual, MatchType::kRegex,
                             MatchType::kNotRegex};
  std::vector<std::vector<Matcher>> combinations = {{}};
  for (const MatchType type : types) {
    for (const char* name : {"__name__", "job", "zone", "nosuch"}) {
      for (const char* value : {"", "job1", "metric_2", "3", ".+", ".*", "job1|job2", "job1|",
                                "metric_.*", "metric_[23]", "[0-2]?", "nosuch"}) {
        combinations.push_back({Make(type, name, value)});
        combinations.push_back(
            {Make(MatchType::kNotEqual, "job", "job0"), Make(type, name, value)});
        combinations.push_back({Make(MatchType::kRegex, "id", ".*1.*"), Make(type, name, value),
                                Make(MatchType::kEqual, "zone", "1")});
      }
    }
  }
  return combinations;
}

TEST_F(HeadQueryTest, SelectFindsWhatMatchesSortedByLabels) {
  for (const bool has_early_names : {false, true}) {
    SetUp();
    has_early_names_ = has_early_names;
    Fill(has_early_names ? 1200 : 600);
    const auto querier = memory_.head.MakeQuerier(0, 2000).value();
    for (const auto& matchers : MatcherCombinations()) {
      const auto set = querier->Select(matchers, {}).value();
      ASSERT_EQ(LabelsOf(*set), Matching(matchers))
          << (matchers.empty() ? "no matchers" : matchers.back().ToString());
    }
  }
}

TEST_F(HeadQueryTest, OrderStaysRightWhileSeriesAreAddedAndRemoved) {
  Fill(5000);
  const auto select_all = [&] {
    return LabelsOf(*memory_.head.MakeQuerier(0, 5000).value()->Select({}, {}).value());
  };
  EXPECT_EQ(select_all(), Matching({}));
  Fill(6000);
  EXPECT_EQ(select_all(), Matching({}));
  row_.reset();
  memory_.head.Truncate(1001);
  all_.clear();
  EXPECT_EQ(select_all(), Matching({}));
  for (int i = 0; i < 2000; ++i) {
    const Labels labels({{"__name__", "metric_1"}, {"n", std::to_string(i)}});
    AppendOne(memory_.head, labels, 2000, 1);
    all_.insert(labels);
  }
  EXPECT_EQ(select_all(), Matching({}));
}

TEST_F(HeadQueryTest, GroupByAgreesWithTheDefaultThatBuildsLabelSets) {
  Fill(2000);
  const auto querier = memory_.head.MakeQuerier(0, 2000).value();
  const auto set = querier->Select({}, {}).value();
  const std::vector<std::vector<std::string>> choices = {
      {}, {"job"}, {"zone", "job"}, {"nosuch"}, {"__name__"}, {"id", "job", "job"}};
  for (const auto& names : choices) {
    for (const bool without : {false, true}) {
      const auto ours = set->GroupBy(names, without);
      const auto expected = set->storage::SeriesSet::GroupBy(names, without);
      EXPECT_EQ(ours.group_of_series, expected.group_of_series);
      EXPECT_EQ(ours.group_labels, expected.group_labels);
    }
  }
}

TEST_F(HeadQueryTest, ReadLatestOfManyAgreesWithReadingEach) {
  Fill(3000);
  for (int64_t scrape = 2; scrape < 30; ++scrape) {
    row_->BeginRow(scrape * 1000);
    for (uint32_t slot = 0; slot < 1500; ++slot) {
      if ((slot + scrape) % 3 != 0) row_->Set(slot, static_cast<double>(slot * 100 + scrape));
    }
    ASSERT_TRUE(row_->CommitRow().ok());
  }
  const auto querier = memory_.head.MakeQuerier(0, 100'000).value();
  const auto set = querier->Select({}, {}).value();
  for (const auto& [start_ms, end_ms] :
       {std::pair(0, 100'000), std::pair(5000, 12'000), std::pair(28'500, 29'000)}) {
    std::vector<storage::SeriesSet::Latest> ours(set->size()), expected(set->size());
    ASSERT_TRUE(set->ReadLatest(0, start_ms, end_ms, ours).ok());
    ASSERT_TRUE(set->storage::SeriesSet::ReadLatest(0, start_ms, end_ms, expected).ok());
    for (size_t i = 0; i < ours.size(); ++i) {
      ASSERT_EQ(ours[i].timestamp_ms, expected[i].timestamp_ms);
      ASSERT_EQ(Bits(ours[i].value), Bits(expected[i].value));
    }
  }
}

TEST_F(HeadQueryTest, LabelNamesAndValuesAreSortedMatchedAndCut) {
  AppendOne(memory_.head, Labels({{"__name__", "b"}, {"job", "y"}}), 1000, 1);
  AppendOne(memory_.head, Labels({{"__name__", "a"}, {"job", "x"}, {"zone", "1"}}), 1000, 1);
  AppendOne(memory_.head, Labels({{"__name__", "a"}, {"job", "z"}}), 1000, 1);
  const auto querier = memory_.head.MakeQuerier(0, 5000).value();
  const Matcher only_b[] = {Matcher::Equal("__name__", "b")};
  EXPECT_THAT(querier->LabelNames({}, 0).value(), ElementsAre("__name__", "job", "zone"));
  EXPECT_THAT(querier->LabelNames(only_b, 0).value(), ElementsAre("__name__", "job"));
  EXPECT_THAT(querier->LabelNames({}, 1).value(), ElementsAre("__name__"));
  EXPECT_THAT(querier->LabelValues("job", {}, 0).value(), ElementsAre("x", "y", "z"));
  EXPECT_THAT(querier->LabelValues("job", {}, 2).value(), ElementsAre("x", "y"));
  EXPECT_THAT(querier->LabelValues("job", only_b, 0).value(), ElementsAre("y"));
  EXPECT_THAT(querier->LabelValues("nosuch", {}, 0).value(), IsEmpty());
}

TEST_F(HeadQueryTest, RangesWithoutDataSelectNothing) {
  AppendOne(memory_.head, Labels({{"__name__", "old"}}), 1000, 1);
  AppendOne(memory_.head, Labels({{"__name__", "new"}}), 9000, 1);
  const auto late = memory_.head.MakeQuerier(5000, 10'000).value();
  EXPECT_THAT(LabelsOf(*late->Select({}, {}).value()), ElementsAre(Labels({{"__name__", "new"}})));
  const auto never = memory_.head.MakeQuerier(20'000, 30'000).value();
  EXPECT_EQ(never->Select({}, {}).value()->size(), 0u);
  EXPECT_THAT(never->LabelValues("__name__", {}, 0).value(), IsEmpty());
}

TEST_F(HeadQueryTest, StatisticsCountSeriesValuesAndBytes) {
  AppendOne(memory_.head, Labels({{"__name__", "a"}, {"job", "xx"}}), 1000, 1);
  AppendOne(memory_.head, Labels({{"__name__", "a"}, {"job", "yyy"}}), 2000, 1);
  AppendOne(memory_.head, Labels({{"__name__", "b"}, {"job", "xx"}}), 3000, 1);
  const HeadStatistics statistics = memory_.head.Statistics(2);
  EXPECT_EQ(statistics.series_count, 3u);
  EXPECT_EQ(statistics.label_pair_count, 4u);
  EXPECT_EQ(statistics.min_time_ms, 1000);
  EXPECT_EQ(statistics.max_time_ms, 3000);
  EXPECT_THAT(statistics.series_count_by_metric_name,
              ElementsAre(NamedCount{"a", 2}, NamedCount{"b", 1}));
  EXPECT_THAT(statistics.label_value_count_by_label_name,
              ElementsAre(NamedCount{"__name__", 2}, NamedCount{"job", 2}));
  EXPECT_THAT(statistics.memory_in_bytes_by_label_name,
              ElementsAre(NamedCount{"job", 7}, NamedCount{"__name__", 3}));
  EXPECT_THAT(statistics.series_count_by_label_value_pair,
              ElementsAre(NamedCount{"__name__=a", 2}, NamedCount{"job=xx", 2}));
}

}  // namespace
}  // namespace tocsin::tsdb
