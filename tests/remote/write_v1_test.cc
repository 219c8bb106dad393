#include <gmock/gmock.h>

#include "remote/histogram_message.h"
#include "write_fixture.h"

namespace tocsin::remote {
namespace {

using testing::ElementsAre;

class WriteV1Test : public WriteFixture {};

const LabelPairs kUp = {{"__name__", "up"}, {"job", "a"}};
const LabelPairs kDown = {{"__name__", "down"}, {"job", "a"}};
const Labels kUpLabels{{"__name__", "up"}, {"job", "a"}};

TEST_F(WriteV1Test, StoresSamplesOfAllSeries) {
  const WriteAnswer answer =
      SendV1({FloatSeries(kUp, {{1000, 1}, {2000, 0}}), FloatSeries(kDown, {{1000, 2.5}})});
  EXPECT_EQ(answer.status, 204) << answer.text;
  EXPECT_EQ(answer.text, "");
  EXPECT_EQ(
      storage_.Text(),
      "{__name__=\"down\", job=\"a\"} 2.5@1000\n{__name__=\"up\", job=\"a\"} 1@1000 0@2000\n");
}

TEST_F(WriteV1Test, StoresMoreSeriesThanABatch) {
  std::string request;
  protozero::pbf_writer writer(request);
  for (int i = 0; i < 1000; ++i) {
    writer.add_message(
        1, FloatSeries({{"__name__", "m"}, {"i", std::to_string(i)}}, {{i, i}}).bytes());
  }
  EXPECT_EQ(receiver_.Receive(kV1, "snappy", Snappy(request)).status, 204);
  for (int i = 0; i < 1000; ++i) {
    const auto* series = storage_.Find({{"__name__", "m"}, {"i", std::to_string(i)}});
    ASSERT_NE(series, nullptr) << i;
    EXPECT_EQ(series->points.at(0).timestamp_ms, i);
  }
}

TEST_F(WriteV1Test, LabelsOfAKnownSeriesAreNotDecodedAgain) {
  SendV1({FloatSeries(kUp, {{1000, 1}})});
  EXPECT_EQ(storage_.appends_with_labels, 1);
  SendV1({FloatSeries(kUp, {{2000, 1}})});
  SendV1({FloatSeries(kUp, {{3000, 1}, {4000, 1}})});
  EXPECT_EQ(storage_.appends_with_labels, 1);
  EXPECT_EQ(storage_.Find(kUpLabels)->points.size(), 4u);
}

TEST_F(WriteV1Test, SeriesThatStorageForgotIsNamedAgain) {
  SendV1({FloatSeries(kUp, {{1000, 1}})});
  storage_.ForgetRefs();
  EXPECT_EQ(SendV1({FloatSeries(kUp, {{2000, 1}})}).status, 204);
  EXPECT_EQ(storage_.appends_with_labels, 2);
  EXPECT_EQ(SendV1({FloatSeries(kUp, {{3000, 1}})}).status, 204);
  EXPECT_EQ(storage_.appends_with_labels, 2);
  EXPECT_EQ(storage_.Find(kUpLabels)->points.size(), 3u);
}

TEST_F(WriteV1Test, LabelsMayComeInAnyOrderAndPlace) {
  SeriesV1 series(LabelPairs{{"job", "a"}});
  series.Sample(1000, 1).Label("__name__", "up");
  EXPECT_EQ(SendV1({series}).status, 204);
  EXPECT_EQ(storage_.Text(), "{__name__=\"up\", job=\"a\"} 1@1000\n");
}

TEST_F(WriteV1Test, EmptyLabelValuesAreNoLabels) {
  SendV1({FloatSeries({{"__name__", "up"}, {"job", ""}}, {{1000, 1}})});
  EXPECT_EQ(storage_.Text(), "{__name__=\"up\"} 1@1000\n");
}

TEST_F(WriteV1Test, LongLabelsAreKept) {
  const std::string value(300, 'x');
  SendV1({FloatSeries({{"__name__", "up"}, {"path", value}}, {{1000, 1}})});
  EXPECT_NE(storage_.Find({{"__name__", "up"}, {"path", value}}), nullptr);
}

TEST_F(WriteV1Test, SeriesWithInvalidLabelsAreLeftOut) {
  const WriteAnswer answer =
      SendV1({FloatSeries({{"job", "a"}}, {{1000, 1}}),
              FloatSeries({{"__name__", "a"}, {"", "b"}}, {{1000, 1}}),
              FloatSeries({{"__name__", "a"}, {"b", "\xff"}}, {{1000, 1}}),
              FloatSeries({{"__name__", ""}, {"b", "c"}}, {{1000, 1}}),
              FloatSeries({{"__name__", "a"}, {"b", "1"}, {"b", "2"}}, {{1000, 1}}),
              FloatSeries(kUp, {{1000, 1}})});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(storage_.Text(), "{__name__=\"up\", job=\"a\"} 1@1000\n");
  EXPECT_EQ(InvalidLabels(), 5);
}

TEST_F(WriteV1Test, OneRefusedSampleRollsAllBack) {
  SendV1({FloatSeries(kUp, {{5000, 1}})});
  const auto send = [&](int64_t timestamp_ms, double value) {
    return SendV1({FloatSeries(kDown, {{6000, 1}}), FloatSeries(kUp, {{timestamp_ms, value}})});
  };
  EXPECT_EQ(send(4000, 1).status, 400);
  EXPECT_EQ(send(4000, 1).text, "out of order sample\n");
  EXPECT_EQ(send(5000, 2).text, "duplicate sample for timestamp\n");
  EXPECT_EQ(send(1'600'001, 2).text, "out of bounds: timestamp is too far in the future\n");
  EXPECT_EQ(storage_.rollbacks, 4);
  EXPECT_EQ(storage_.Text(), "{__name__=\"up\", job=\"a\"} 1@5000\n");
  EXPECT_EQ(send(1'600'000, 2).status, 204);
}

TEST_F(WriteV1Test, OtherErrorsAreTheServersAndCanBeRetried) {
  storage_.refusals.emplace(kUpLabels, Error(ErrorCode::kUnavailable, "disk full"));
  const WriteAnswer refused = SendV1({FloatSeries(kDown, {{1, 1}}), FloatSeries(kUp, {{1, 1}})});
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.text, "disk full\n");
  EXPECT_EQ(storage_.Text(), "");
  storage_.refusals.clear();
  storage_.next_commit = Error(ErrorCode::kUnavailable, "write log: no space");
  EXPECT_EQ(SendV1({FloatSeries(kUp, {{1, 1}})}).text, "write log: no space\n");
  storage_.next_commit = {};
  EXPECT_EQ(SendV1({FloatSeries(kUp, {{1, 1}})}).status, 204);
}

TEST_F(WriteV1Test, NewSeriesAboveALimitDoNotStopTheOthers) {
  storage_.refusals.emplace(kUpLabels, Error(ErrorCode::kTooLarge, "too many series (limit 1)"));
  const WriteAnswer answer = SendV1({FloatSeries(kUp, {{1, 1}}), FloatSeries(kDown, {{1, 1}})});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.text, "too many series (limit 1)\n");
  EXPECT_EQ(storage_.Text(), "{__name__=\"down\", job=\"a\"} 1@1\n");
}

