#include <gmock/gmock.h>

#include "remote/histogram_message.h"
#include "write_fixture.h"

namespace tocsin::remote {
namespace {

class WriteV2Test : public WriteFixture {};

const LabelPairs kUp = {{"__name__", "up"}, {"job", "a"}};
const LabelPairs kDown = {{"__name__", "down"}, {"job", "a"}};
const Labels kUpLabels{{"__name__", "up"}, {"job", "a"}};

TEST_F(WriteV2Test, StoresSamplesAndCountsThem) {
  RequestV2 request;
  request.AddFloats(kUp, {{1000, 1}, {2000, 0}});
  request.AddFloats(kDown, {{1000, 2.5}});
  const WriteAnswer answer = SendV2(request);
  EXPECT_EQ(answer.status, 204) << answer.text;
  EXPECT_EQ(answer.written.samples, 3u);
  EXPECT_EQ(
      storage_.Text(),
      "{__name__=\"down\", job=\"a\"} 2.5@1000\n{__name__=\"up\", job=\"a\"} 1@1000 0@2000\n");
}

TEST_F(WriteV2Test, KnownSeriesAreFoundWhereverTheirSymbolsLie) {
  RequestV2 first;
  first.AddFloats(kUp, {{1000, 1}});
  SendV2(first);
  RequestV2 second;
  second.RefOf("moves all others");
  second.AddFloats(kUp, {{2000, 1}});
  EXPECT_EQ(SendV2(second).status, 204);
  EXPECT_EQ(storage_.appends_with_labels, 1);
  EXPECT_EQ(storage_.Find(kUpLabels)->points.size(), 2u);
}

TEST_F(WriteV2Test, SeriesWithSymbolsInOtherPlacesAreNotMixedUp) {
  RequestV2 first;
  first.AddFloats({{"__name__", "a"}, {"x", "y"}}, {{1000, 1}});
  SendV2(first);
  RequestV2 second;
  second.AddFloats({{"__name__", "a"}, {"y", "x"}}, {{1000, 2}});
  SendV2(second);
  EXPECT_EQ(storage_.Text(),
            "{__name__=\"a\", x=\"y\"} 1@1000\n{__name__=\"a\", y=\"x\"} 2@1000\n");
}

TEST_F(WriteV2Test, MetadataIsStoredOnceAndWhenItChanges) {
  for (const auto& [timestamp_ms, help] :
       {std::pair{1000, "Old."}, {2000, "Old."}, {3000, "New."}}) {
    RequestV2 request;
    request.AddFloats(kUp, {{timestamp_ms, 1}}, {1, help, "seconds"});
    EXPECT_EQ(SendV2(request).status, 204);
  }
  const auto& metadata = storage_.Find(kUpLabels)->metadata;
  ASSERT_EQ(metadata.size(), 2u);
  EXPECT_EQ(metadata[0], (MetricMetadata{MetricType::kCounter, "Old.", "seconds"}));
  EXPECT_EQ(metadata[1].help, "New.");
  EXPECT_EQ(Counter("prometheus_api_remote_write_without_metadata_appended_samples_total"), 0);
  RequestV2 request;
  request.AddFloats(kDown, {{1000, 1}});
  SendV2(request);
  EXPECT_EQ(Counter("prometheus_api_remote_write_without_metadata_appended_samples_total"), 1);
}

TEST_F(WriteV2Test, RefusedSamplesAreListedAndTheRestIsStored) {
  RequestV2 before;
  before.AddFloats(kUp, {{5000, 1}});
  SendV2(before);
  RequestV2 request;
  request.AddFloats(kUp, {{4000, 1}, {5000, 2}, {6000, 3}});
  request.AddFloats(kDown, {{1'600'001, 1}, {1'600'000, 1}});
  const WriteAnswer answer = SendV2(request);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.text,
            "out of order sample for series {__name__=\"up\", job=\"a\"}\n"
            "duplicate sample for timestamp for series {__name__=\"up\", job=\"a\"}\n"
            "out of bounds: timestamp is too far in the future for series "
            "{__name__=\"down\", job=\"a\"}\n");
  EXPECT_EQ(answer.written.samples, 2u);
  EXPECT_EQ(
      storage_.Text(),
      "{__name__=\"down\", job=\"a\"} 1@1600000\n{__name__=\"up\", job=\"a\"} 1@5000 3@6000\n");
}

TEST_F(WriteV2Test, BadSeriesAreListedAndTheRestIsStored) {
  RequestV2 request;
  RequestV2::Series odd;
  odd.refs = {1, 2, 3};
  odd.samples = {SampleBytes(1000, 1)};
  request.Add(odd);
  RequestV2::Series outside;
  outside.refs = {1, 999};
  outside.samples = {SampleBytes(1000, 1), SampleBytes(2000, 1)};
  request.Add(outside);
  request.AddFloats({{"job", "a"}}, {{1000, 1}});
  request.AddFloats({{"__name__", "m"}, {"x", "1"}, {"x", "2"}}, {{1000, 1}});
  request.AddFloats({{"__name__", "empty"}}, {});
  request.AddFloats(kUp, {{1000, 1}});
  const WriteAnswer answer = SendV2(request);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(
      answer.text,
      "parsing labels for series [1 2 3]: invalid labelRefs length 3\n"
      "parsing labels for series [1 999]: labelRefs 1 (name) = 999 (value) outside of symbols "
      "table (size 10)\n"
      "invalid metric name or labels, got {job=\"a\"}\n"
      "invalid labels for series, labels {__name__=\"m\", x=\"1\", x=\"2\"}, duplicated label "
      "x\n"
      "TimeSeries must contain at least one sample or histogram for series "
      "{__name__=\"empty\"}\n");
  EXPECT_EQ(answer.written.samples, 1u);
  EXPECT_EQ(InvalidLabels(), 5);
  EXPECT_EQ(storage_.Text(), "{__name__=\"up\", job=\"a\"} 1@1000\n");
}

TEST_F(WriteV2Test, ManyRefusalsAreCounted) {
  RequestV2 request;
  for (int i = 0; i < 2000; ++i) request.AddFloats({{"no_name", std::to_string(i)}}, {{1000, 1}});
  const WriteAnswer answer = SendV2(request);
  EXPECT_EQ(answer.status, 400);
  EXPECT_LT(answer.text.size(), 20'000u);
  EXPECT_THAT(answer.text, testing::EndsWith(" more refused\n"));
}

TEST_F(WriteV2Test, ServerErrorsRollBackAndCountNothing) {
  storage_.refusals.emplace(kUpLabels, Error(ErrorCode::kUnavailable, "disk full"));
  RequestV2 request;
  request.AddFloats(kDown, {{1000, 1}});
  request.AddFloats(kUp, {{1000, 1}});
  const WriteAnswer answer = SendV2(request);
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.text, "disk full\n");
  EXPECT_EQ(answer.written.samples, 0u);
  EXPECT_EQ(storage_.Text(), "");
}

TEST_F(WriteV2Test, StoresHistogramsExemplarsAndStartTimes) {
  RequestV2 request;
  RequestV2::Series series;
  series.refs = request.Refs(kUp);
  series.samples = {SampleBytes(1000, 1, 500)};
  FloatHistogram histogram;
  histogram.count = 2;
  std::string message;
  EncodeHistogram(2000, histogram, message);
  protozero::pbf_writer(message).add_int64(17, 700);
  series.histograms = {message};
  series.exemplars = {request.ExemplarBytes({{"trace", "late"}}, 1900, 2),
                      request.ExemplarBytes({{"trace", "early"}}, 900, 1)};
  request.Add(series);
  const WriteAnswer answer = SendV2(request);
  EXPECT_EQ(answer.status, 204) << answer.text;
  EXPECT_EQ(answer.written.samples, 1u);
  EXPECT_EQ(answer.written.histograms, 1u);
  EXPECT_EQ(answer.written.exemplars, 2u);
  const auto* stored = storage_.Find(kUpLabels);
  EXPECT_EQ(stored->points[0].start_timestamp_ms, 500);
  EXPECT_EQ(stored->points[1].start_timestamp_ms, 700);
  EXPECT_EQ(stored->exemplars[0].labels, (Labels{{"trace", "early"}}));

  const WriteAnswer again = SendV2(request);
  EXPECT_EQ(again.status, 400);
  EXPECT_THAT(again.text, testing::HasSubstr("out of order exemplar for series"));
}

TEST_F(WriteV2Test, UnpackedReferencesAreRead) {
  std::string request;
  protozero::pbf_writer writer(request);
  for (const char* symbol : {"", "__name__", "up"}) writer.add_string(4, symbol);
  {
    protozero::pbf_writer series(writer, 5);
    series.add_uint32(1, 1);
    series.add_uint32(1, 2);
    series.add_message(2, SampleBytes(1000, 1));
  }
  EXPECT_EQ(receiver_.Receive(kV2, "snappy", Snappy(request)).status, 204);
  EXPECT_EQ(storage_.Text(), "{__name__=\"up\"} 1@1000\n");
}

TEST_F(WriteV2Test, CutAtAnyByteStoresAllOrNothing) {
  RequestV2 request;
  request.AddFloats(kUp, {{1000, 1}}, {1, "Help.", ""});
  request.AddFloats(kDown, {{1000, 1}});
  const std::string whole = request.Bytes();
  int successes = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    RecordingStorage storage;
    WriteReceiver receiver(storage, clock_, logger_, registry_, {});
    const WriteAnswer answer = receiver.Receive(kV2, "snappy", Snappy(whole.substr(0, size)));
    if (answer.status == 204) {
      ++successes;  // Cut between fields.
    } else {
      EXPECT_EQ(answer.status, 400) << size;
      EXPECT_EQ(storage.Text(), "") << size;
    }
  }
  EXPECT_EQ(successes, 9);  // Behind nothing, each of the 7 symbols, and the first series.
}

}  // namespace
}  // namespace tocsin::remote
