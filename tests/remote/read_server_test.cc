#include "remote/read_server.h"

#include <gmock/gmock.h>

#include <protozero/pbf_reader.hpp>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/varint.h"
#include "read_client.h"
#include "request_builder.h"
#include "support/memory_storage.h"

namespace tocsin::remote {
namespace {

using testing::HasSubstr;

class ReadServerTest : public testing::Test {
 protected:
  ReadServerTest() {
    for (const char* job : {"b", "a"}) {
      for (int i = 0; i < 5; ++i) {
        storage_.Put({{"__name__", "up"}, {"job", job}}, 1000 * i, i);
      }
    }
    storage_.Put({{"__name__", "zone"}, {"zone", "own"}}, 1000, 1);
  }
  ReadAnswer Ask(const std::string& request) { return server_.Answer(Snappy(request), nullptr); }

  support::MemoryStorage storage_;
  ChunkedStorage chunked_{storage_};
  telemetry::Registry registry_;
  Labels external_{{"zone", "ie"}};
  ReadServerOptions options_;
  ReadServer server_{chunked_, [this] { return external_; }, registry_, options_};
};

const QueryMatchers kUp = {{0, "__name__", "up"}};

TEST_F(ReadServerTest, SamplesComeSortedInRangeWithExternalLabels) {
  const ReadAnswer answer = Ask(ReadRequestBytes({{1000, 2000, kUp}}));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.content_type, "application/x-protobuf");
  EXPECT_EQ(answer.content_encoding, "snappy");
  EXPECT_EQ(SamplesText(answer.body),
            "query\n"
            "__name__=up job=a zone=ie 1@1000 2@2000\n"
            "__name__=up job=b zone=ie 1@1000 2@2000\n");
}

TEST_F(ReadServerTest, OwnLabelsWinOverExternalOnes) {
  const QueryMatchers zone = {{0, "__name__", "zone"}};
  EXPECT_EQ(SamplesText(Ask(ReadRequestBytes({{0, 9000, zone}})).body),
            "query\n__name__=zone zone=own 1@1000\n");
}

TEST_F(ReadServerTest, MatchersOfExternalLabelsAreMetByAll) {
  QueryMatchers matchers = {{0, "__name__", "up"}, {0, "zone", "ie"}, {2, "job", "a|c"}};
  EXPECT_EQ(SamplesText(Ask(ReadRequestBytes({{0, 0, matchers}})).body),
            "query\n__name__=up job=a zone=ie 0@0\n");
  matchers[1] = {0, "zone", "elsewhere"};
  EXPECT_EQ(SamplesText(Ask(ReadRequestBytes({{0, 0, matchers}})).body), "query\n");
}

TEST_F(ReadServerTest, EachQueryHasItsResult) {
  const QueryMatchers none = {{0, "__name__", "nothing"}};
  const QueryMatchers not_a = {{0, "__name__", "up"}, {1, "job", "a"}};
  const QueryMatchers not_like_b = {{0, "__name__", "up"}, {3, "job", "b.*"}};
  EXPECT_EQ(
      SamplesText(Ask(ReadRequestBytes({{0, 0, none}, {0, 0, not_a}, {0, 0, not_like_b}})).body),
      "query\nquery\n__name__=up job=b zone=ie 0@0\nquery\n__name__=up job=a zone=ie 0@0\n");
}

TEST_F(ReadServerTest, HintsNarrowTheRange) {
  EXPECT_EQ(SamplesText(Ask(ReadRequestBytes({{0, 4000, kUp, {{2000, 3000}}}})).body),
            "query\n"
            "__name__=up job=a zone=ie 2@2000 3@3000\n"
            "__name__=up job=b zone=ie 2@2000 3@3000\n");
}

TEST_F(ReadServerTest, HistogramsAreSentAsFloats) {
  auto histogram = std::make_shared<FloatHistogram>();
  histogram->count = 4.5;
  storage_.PutHistogram({{"__name__", "h"}}, 7000, histogram);
  const QueryMatchers h = {{0, "__name__", "h"}};
  EXPECT_EQ(SamplesText(Ask(ReadRequestBytes({{0, 9000, h}})).body),
            "query\n__name__=h zone=ie histogram(4.5)@7000\n");
}

TEST_F(ReadServerTest, SampleLimitRefuses) {
  options_.sample_limit = 9;
  ReadServer server(chunked_, nullptr, registry_, options_);
  const ReadAnswer answer = server.Answer(Snappy(ReadRequestBytes({{0, 9000, kUp}})), nullptr);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "exceeded sample limit (9)\n");
}

