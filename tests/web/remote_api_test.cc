#include "web/remote_api.h"

#include <gmock/gmock.h>

#include "base/clock.h"
#include "base/compression.h"
#include "base/log.h"
#include "support/memory_storage.h"
#include "telemetry/registry.h"

namespace tocsin::web {
namespace {

class RemoteApiTest : public testing::Test {
 protected:
  RemoteApiTest() { Register({&writes_, &reads_}); }

  void Register(RemoteApiDependencies dependencies) {
    router_ = http::Router();
    ApiRoutes routes(router_, {Regex(), [this] { return is_ready_; }});
    AddRemoteRoutes(routes, dependencies);
  }
  http::Response Post(const std::string& path, const std::string& message,
                      http::Fields headers = {}) {
    http::Request request;
    request.method = "POST";
    request.path = request.raw_path = path;
    request.headers = std::move(headers);
    SnappyCompress(message, request.body);
    http::Response response;
    router_.Dispatch(request, response);
    return response;
  }

  bool is_ready_ = true;
  support::MemoryStorage storage_;
  ManualClock clock_{1'000'000};
  NullLogger logger_;
  telemetry::Registry registry_;
  remote::WriteReceiver writes_{storage_, clock_, logger_, registry_, {}};
  remote::ReadServer reads_{storage_, nullptr, registry_, {}};
  http::Router router_;
};

const http::Fields kV2 = {
    {"Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"}};

// timeseries { labels {name: "__name__" value: "up"} samples {timestamp: 5} }
const std::string kUpV1 = "\x0a\x14\x0a\x0e\x0a\x08__name__\x12\x02up\x12\x02\x10\x05";
// symbols "" "__name__" "up", timeseries { labels_refs [1 2] samples {timestamp: 5} }
const std::string kUpV2(
    "\x22\x00\x22\x08__name__\x22\x02up\x2a\x08\x0a\x02\x01\x02\x12\x02\x10\x05", 26);

TEST_F(RemoteApiTest, WritesAreAnsweredWithoutABodyAndCounted) {
  const http::Response response = Post("/api/v1/write", kUpV2, kV2);
  EXPECT_EQ(response.status, 204) << response.body;
  EXPECT_EQ(response.body, "");
  const auto header = [&](const char* name) { return http::FindHeader(response.headers, name); };
  EXPECT_EQ(header("X-Prometheus-Remote-Write-Samples-Written"), "1");
  EXPECT_EQ(header("X-Prometheus-Remote-Write-Histograms-Written"), "0");
  EXPECT_EQ(header("X-Prometheus-Remote-Write-Exemplars-Written"), "0");
  EXPECT_EQ(storage_.SamplesOf(Labels{{"__name__", "up"}}).size(), 1u);
}

TEST_F(RemoteApiTest, RefusalsArePlainText) {
  const http::Response response = Post("/api/v1/write", kUpV1 + "\x0a", {});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "unexpected EOF\n");
  EXPECT_EQ(http::FindHeader(response.headers, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(Post("/api/v1/write", "", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(Post("/api/v1/write", "", {{"Content-Encoding", "gzip"}}).status, 415);
}

TEST_F(RemoteApiTest, ReadsAnswerSamples) {
  storage_.Put(Labels{{"__name__", "up"}}, 5, 1);
  // queries { end_timestamp_ms: 9 matchers { name: "__name__" value: "up" } }
  const std::string query("\x0a\x12\x10\x09\x1a\x0e\x12\x08__name__\x1a\x02up", 20);
  const http::Response response = Post("/api/v1/read", query);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(http::FindHeader(response.headers, "Content-Type"), "application/x-protobuf");
  EXPECT_EQ(http::FindHeader(response.headers, "Content-Encoding"), "snappy");
  std::string body;
  ASSERT_TRUE(SnappyDecompress(response.body, 1000, body));
  EXPECT_THAT(body, testing::HasSubstr("__name__"));
}

TEST_F(RemoteApiTest, WhatIsSwitchedOffSaysHowToSwitchItOn) {
  Register({nullptr, &reads_});
  EXPECT_EQ(Post("/api/v1/write", "").status, 404);
  EXPECT_EQ(Post("/api/v1/write", "").body,
            "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n");
  EXPECT_EQ(Post("/api/v1/otlp/v1/metrics", "").status, 404);
}

TEST_F(RemoteApiTest, AllIsClosedUntilStorageIsReady) {
  is_ready_ = false;
  for (const char* path : {"/api/v1/write", "/api/v1/read", "/api/v1/otlp/v1/metrics"}) {
    EXPECT_EQ(Post(path, "").status, 503) << path;
  }
}

}  // namespace
}  // namespace tocsin::web
