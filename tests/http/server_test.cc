#include "http/server.h"

#include <gmock/gmock.h>

#include "base/compression.h"
#include "http/server_fixture.h"

namespace tocsin::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ServerTest, AnswersOverOneConnectionManyTimes) {
  Start(Options());
  RawClient client(port());
  for (int i = 0; i < 200; ++i) {
    const RawResponse response = Get(client, "/hello");
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(response.body, "hello");
  }
}

TEST_F(ServerTest, SendsOnlyHeadersThatAreTrue) {
  Start(Options());
  RawClient client(port());
  const RawResponse response = Get(client, "/hello");
  EXPECT_EQ(response.Header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.Header("Content-Length"), "5");
  EXPECT_EQ(response.Header("Keep-Alive"), "");
  EXPECT_THAT(std::string(response.Header("Date")), HasSubstr(" GMT"));
}

TEST_F(ServerTest, ParsesQueryAndPath) {
  Start(Options());
  RawClient client(port());
  EXPECT_EQ(Get(client, "/echo?b=2&a=x+%20y").body, "GET /echo\nb=2\na=x  y\n0");
  EXPECT_EQ(Get(client, "/label/a%20b").body, "a b");
  EXPECT_EQ(Get(client, "http://proxy.example/hello").body, "hello");
}

TEST_F(ServerTest, PostedFormComesBeforeTheQuery) {
  Start(Options());
  RawClient client(port());
  client.Send(
      "POST /echo?query=url HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
      "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\r\nquery=form");
  EXPECT_EQ(client.ReadResponse().body, "POST /echo\nquery=form\nquery=url\n10");
}

TEST_F(ServerTest, TakesAFormOfOneMegabyte) {
  Start(Options());
  RawClient client(port());
  const std::string form = "query=" + std::string(1 << 20, 'x');
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: " +
      std::to_string(form.size()) + "\r\n\r\n" + form);
  const std::string size = std::to_string(form.size());
  EXPECT_EQ(client.ReadResponse().body, "POST /echo\n" + form + "\n" + size);
}

TEST_F(ServerTest, ReadsChunkedBodies) {
  Start(Options());
  RawClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body, "POST /echo\n11");
  EXPECT_EQ(Get(client, "/hello").body, "hello");
}

TEST_F(ServerTest, PostWithoutLengthHasNoBody) {
  Start(Options());
  RawClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body, "POST /echo\n0");
}

TEST_F(ServerTest, TellsClientsThatAskToGoOn) {
  Start(Options());
  RawClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.ReadResponse(false).status, 100);
  client.Send("abc");
  EXPECT_EQ(client.ReadResponse().body, "POST /echo\n3");
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
  Start(Options());
  RawClient client(port());
  client.Send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse response = client.ReadResponse(false);
  EXPECT_EQ(response.Header("Content-Length"), "5");
  EXPECT_EQ(Get(client, "/hello").body, "hello");
}

TEST_F(ServerTest, NoContentHasNoLength) {
  Start(Options());
  RawClient client(port());
  const RawResponse response = Get(client, "/nothing");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.Header("Content-Length"), "");
}

