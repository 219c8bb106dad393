// Repeated GETs to one server go over a connection that libcurl opened and the client kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/compression.h"
#include "http/client.h"
#include "http/scripted_server.h"

namespace tocsin::http {
namespace {

using ::testing::HasSubstr;

class KeptConnectionTest : public ::testing::Test {
 protected:
  ClientRequest RequestTo(std::string url) const {
    ClientRequest request;
    request.url = std::move(url);
    request.options = options_;
    return request;
  }
  std::string BodyOf(ClientRequest request) {
    const auto result = client_->Send(std::move(request));
    return result ? result->body : "error: " + result.error().message();
  }

  std::shared_ptr<ClientOptions> options_ = std::make_shared<ClientOptions>();
  std::unique_ptr<IoClient> client_ = MakeCurlClient("Tocsin/test");
};

std::string Sized(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

TEST_F(KeptConnectionTest, OneConnectionServesManyRequests) {
  std::vector<std::string> requests;
  ScriptedServer server([&](Peer& peer) {
    // The test looks at them while this waits for the end of the connection.
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      requests.push_back(std::move(request));
      peer.Send(Sized("page " + std::to_string(requests.size())));
    }
  });
  options_->headers = {{"X-Scope", "shop"}};
  options_->authorization_credentials = "secret";
  for (int i = 1; i <= 3; ++i) {
    ClientRequest request = RequestTo(server.Url("/metrics?a=b%20c"));
    request.headers = {{"Accept", "text/plain"}};
    EXPECT_EQ(BodyOf(std::move(request)), "page " + std::to_string(i));
  }
  EXPECT_EQ(server.connection_count(), 1);
  ASSERT_EQ(requests.size(), 3u);
  for (const std::string& request : requests) {
    EXPECT_THAT(request, HasSubstr("GET /metrics?a=b%20c HTTP/1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
    EXPECT_THAT(request, HasSubstr("User-Agent: Tocsin/test\r\n"));
    EXPECT_THAT(request, HasSubstr("Accept: text/plain\r\n"));
    EXPECT_THAT(request, HasSubstr("Accept-Encoding: gzip\r\n"));
    EXPECT_THAT(request, HasSubstr("X-Scope: shop\r\n"));
    EXPECT_THAT(request, HasSubstr("Authorization: Bearer secret\r\n"));
  }
}

TEST_F(KeptConnectionTest, TakesChunkedAndGzippedPages) {
  std::string packed;
  GzipCompress("up 1\n", packed);
  ScriptedServer server([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
      peer.Send(fmt::format("{:x}\r\n", packed.size()) + packed + "\r\n0\r\n\r\n");
    }
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(BodyOf(RequestTo(server.Url())), "up 1\n");
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(KeptConnectionTest, LargePagesArriveWhole) {
  std::string page;
  while (page.size() < (5 << 20)) page += fmt::format("series_{} 1\n", page.size());
  ScriptedServer server([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) peer.Send(Sized(page));
  });
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(BodyOf(RequestTo(server.Url())) == page) << i;
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(KeptConnectionTest, AClosedConnectionIsReplacedUnnoticed) {
  ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(Sized("page"));
    peer.ReadRequest();  // The second request of each connection meets its end.
  });
  for (int i = 0; i < 4; ++i) EXPECT_EQ(BodyOf(RequestTo(server.Url())), "page");
}

TEST_F(KeptConnectionTest, AMalformedAnswerIsAskedForAgain) {
  std::atomic<int> request_count = 0;
  ScriptedServer server([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Send(++request_count == 2 ? "what?\r\n\r\n" : Sized("page"));
    }
  });
  EXPECT_EQ(BodyOf(RequestTo(server.Url())), "page");
  EXPECT_EQ(BodyOf(RequestTo(server.Url())), "page");
  EXPECT_EQ(request_count, 3);
}

TEST_F(KeptConnectionTest, SilenceTimesOut) {
  ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(Sized("page"));
    peer.ReadRequest();
    peer.WaitForClose();
  });
  EXPECT_EQ(BodyOf(RequestTo(server.Url())), "page");
  ClientRequest request = RequestTo(server.Url());
  request.timeout_ms = 50;
  EXPECT_EQ(BodyOf(std::move(request)),
            "error: Get \"" + server.Url() + "\": context deadline exceeded");
}

TEST_F(KeptConnectionTest, LimitsHoldAndCloseTheConnection) {
  ScriptedServer server([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) peer.Send(Sized("0123456789"));
  });
  EXPECT_EQ(BodyOf(RequestTo(server.Url())), "0123456789");
  ClientRequest request = RequestTo(server.Url());
  request.max_body_bytes = 9;
  const auto result = client_->Send(std::move(request));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(BodyOf(RequestTo(server.Url())), "0123456789");
  EXPECT_EQ(server.connection_count(), 2);
}

TEST_F(KeptConnectionTest, CancelEndsAnExchange) {
  std::latch asked(1);
  ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(Sized("page"));
    peer.ReadRequest();
    asked.count_down();
    peer.WaitForClose();
  });
  EXPECT_EQ(BodyOf(RequestTo(server.Url())), "page");
  std::latch done(1);
  ErrorCode code = ErrorCode::kInternal;
  const Client::RequestId id =
      client_->Start(RequestTo(server.Url()), [&](Result<ClientResponse> response) {
        code = response ? ErrorCode::kInternal : response.error().code();
        done.count_down();
      });
  asked.wait();
  client_->Cancel(id);
  done.wait();
  EXPECT_EQ(code, ErrorCode::kCanceled);
}

TEST_F(KeptConnectionTest, ARedirectingServerIsLeftToLibcurl) {
  std::string url;
  ScriptedServer server([&](Peer& peer) {
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      peer.Send(request.starts_with("GET /old")
                    ? "HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n"
                    : Sized("new page"));
    }
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(BodyOf(RequestTo(server.Url("/old"))), "new page");
}

TEST_F(KeptConnectionTest, TimersRunOnTheIoThreadInOrder) {
  std::latch done(3);
  std::vector<int> order;
  const SystemClock clock;
  Timers& timers = client_->io_timers();
  const int64_t now_ms = clock.NowMs();
  const auto canceled = timers.RunAt(now_ms + 5, [&] { order.push_back(0); });
  timers.RunAt(now_ms + 20, [&] {
    order.push_back(2);
    done.count_down();
    timers.RunAt(now_ms, [&] {  // The past means now; from the I/O thread itself.
      order.push_back(3);
      done.count_down();
    });
  });
  timers.RunAt(now_ms + 10, [&] {
    order.push_back(1);
    done.count_down();
  });
  timers.Cancel(canceled);
  timers.Cancel(canceled);
  done.wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(KeptConnectionTest, CancelWaitsForARunningCallback) {
  std::latch started(1);
  std::latch go(1);
  std::atomic<bool> is_over = false;
  const auto id = client_->io_timers().RunAt(0, [&] {
    started.count_down();
    go.wait();
    is_over = true;
  });
  started.wait();
  std::jthread opener([&] { go.count_down(); });
  client_->io_timers().Cancel(id);
  EXPECT_TRUE(is_over);
}

}  // namespace
}  // namespace tocsin::http
