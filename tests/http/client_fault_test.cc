// Peers that misbehave: each request ends with one clear reason, in time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>

#include "base/compression.h"
#include "http/client.h"
#include "http/scripted_server.h"

namespace tocsin::http {
namespace {

using ::testing::HasSubstr;

class ClientFaultTest : public ::testing::Test {
 protected:
  ClientRequest RequestTo(std::string url) const {
    ClientRequest request;
    request.url = std::move(url);
    request.options = options_;
    return request;
  }
  Error ErrorOf(ClientRequest request) {
    auto result = client_->Send(std::move(request));
    return result ? Error(ErrorCode::kInternal, "succeeded") : result.error();
  }

  std::shared_ptr<ClientOptions> options_ = std::make_shared<ClientOptions>();
  std::unique_ptr<Client> client_ = MakeCurlClient("Tocsin/test");
};

TEST_F(ClientFaultTest, NobodyListens) {
  uint16_t port = 0;
  {
    const ScriptedServer gone([](Peer&) {});
    port = gone.port();
  }
  const std::string address = "127.0.0.1:" + std::to_string(port);
  const Error error = ErrorOf(RequestTo("http://" + address + "/metrics"));
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_EQ(error.message(), "Get \"http://" + address + "/metrics\": dial tcp " + address +
                                 ": connect: connection refused");
}

TEST_F(ClientFaultTest, UnknownHost) {
  const Error error = ErrorOf(RequestTo("http://no-such-host.invalid/metrics"));
  EXPECT_EQ(
      error.message(),
      "Get \"http://no-such-host.invalid/metrics\": dial tcp: lookup no-such-host.invalid: no "
      "such host");
}

TEST_F(ClientFaultTest, AcceptsAndSaysNothing) {
  const ScriptedServer server([](Peer& peer) { peer.WaitForClose(); });
  ClientRequest request = RequestTo(server.Url());
  request.timeout_ms = 50;
  const Error error = ErrorOf(request);
  EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  EXPECT_EQ(error.message(), "Get \"" + server.Url() + "\": context deadline exceeded");
}

TEST_F(ClientFaultTest, StopsInTheMiddleOfTheBody) {
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    peer.WaitForClose();
  });
  ClientRequest request = RequestTo(server.Url());
  request.timeout_ms = 50;
  EXPECT_EQ(ErrorOf(request).message(), "context deadline exceeded");
}

TEST_F(ClientFaultTest, EndsInTheMiddleOfTheBody) {
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
  });
  EXPECT_EQ(ErrorOf(RequestTo(server.Url())).message(), "unexpected EOF");
}

TEST_F(ClientFaultTest, ResetsInTheMiddleOfTheBody) {
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    peer.Reset();
  });
  const Error error = ErrorOf(RequestTo(server.Url()));
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.message(), HasSubstr("read: connection reset by peer"));
}

TEST_F(ClientFaultTest, ClosesWithoutAnAnswer) {
  const ScriptedServer server([](Peer& peer) { peer.ReadRequest(); });
  EXPECT_EQ(ErrorOf(RequestTo(server.Url())).message(), "Get \"" + server.Url() + "\": EOF");
}

TEST_F(ClientFaultTest, AnswersSomethingElseThanHttp) {
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("SSH-2.0-OpenSSH\r\n");
  });
  EXPECT_THAT(ErrorOf(RequestTo(server.Url())).message(), HasSubstr("malformed HTTP response"));
}

TEST_F(ClientFaultTest, NeverEndsItsBody) {
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.Send(std::string(10'000, 'x'))) {
    }
  });
  ClientRequest request = RequestTo(server.Url());
  request.max_body_bytes = 1'000'000;
  const Error error = ErrorOf(request);
  EXPECT_EQ(error.code(), ErrorCode::kTooLarge);
  EXPECT_EQ(error.message(), "body size limit exceeded");
}

