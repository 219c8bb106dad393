#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <latch>

#include "base/compression.h"
#include "http/scripted_server.h"

namespace tocsin::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Answers every request with `answer(request)`, keeping the connection.
ScriptedServer::Script AnswerAll(std::function<std::string(const std::string&)> answer) {
  return [answer](Peer& peer) {
    for (std::string request; !(request = peer.ReadRequest()).empty();) {
      if (!peer.Send(answer(request))) return;
    }
  };
}

class ClientTest : public ::testing::Test {
 protected:
  ClientRequest RequestTo(std::string url) const {
    ClientRequest request;
    request.url = std::move(url);
    request.options = options_;
    return request;
  }
  Result<ClientResponse> Get(std::string url) { return client_->Send(RequestTo(std::move(url))); }
  std::string BodyOf(const Result<ClientResponse>& response) {
    return response ? response->body : "error: " + response.error().message();
  }

  std::shared_ptr<ClientOptions> options_ = std::make_shared<ClientOptions>();
  std::unique_ptr<Client> client_ = MakeCurlClient("Tocsin/test");
};

TEST_F(ClientTest, GetsBodyStatusAndHeaders) {
  const ScriptedServer server(AnswerAll([](const std::string&) {
    return "HTTP/1.1 404 Not Found\r\nX-Reason: gone\r\nContent-Length: 2\r\n\r\nno";
  }));
  const auto response = Get(server.Url());
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "no");
  EXPECT_EQ(FindHeader(response->headers, "x-reason"), "gone");
  EXPECT_EQ(response->wire_bytes, 2u);
  EXPECT_GT(response->duration_ns, 0);
}

TEST_F(ClientTest, SendsOnlyTheHeadersItWasGiven) {
  const ScriptedServer server(
      AnswerAll([](const std::string& request) { return OkResponse(request); }));
  ClientRequest request = RequestTo(server.Url("/metrics?a=b"));
  request.headers = {{"Accept", "text/plain"}, {"X-Prometheus-Scrape-Timeout-Seconds", "10"}};
  const auto response = client_->Send(request);
  EXPECT_EQ(BodyOf(response),
            "GET /metrics?a=b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nUser-Agent: Tocsin/test\r\nAccept: text/plain\r\n"
                "X-Prometheus-Scrape-Timeout-Seconds: 10\r\n"
                "Accept-Encoding: gzip\r\n\r\n");
}