TEST_F(ServerTest, StreamsInChunks) {
  Start(Options());
  RawClient client(port());
  const RawResponse response = Get(client, "/stream");
  EXPECT_EQ(response.Header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(response.body, "piece 3\npiece 2\npiece 1\n");
  EXPECT_EQ(Get(client, "/hello").body, "hello");
}

TEST_F(ServerTest, StreamsToOldClientsUntilTheEnd) {
  Start(Options());
  RawClient client(port());
  client.Send("GET /stream HTTP/1.0\r\n\r\n");
  std::string all;
  EXPECT_TRUE(client.ReadToEnd(all));
  EXPECT_THAT(all, HasSubstr("\r\n\r\npiece 3\npiece 2\npiece 1\n"));
}

TEST_F(ServerTest, CompressesWithWhatTheClientNamesFirst) {
  Start(Options());
  RawClient client(port());
  const RawResponse gzip = Get(client, "/large", "Accept-Encoding: br, gzip, deflate\r\n");
  EXPECT_EQ(gzip.Header("Content-Encoding"), "gzip");
  std::string plain;
  ASSERT_TRUE(GzipDecompress(gzip.body, 1 << 20, plain));
  EXPECT_EQ(plain, std::string(100'000, 'x'));
  EXPECT_EQ(Get(client, "/large", "Accept-Encoding: deflate, gzip\r\n").Header("Content-Encoding"),
            "deflate");
  EXPECT_EQ(Get(client, "/large", "Accept-Encoding: gzip;q=0\r\n").body.size(), 100'000u);
}

TEST_F(ServerTest, LeavesSmallAnswersUncompressed) {
  Start(Options());
  RawClient client(port());
  EXPECT_EQ(Get(client, "/hello", "Accept-Encoding: gzip\r\n").body, "hello");
}

TEST_F(ServerTest, CompressesStreams) {
  Start(Options());
  RawClient client(port());
  const RawResponse response = Get(client, "/stream", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(response.Header("Content-Encoding"), "gzip");
  std::string plain;
  ASSERT_TRUE(GzipDecompress(response.body, 1 << 20, plain));
  EXPECT_EQ(plain, "piece 3\npiece 2\npiece 1\n");
}

TEST_F(ServerTest, StripsTheRoutePrefix) {
  ServerOptions options = Options();
  options.route_prefix = "/prom/";
  Start(options);
  RawClient client(port());
  EXPECT_EQ(Get(client, "/prom/hello").body, "hello");
  EXPECT_EQ(Get(client, "/hello").status, 404);
  EXPECT_EQ(Get(client, "/").Header("Location"), "/prom");
}

TEST_F(ServerTest, ServesSeveralAddresses) {
  ServerOptions options = Options();
  options.listen_addresses = {"127.0.0.1:0", ":0", "[::1]:0"};
  Start(options);
  const auto ports = server_->ports();
  RawClient first(ports[0]);
  RawClient second(ports[1]);
  RawClient third(ports[2], "::1");
  EXPECT_EQ(Get(first, "/hello").body, "hello");
  EXPECT_EQ(Get(second, "/hello").body, "hello");
  EXPECT_EQ(Get(third, "/hello").body, "hello");
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  Start(Options());
  ServerOptions options = Options();
  options.listen_addresses = {"127.0.0.1:" + std::to_string(port())};
  const auto second = MakeServer(clock_, logger_);
  const Status status = second->Start(options, Routes());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "listen tcp " + options.listen_addresses[0] + ": bind: address already in use");
}

TEST_F(ServerTest, CountsRequestsByRoute) {
  telemetry::Registry registry;
  ServerOptions options = Options();
  options.registry = &registry;
  Start(options);
  RawClient client(port());
  Get(client, "/label/a");
  Get(client, "/label/b");
  Get(client, "/unknown/path");
  server_->Stop(1000);
  const std::string metrics = registry.Expose();
  EXPECT_THAT(metrics, HasSubstr("prometheus_http_request_duration_seconds_count{handler="
                                 "\"/label/:name\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("prometheus_http_response_size_bytes_sum{handler="
                                 "\"/label/:name\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("/label/:name\"} 2\n"));
  EXPECT_THAT(metrics, Not(HasSubstr("unknown")));
}

TEST_F(ServerTest, SwapsRoutes) {
  Start(Options());
  RawClient client(port());
  auto routes = std::make_shared<Router>();
  routes->Handle("GET", "/hello",
                 [](Request&, Response& response) { response.SetText(200, "new"); });
  server_->SetRouter(routes);
  EXPECT_EQ(Get(client, "/hello").body, "new");
}

}  // namespace
}  // namespace tocsin::http