TEST_F(ClientFaultTest, NeverEndsItsHeaders) {
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\n");
    while (peer.Send("X-Flood: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  EXPECT_THAT(ErrorOf(RequestTo(server.Url())).message(), HasSubstr("Too large response headers"));
}

TEST_F(ClientFaultTest, SendsAGzipBomb) {
  std::string bomb;
  GzipCompress(std::string(100 << 20, '\0'), bomb);
  const ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(OkResponse(bomb, "Content-Encoding: gzip\r\n"));
  });
  ClientRequest request = RequestTo(server.Url());
  request.max_body_bytes = 10 << 20;
  const Error error = ErrorOf(request);
  EXPECT_EQ(error.code(), ErrorCode::kTooLarge);
  EXPECT_EQ(error.message(), "body size limit exceeded");
}

TEST_F(ClientFaultTest, SendsBrokenGzip) {
  const ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(OkResponse("this is not gzip", "Content-Encoding: gzip\r\n"));
  });
  EXPECT_EQ(ErrorOf(RequestTo(server.Url())).code(), ErrorCode::kCorruption);
}

TEST_F(ClientFaultTest, SendsAPageOfAHundredMegabytes) {
  const std::string page(100 << 20, 'x');
  const ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(OkResponse(page));
  });
  ClientRequest request = RequestTo(server.Url());
  request.max_body_bytes = 0;
  request.timeout_ms = 60'000;
  const auto response = client_->Send(request);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body.size(), page.size());
}

TEST_F(ClientFaultTest, RedirectsInACircle) {
  std::atomic<int> requests = 0;
  const ScriptedServer server([&](Peer& peer) {
    while (!peer.ReadRequest().empty()) {
      ++requests;
      peer.Send("HTTP/1.1 302 Found\r\nLocation: /metrics\r\nContent-Length: 0\r\n\r\n");
    }
  });
  EXPECT_EQ(ErrorOf(RequestTo(server.Url())).message(),
            "Get \"/metrics\": stopped after 10 redirects");
  EXPECT_EQ(requests, 10);
}

TEST_F(ClientFaultTest, CancelEndsARequest) {
  const ScriptedServer server([](Peer& peer) { peer.WaitForClose(); });
  std::latch finished(1);
  std::string reason;
  const auto id = client_->Start(RequestTo(server.Url()), [&](Result<ClientResponse> result) {
    reason = result ? "succeeded" : result.error().message();
    finished.count_down();
  });
  client_->Cancel(id);
  finished.wait();
  EXPECT_EQ(reason, "Get \"" + server.Url() + "\": context canceled");
}

TEST_F(ClientFaultTest, RefusesOtherSchemes) {
  EXPECT_EQ(ErrorOf(RequestTo("ftp://127.0.0.1/x")).message(),
            "Get \"ftp://127.0.0.1/x\": unsupported protocol scheme");
}

TEST_F(ClientFaultTest, HidesPasswordsInErrors) {
  const ScriptedServer server([](Peer& peer) { peer.ReadRequest(); });
  const std::string url = "http://me:secret@127.0.0.1:" + std::to_string(server.port()) + "/x";
  EXPECT_THAT(ErrorOf(RequestTo(url)).message(), HasSubstr("http://me:xxxxx@127.0.0.1"));
}

TEST_F(ClientFaultTest, DeadPeersDoNotHoldUpOthers) {
  const ScriptedServer dead([](Peer& peer) { peer.WaitForClose(); });
  const ScriptedServer alive([](Peer& peer) {
    while (!peer.ReadRequest().empty()) peer.Send(OkResponse("x"));
  });
  std::latch finished(50);
  for (int i = 0; i < 50; ++i) {
    ClientRequest request = RequestTo(dead.Url());
    request.timeout_ms = 300;
    client_->Start(request, [&](const Result<ClientResponse>&) { finished.count_down(); });
  }
  const auto response = client_->Send(RequestTo(alive.Url()));
  EXPECT_TRUE(response);
  EXPECT_FALSE(finished.try_wait());
  finished.wait();
}

}  // namespace
}  // namespace tocsin::http