TEST_F(ClientTest, PostsABody) {
  const ScriptedServer server(
      AnswerAll([](const std::string& request) { return OkResponse(request); }));
  ClientRequest request = RequestTo(server.Url());
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::string("{\"a\":\0}", 7);
  const std::string seen = BodyOf(client_->Send(request));
  EXPECT_THAT(seen, HasSubstr("POST /metrics HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(seen, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_TRUE(seen.ends_with(request.body));
  request.method = "PUT";
  EXPECT_THAT(BodyOf(client_->Send(request)), HasSubstr("PUT /metrics HTTP/1.1\r\n"));
  EXPECT_THAT(BodyOf(Get(server.Url())), HasSubstr("GET /metrics HTTP/1.1\r\n"));
}

TEST_F(ClientTest, KeepsConnections) {
  const ScriptedServer server(AnswerAll([](const std::string&) { return OkResponse("x"); }));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(BodyOf(Get(server.Url())), "x");
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(ClientTest, ReconnectsWhenAKeptConnectionWasClosed) {
  const ScriptedServer server([](Peer& peer) {
    if (!peer.ReadRequest().empty()) peer.Send(OkResponse("x"));
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(BodyOf(Get(server.Url())), "x");
}

TEST_F(ClientTest, RunsManyRequestsAtOnce) {
  const ScriptedServer server(
      AnswerAll([](const std::string&) { return OkResponse(std::string(50'000, 'x')); }));
  constexpr int kCount = 200;
  std::latch finished(kCount);
  std::atomic<int> good = 0;
  for (int i = 0; i < kCount; ++i) {
    client_->Start(RequestTo(server.Url()), [&](const Result<ClientResponse>& response) {
      if (response && response->body.size() == 50'000) ++good;
      finished.count_down();
    });
  }
  finished.wait();
  EXPECT_EQ(good, kCount);
}

TEST_F(ClientTest, DecodesGzip) {
  const std::string plain(100'000, 'm');
  std::string packed;
  GzipCompress(plain, packed);
  const ScriptedServer server(AnswerAll(
      [&](const std::string&) { return OkResponse(packed, "Content-Encoding: gzip\r\n"); }));
  const auto response = Get(server.Url());
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, plain);
  EXPECT_EQ(response->wire_bytes, packed.size());
  EXPECT_EQ(FindHeader(response->headers, "Content-Encoding"), "");

  ClientRequest deferred = RequestTo(server.Url());
  deferred.defer_decoding = true;
  auto raw = client_->Send(deferred);
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->body, packed);
  EXPECT_TRUE(DecodeBody(*raw, 0));
  EXPECT_EQ(raw->body, plain);
}

TEST_F(ClientTest, ReusesTheBufferItIsGiven) {
  const ScriptedServer server(
      AnswerAll([](const std::string&) { return OkResponse(std::string(50'000, 'x')); }));
  ClientRequest request = RequestTo(server.Url());
  request.body_buffer.reserve(100'000);
  const char* memory = request.body_buffer.data();
  const auto response = client_->Send(std::move(request));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.data(), memory);
}

TEST_F(ClientTest, SendsCredentials) {
  const ScriptedServer server(
      AnswerAll([](const std::string& request) { return OkResponse(request); }));
  options_->basic_auth = {"user", "pass"};
  EXPECT_THAT(BodyOf(Get(server.Url())), HasSubstr("Authorization: Basic dXNlcjpwYXNz\r\n"));
  options_ = std::make_shared<ClientOptions>();
  options_->authorization_credentials = "token";
  options_->headers = {{"X-Scope-OrgID", "me"}};
  const std::string seen = BodyOf(Get(server.Url()));
  EXPECT_THAT(seen, HasSubstr("Authorization: Bearer token\r\n"));
  EXPECT_THAT(seen, HasSubstr("X-Scope-OrgID: me\r\n"));
}

TEST_F(ClientTest, ReadsCredentialFilesAtEachRequest) {
  const ScriptedServer server(
      AnswerAll([](const std::string& request) { return OkResponse(request); }));
  const std::string path = ::testing::TempDir() + "/http_client_credentials";
  std::ofstream(path) << "first\n";
  options_->authorization_credentials_file = path;
  EXPECT_THAT(BodyOf(Get(server.Url())), HasSubstr("Authorization: Bearer first\r\n"));
  std::ofstream(path) << "second";
  EXPECT_THAT(BodyOf(Get(server.Url())), HasSubstr("Authorization: Bearer second\r\n"));
  std::filesystem::remove(path);
  EXPECT_THAT(BodyOf(Get(server.Url())), HasSubstr(path));
}

std::string RedirectTo(const std::string& url, int status = 302) {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + url +
         "\r\nContent-Length: 4\r\n\r\nhere";
}

TEST_F(ClientTest, FollowsRedirects) {
  const ScriptedServer server(AnswerAll([](const std::string& request) {
    return request.starts_with("GET /metrics ") ? RedirectTo("/other") : OkResponse(request);
  }));
  const auto response = Get(server.Url());
  EXPECT_THAT(BodyOf(response), HasSubstr("GET /other HTTP/1.1"));
  EXPECT_EQ(response->final_url, server.Url("/other"));
}

TEST_F(ClientTest, RedirectedPostBecomesGetUnlessItMustNot) {
  std::atomic<int> status = 302;
  const ScriptedServer server(AnswerAll([&](const std::string& request) {
    const bool is_first = request.find(" /metrics ") != std::string::npos;
    return is_first ? RedirectTo("/other", status) : OkResponse(request);
  }));
  ClientRequest request = RequestTo(server.Url());
  request.method = "POST";
  request.body = "body";
  EXPECT_THAT(BodyOf(client_->Send(request)), HasSubstr("GET /other HTTP/1.1"));
  status = 307;
  const std::string kept = BodyOf(client_->Send(request));
  EXPECT_THAT(kept, HasSubstr("POST /other HTTP/1.1"));
  EXPECT_TRUE(kept.ends_with("\r\n\r\nbody"));
}

TEST_F(ClientTest, CredentialsStayWithTheirHost) {
  const ScriptedServer other(
      AnswerAll([](const std::string& request) { return OkResponse(request); }));
  const ScriptedServer server(AnswerAll([&](const std::string& request) {
    return request.starts_with("GET /same ")     ? OkResponse(request)
           : request.starts_with("GET /inside ") ? RedirectTo("/same")
                                                 : RedirectTo(other.Url());
  }));
  options_->authorization_credentials = "token";
  options_->headers = {{"X-Api-Key", "key"}};
  EXPECT_THAT(BodyOf(Get(server.Url("/inside"))), HasSubstr("Bearer token"));
  const std::string seen = BodyOf(Get(server.Url("/outside")));
  EXPECT_THAT(seen, HasSubstr("GET /metrics HTTP/1.1"));
  EXPECT_THAT(seen, Not(HasSubstr("token")));
  EXPECT_THAT(seen, Not(HasSubstr("X-Api-Key")));
}

TEST_F(ClientTest, LeavesRedirectsAloneWhenTold) {
  const ScriptedServer server(
      AnswerAll([](const std::string&) { return RedirectTo("/elsewhere"); }));
  options_->follow_redirects = false;
  const auto response = Get(server.Url());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->body, "here");
}

TEST_F(ClientTest, GoesThroughAProxy) {
  const ScriptedServer proxy(
      AnswerAll([](const std::string& request) { return OkResponse(request); }));
  options_->proxy_url = proxy.Url("");
  EXPECT_THAT(BodyOf(Get("http://target.invalid:9100/metrics")),
              HasSubstr("GET http://target.invalid:9100/metrics HTTP/1.1\r\n"));
}

TEST_F(ClientTest, AsksThroughAUnixSocket) {
  const std::string path = testing::TempDir() + "client_test." + std::to_string(getpid());
  std::filesystem::remove(path);
  ClientRequest request = RequestTo("http://docker/containers?all=1");
  request.unix_socket = path;
  EXPECT_EQ(BodyOf(client_->Send(request)),
            "error: Get \"http://docker/containers?all=1\": dial unix " + path +
                ": connect: no such file or directory");
  {
    const ScriptedServer server(
        AnswerAll([](const std::string& asked) { return OkResponse(asked); }), path);
    EXPECT_THAT(BodyOf(client_->Send(request)),
                HasSubstr("GET /containers?all=1 HTTP/1.1\r\nHost: docker\r\n"));
    EXPECT_TRUE(client_->Send(request));
    EXPECT_EQ(server.connection_count(), 1);
  }
  std::filesystem::remove(path);
  // The same handle goes to the network again.
  const ScriptedServer other(AnswerAll([](const std::string&) { return OkResponse("tcp"); }));
  EXPECT_EQ(BodyOf(Get(other.Url())), "tcp");
}

TEST_F(ClientTest, DestructionCancelsWhatRuns) {
  const ScriptedServer server([](Peer& peer) { peer.WaitForClose(); });
  std::atomic<int> canceled = 0;
  for (int i = 0; i < 5; ++i) {
    client_->Start(RequestTo(server.Url()), [&](const Result<ClientResponse>& response) {
      if (!response && response.error().code() == ErrorCode::kCanceled) ++canceled;
    });
  }
  client_.reset();
  EXPECT_EQ(canceled, 5);
}

}  // namespace
}  // namespace tocsin::http