TEST_F(ReadServerTest, ChunksComeInFramesASeriesAtATime) {
  const QueryMatchers zone = {{0, "__name__", "zone"}};
  const ReadAnswer answer =
      Ask(ReadRequestBytes({{0, 9000, kUp}, {0, 9000, zone}}, {kStreamedChunks, kSamplesType}));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.content_type,
            "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  EXPECT_EQ(answer.content_encoding, "");
  EXPECT_EQ(FramesText(ReadAll(answer)),
            "0 __name__=up job=a zone=ie 1:0-1000 1:2000-3000 1:4000-4000\n"
            "0 __name__=up job=b zone=ie 1:0-1000 1:2000-3000 1:4000-4000\n"
            "1 __name__=zone zone=own 1:1000-1000\n");
}

TEST_F(ReadServerTest, FramesAreCutAtTheirLimit) {
  options_.max_bytes_in_frame = 50;  // Labels and a chunk have less, two chunks more.
  ReadServer server(chunked_, nullptr, registry_, options_);
  const std::string request =
      ReadRequestBytes({{0, 9000, {{0, "__name__", "up"}, {0, "job", "a"}}}}, {kStreamedChunks});
  EXPECT_EQ(FramesText(ReadAll(server.Answer(Snappy(request), nullptr))),
            "0 __name__=up job=a 1:0-1000 1:2000-3000\n0 __name__=up job=a 1:4000-4000\n");
}

TEST_F(ReadServerTest, StorageWithoutChunksFallsBackToSamples) {
  ReadServer server(storage_, nullptr, registry_, options_);
  const QueryMatchers zone = {{0, "__name__", "zone"}};
  const auto ask = [&](std::vector<int> types) {
    return server.Answer(Snappy(ReadRequestBytes({{0, 9000, zone}}, types)), nullptr);
  };
  EXPECT_EQ(SamplesText(ask({kStreamedChunks, kSamplesType}).body),
            "query\n__name__=zone zone=own 1@1000\n");
  EXPECT_EQ(ask({kStreamedChunks}).status, 500);
}

TEST_F(ReadServerTest, ErrorInTheMiddleOfAStreamIsNoGoodEnd) {
  for (int i = 0; i < 2000; ++i) {
    storage_.Put({{"__name__", "up"}, {"job", "x" + std::to_string(i)}}, 1000, 1);
  }
  chunked_.fails_after = 1500;
  const ReadAnswer answer = Ask(ReadRequestBytes({{0, 9000, kUp}}, {kStreamedChunks}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(FramesText(ReadAll(answer)), HasSubstr("broken frame"));
}

TEST_F(ReadServerTest, ErrorBeforeTheFirstFrameIsAnAnswer) {
  chunked_.fails_after = 0;
  const ReadAnswer answer = Ask(ReadRequestBytes({{0, 9000, kUp}}, {kStreamedChunks}));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "block is corrupt\n");
}

TEST_F(ReadServerTest, RefusesWhatItCannotRead) {
  EXPECT_EQ(server_.Answer("not snappy", nullptr).status, 400);
  EXPECT_EQ(Ask("\x0a\x05\x01").body, "unexpected EOF\n");
  EXPECT_EQ(Ask(ReadRequestBytes({{0, 0, {{9, "a", "b"}}}})).body, "invalid matcher type\n");
  EXPECT_EQ(Ask(ReadRequestBytes({{0, 0, {{2, "a", "("}}}})).status, 400);
  EXPECT_EQ(Ask(ReadRequestBytes({}, {7, 9})).body,
            "server does not support any of the requested response types: [7 9]; supported: "
            "map[SAMPLES:{} STREAMED_XOR_CHUNKS:{}]\n");
}

TEST_F(ReadServerTest, RequestCutAtAnyByteIsRefusedOrShorter) {
  const std::string whole =
      ReadRequestBytes({{1000, 2000, kUp, {{1000, 2000}}}}, {kStreamedChunks, kSamplesType});
  for (size_t size = 0; size < whole.size(); ++size) {
    const ReadAnswer answer = Ask(whole.substr(0, size));
    EXPECT_TRUE(answer.status == 200 || answer.body == "unexpected EOF\n") << size << answer.body;
  }
}

TEST_F(ReadServerTest, WaitingForAPlaceEndsWithTheRequest) {
  options_.concurrent_limit = 1;
  ReadServer server(chunked_, nullptr, registry_, options_);
  const std::string request = Snappy(ReadRequestBytes({{0, 9000, kUp}}, {kStreamedChunks}));
  {
    const ReadAnswer holds_the_place = server.Answer(request, nullptr);
    ManualClock clock;
    CancelToken cancel(clock);
    cancel.Cancel();
    const ReadAnswer refused = server.Answer(request, &cancel);
    EXPECT_EQ(refused.status, 500);
    EXPECT_EQ(refused.body, "context canceled\n");
    EXPECT_EQ(registry_.AddGauge("prometheus_remote_read_handler_queries", "").value(), 1);
  }
  EXPECT_EQ(server.Answer(request, nullptr).status, 200);
}

}  // namespace
}  // namespace tocsin::remote