TEST_F(WriteV1Test, StoresHistogramsOfBothKinds) {
  Histogram integers;
  integers.schema = 3;
  integers.count = 7;
  integers.sum = 1.5;
  integers.zero_threshold = 0.001;
  integers.zero_count = 1;
  integers.positive_spans = {{-2, 2}, {1, 1}};
  integers.positive_deltas = {1, 1, 0};
  FloatHistogram floats;
  floats.schema = FloatHistogram::kCustomBucketsSchema;
  floats.count = 3.5;
  floats.custom_values = {0.5, 1};
  floats.positive_spans = {{0, 2}};
  floats.positive_buckets = {1.5, 2};
  floats.counter_reset_hint = CounterResetHint::kGauge;
  std::string first;
  std::string second;
  EncodeHistogram(1000, integers, first);
  EncodeHistogram(2000, floats, second);
  SeriesV1 series(kUp);
  series.Histogram(first).Histogram(second);
  EXPECT_EQ(SendV1({series}).status, 204);

  const auto& points = storage_.Find(kUpLabels)->points;
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].timestamp_ms, 1000);
  const auto& stored = std::get<Histogram>(points[0].value);
  EXPECT_EQ(stored.schema, 3);
  EXPECT_EQ(stored.count, 7u);
  EXPECT_EQ(stored.sum, 1.5);
  EXPECT_EQ(stored.zero_threshold, 0.001);
  EXPECT_EQ(stored.zero_count, 1u);
  EXPECT_EQ(stored.positive_spans, integers.positive_spans);
  EXPECT_EQ(stored.positive_deltas, integers.positive_deltas);
  const auto& stored_floats = std::get<FloatHistogram>(points[1].value);
  EXPECT_EQ(stored_floats.schema, FloatHistogram::kCustomBucketsSchema);
  EXPECT_EQ(stored_floats.count, 3.5);
  EXPECT_EQ(stored_floats.custom_values, floats.custom_values);
  EXPECT_EQ(stored_floats.positive_buckets, floats.positive_buckets);
  EXPECT_EQ(stored_floats.counter_reset_hint, CounterResetHint::kGauge);
}

TEST_F(WriteV1Test, ExemplarsComeAfterTheSamplesAndNeverFail) {
  SeriesV1 series(kUp);
  series.Exemplar({{"trace_id", "x"}}, 900, 0.5).Exemplar({{"trace_id", "y"}}, 800, 0.25);
  series.Sample(1000, 1);
  EXPECT_EQ(SendV1({series}).status, 204);
  const auto& exemplars = storage_.Find(kUpLabels)->exemplars;
  ASSERT_EQ(exemplars.size(), 1u);  // The second is out of order.
  EXPECT_EQ(exemplars[0].labels, (Labels{{"trace_id", "x"}}));
  EXPECT_EQ(exemplars[0].value, 0.5);
  EXPECT_EQ(exemplars[0].timestamp_ms, 900);
  EXPECT_TRUE(exemplars[0].has_timestamp);
}

TEST_F(WriteV1Test, CutAtAnyByteStoresAllOrNothing) {
  SeriesV1 with_exemplar(kDown);
  with_exemplar.Sample(1000, 1).Exemplar({{"a", "b"}}, 1000, 1);
  const std::string whole = RequestV1({FloatSeries(kUp, {{1000, 1}}), with_exemplar});
  const size_t first_size = RequestV1({FloatSeries(kUp, {{1000, 1}})}).size();
  for (size_t size = 0; size < whole.size(); ++size) {
    RecordingStorage storage;
    WriteReceiver receiver(storage, clock_, logger_, registry_, {});
    const WriteAnswer answer = receiver.Receive(kV1, "snappy", Snappy(whole.substr(0, size)));
    if (size == 0 || size == first_size) {
      EXPECT_EQ(answer.status, 204) << size;
    } else {
      EXPECT_EQ(answer.status, 400) << size;
      EXPECT_EQ(answer.text, "unexpected EOF\n") << size;
      EXPECT_EQ(storage.Text(), "") << size;
    }
  }
}

}  // namespace
}  // namespace tocsin::remote
