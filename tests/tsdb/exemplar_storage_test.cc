// Exemplars: which are taken, which make room, and how they come into the head.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tsdb/exemplar_storage.h"
#include "tsdb/head_fixture.h"
#include "tsdb/log_recorder.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;

Labels Named(const std::string& name) { return Labels({{"__name__", name}}); }

Exemplar Trace(const std::string& id, int64_t timestamp_ms, double value = 1) {
  return {Labels({{"trace_id", id}}), value, timestamp_ms, true};
}

std::vector<std::string> Find(storage::ExemplarQueryable& queryable, const std::string& name,
                              int64_t start_ms = INT64_MIN, int64_t end_ms = INT64_MAX) {
  const std::vector<std::vector<Matcher>> selectors{{Matcher::Equal("__name__", name)}};
  std::vector<std::string> ids;
  const auto found = queryable.SelectExemplars(start_ms, end_ms, selectors).value();
  for (const auto& series : found) {
    for (const Exemplar& exemplar : series.exemplars) {
      ids.emplace_back(exemplar.labels.Get("trace_id"));
    }
  }
  return ids;
}

class ExemplarStorageTest : public testing::Test {
 protected:
  std::string Add(const std::string& series, const Exemplar& exemplar, int64_t window_ms = 0) {
    const Status status = storage_.Add(Named(series), exemplar, window_ms);
    return status ? "" : status.error().message();
  }

  telemetry::Registry registry_;
  ExemplarMetrics metrics_{registry_};
  ExemplarStorage storage_{metrics_, 4};
};

TEST_F(ExemplarStorageTest, ErrorsCarryUpstreamsTexts) {
  ASSERT_EQ(Add("a", Trace("1", 1000)), "");
  EXPECT_EQ(Add("a", Trace("1", 1000)), "duplicate exemplar");
  EXPECT_EQ(Add("a", Trace("2", 999)), "out of order exemplar");
  EXPECT_EQ(Add("a", Trace("2", 1000, 0.5)), "out of order exemplar") << "of one time, by value";
  EXPECT_EQ(Add("a", Trace("2", 1000, 2)), "");
  EXPECT_EQ(Add("a", Trace(std::string(121, 'x'), 2000)),
            "label length for exemplar exceeds maximum of 128 UTF-8 characters");
  std::string umlauts;
  for (int i = 0; i < 120; ++i) umlauts += "ü";
  EXPECT_EQ(Add("a", Trace(umlauts, 2000)), "") << "characters count, not bytes";
  EXPECT_EQ(metrics_.out_of_order.value(), 2);
  EXPECT_EQ(metrics_.appended.value(), 3);
  storage_.Resize(0);
  EXPECT_EQ(Add("a", Trace("9", 9000)),
            "exemplar storage is disabled or max exemplars is less than or equal to 0");
}

TEST_F(ExemplarStorageTest, TheOldestMakesRoomAndItsSeriesIsForgottenWithItsLast) {
  for (int i = 1; i <= 4; ++i) ASSERT_EQ(Add("a", Trace(std::to_string(i), i * 1000)), "");
  for (int i = 5; i <= 7; ++i) ASSERT_EQ(Add("b", Trace(std::to_string(i), i * 1000)), "");
  EXPECT_THAT(Find(storage_, "a"), ElementsAre("4"));
  EXPECT_THAT(Find(storage_, "b"), ElementsAre("5", "6", "7"));
  EXPECT_EQ(metrics_.series_in_storage.value(), 2);
  EXPECT_EQ(metrics_.oldest_seconds.value(), 4);
  ASSERT_EQ(Add("b", Trace("8", 8000)), "");
  EXPECT_EQ(metrics_.series_in_storage.value(), 1);
  EXPECT_THAT(Find(storage_, "b", 6000, 7000), ElementsAre("6", "7"));
}

TEST_F(ExemplarStorageTest, WithinTheWindowTheyAreSortedByTime) {
  ASSERT_EQ(Add("a", Trace("3", 3000), 2000), "");
  ASSERT_EQ(Add("a", Trace("1", 1000), 2000), "");
  ASSERT_EQ(Add("a", Trace("2", 2000), 2000), "");
  EXPECT_EQ(Add("a", Trace("0", 999), 2000), "out of order exemplar");
  EXPECT_THAT(Find(storage_, "a"), ElementsAre("1", "2", "3"));
}

TEST_F(ExemplarStorageTest, ResizingKeepsTheNewest) {
  for (int i = 1; i <= 6; ++i) ASSERT_EQ(Add("a", Trace(std::to_string(i), i * 1000)), "");
  storage_.Resize(2);
  EXPECT_THAT(Find(storage_, "a"), ElementsAre("5", "6"));
  storage_.Resize(5);
  for (int i = 7; i <= 10; ++i) ASSERT_EQ(Add("a", Trace(std::to_string(i), i * 1000)), "");
  EXPECT_THAT(Find(storage_, "a"), ElementsAre("6", "7", "8", "9", "10"));
  EXPECT_EQ(metrics_.max_exemplars.value(), 5);
}

TEST_F(ExemplarStorageTest, RandomAddsAndResizesAgreeWithAModel) {
  std::mt19937_64 random(7);
  std::vector<std::pair<std::string, std::string>> model;  // Series and id, oldest first.
  size_t room = 4;
  for (int i = 0; i < 5000; ++i) {
    if (random() % 50 == 0) {
      room = 1 + random() % 20;
      storage_.Resize(room);
    }
    const std::string series = "s" + std::to_string(random() % 6);
    const std::string id = std::to_string(i);
    ASSERT_EQ(Add(series, Trace(id, i)), "");
    model.emplace_back(series, id);
    while (model.size() > room) model.erase(model.begin());
    const std::string asked = "s" + std::to_string(random() % 6);
    std::vector<std::string> expected;
    for (const auto& [one, its_id] : model) {
      if (one == asked) expected.push_back(its_id);
    }
    ASSERT_EQ(Find(storage_, asked), expected) << "step " << i;
  }
}

TEST(HeadExemplarTest, BothAppendersStoreThemAtCommitAndTheySurviveARestart) {
  LoggedHead logged({.max_exemplars = 10});
  auto appender = logged.head->MakeAppender();
  EXPECT_EQ(appender->AppendExemplar(7, Named("a"), Trace("1", 1000)).error().message(),
            "unknown HeadSeriesRef when trying to add exemplar: 7");
  const auto ref = appender->Append(0, Named("a"), 1000, 1).value();
  ASSERT_TRUE(appender->AppendExemplar(ref, Labels(), Trace("1", 1000)).ok());
  EXPECT_TRUE(Find(logged.head->exemplars(), "a").empty());
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_TRUE(appender->AppendExemplar(ref, Labels(), Trace("1", 1000)).ok()) << "no error";
  auto row = logged.head->MakeRowAppender();
  const auto slot = row->SlotOf(Named("b")).value();
  row->BeginRow(2000);
  ASSERT_TRUE(row->Set(slot, 1));
  const std::vector<Exemplar> exemplars{Trace("2", 1500), Trace("3", 1600)};
  EXPECT_EQ(row->AddExemplars(slot, exemplars), 0u);
  ASSERT_TRUE(row->CommitRow().ok());
  row->BeginRow(3000);
  ASSERT_TRUE(row->Set(slot, 1));
  EXPECT_EQ(row->AddExemplars(slot, exemplars), 1u) << "the first is old, the second known";
  ASSERT_TRUE(row->CommitRow().ok());
  EXPECT_THAT(Find(logged.head->exemplars(), "b"), ElementsAre("2", "3"));
  row.reset();
  appender.reset();
  logged.Restart();
  EXPECT_THAT(Find(logged.head->exemplars(), "a"), ElementsAre("1"));
  EXPECT_THAT(Find(logged.head->exemplars(), "b"), ElementsAre("2", "3"));
}

TEST(HeadMetadataTest, TheLatestOfEachSeriesIsKeptAndSurvivesARestart) {
  LoggedHead logged;
  const MetricMetadata first{MetricType::kCounter, "Requests.", "seconds"};
  const MetricMetadata second{MetricType::kGauge, "Others.", ""};
  auto appender = logged.head->MakeAppender();
  EXPECT_FALSE(appender->SetMetadata(0, Named("a"), first).ok()) << "no such series";
  const auto ref = appender->Append(0, Named("a"), 1000, 1).value();
  ASSERT_TRUE(appender->SetMetadata(ref, Labels(), second).ok());
  ASSERT_TRUE(appender->Commit().ok());
  ASSERT_TRUE(appender->SetMetadata(ref, Labels(), first).ok());
  ASSERT_TRUE(appender->Commit().ok());
  auto row = logged.head->MakeRowAppender();
  const auto slot = row->SlotOf(Named("b")).value();
  row->BeginRow(2000);
  row->Set(slot, 1);
  row->SetMetadata(slot, first);
  ASSERT_TRUE(row->CommitRow().ok());
  row.reset();
  appender.reset();
  const Matcher any = AnySeries();
  for (int i = 0; i < 2; ++i) {
    const auto found = logged.head->MetadataOf(std::span(&any, 1));
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].metadata, first);
    EXPECT_EQ(found[1].metadata, first);
    logged.Restart();
  }
}

}  // namespace
}  // namespace tocsin::tsdb
