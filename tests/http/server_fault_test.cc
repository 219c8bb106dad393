// Clients that misbehave get a clear answer, and others do not notice.
#include <gmock/gmock.h>

#include <condition_variable>
#include <future>
#include <thread>

#include "http/server_fixture.h"

namespace tocsin::http {
namespace {

using ::testing::HasSubstr;

class ServerFaultTest : public ServerTest {
 protected:
  void ExpectOthersGoOn() {
    RawClient other(port());
    EXPECT_EQ(Get(other, "/hello").body, "hello");
  }
  std::string AnswerTo(std::string_view bytes) {
    RawClient client(port());
    client.Send(bytes);
    std::string answer;
    EXPECT_TRUE(client.ReadToEnd(answer));
    return answer;
  }
};

TEST_F(ServerFaultTest, MalformedRequestsGetFourHundred) {
  Start(Options());
  for (const std::string& bytes : {
           std::string("NONSENSE\r\n\r\n"),
           std::string("GET /hello\r\n\r\n"),
           std::string("GET /hello HTTP/3.0\r\nHost: x\r\n\r\n"),
           std::string("GET /hello HTTP/1.1\nHost: x\n\n"),
           std::string("\x16\x03\x01 looks like TLS"),
           std::string("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("POST /echo HTTP/1.1\r\nContent-Length: 3x\r\n\r\nabc"),
           std::string("POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
           std::string("POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
           std::string("POST /echo HTTP/1.1\r\nContent-Length: 1\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
           std::string("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
       }) {
    EXPECT_THAT(AnswerTo(bytes), HasSubstr("HTTP/1.1 400 Bad Request")) << bytes;
    ExpectOthersGoOn();
  }
}

TEST_F(ServerFaultTest, HeaderFloodIsRefused) {
  Start(Options());
  std::string flood = "GET /hello HTTP/1.1\r\n";
  while (flood.size() < 100'000) flood += "X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
  EXPECT_THAT(AnswerTo(flood), HasSubstr("HTTP/1.1 431 Request Header Fields Too Large"));
  ExpectOthersGoOn();
}

TEST_F(ServerFaultTest, TooLongTargetIsRefused) {
  Start(Options());
  const std::string request = "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n";
  EXPECT_THAT(AnswerTo(request), HasSubstr("HTTP/1.1 414 "));
}

TEST_F(ServerFaultTest, SlowHeadersTimeOutWithoutAWorker) {
  ServerOptions options = Options();
  options.header_timeout_ms = 100;
  Start(options);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<RawClient>(port()));
    slow.back()->Send("GET /hello HTTP/1.1\r\nHost:");
  }
  ExpectOthersGoOn();
  for (const auto& client : slow) {
    EXPECT_EQ(client->ReadResponse().status, 408);
  }
}

TEST_F(ServerFaultTest, SlowBodiesTimeOutAndDoNotStarveOthers) {
  ServerOptions options = Options();
  options.body_timeout_ms = 300;
  Start(options);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<RawClient>(port()));
    slow.back()->Send("POST /echo HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc");
  }
  ExpectOthersGoOn();
  for (const auto& client : slow) EXPECT_EQ(client->ReadResponse().status, 408);
}

TEST_F(ServerFaultTest, TooLargeBodiesAreRefusedBeforeTheyAreRead) {
  ServerOptions options = Options();
  options.max_body_bytes = 1000;
  Start(options);
  EXPECT_THAT(AnswerTo("POST /echo HTTP/1.1\r\nContent-Length: 1000000000000\r\n\r\nabc"),
              HasSubstr("request body of 1000000000000 bytes exceeds the limit of 1000 bytes"));
  std::string chunked = "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunked += "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_THAT(AnswerTo(chunked), HasSubstr("HTTP/1.1 413 "));
  ExpectOthersGoOn();
}

TEST_F(ServerFaultTest, BodyCutShortIsRefused) {
  Start(Options());
  RawClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc");
  client.Abort();
  ExpectOthersGoOn();
}

TEST_F(ServerFaultTest, HalfClosedClientGetsItsAnswer) {
  Start(Options());
  RawClient client(port());
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  client.ShutdownWrite();
  EXPECT_EQ(client.ReadResponse().body, "hello");
}

TEST_F(ServerFaultTest, PipelinedRequestsAreAnsweredInOrder) {
  Start(Options());
  RawClient client(port());
  std::string requests;
  for (int i = 0; i < 300; ++i) {
    requests += "GET /label/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  client.Send(requests);
  for (int i = 0; i < 300; ++i) ASSERT_EQ(client.ReadResponse().body, std::to_string(i));
}

TEST_F(ServerFaultTest, RequestInSinglePiecesIsUnderstood) {
  Start(Options());
  RawClient client(port());
  for (const char c : std::string_view("\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n")) {
    client.Send({&c, 1});
  }
  EXPECT_EQ(client.ReadResponse().body, "hello");
}

TEST_F(ServerFaultTest, BodyOfAGetIsNotTheNextRequest) {
  Start(Options());
  const std::string answer = AnswerTo(
      "GET /hello HTTP/1.1\r\nContent-Length: 36\r\n\r\nGET /label/smuggled HTTP/1.1\r\nA: "
      "b\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("hello"));
  EXPECT_THAT(answer, Not(HasSubstr("smuggled")));
}

TEST_F(ServerFaultTest, HeaderValuesCannotSplitTheResponse) {
  auto routes = std::make_shared<Router>();
  routes->Handle("GET", "/", [](Request&, Response& response) {
    response.SetHeader("X-Evil", "a\r\nSet-Cookie: b");
    response.SetText(200, "ok");
  });
  Start(Options(), routes);
  RawClient client(port());
  const RawResponse response = Get(client, "/");
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(response.Header("Set-Cookie"), "");
}

/// A route that blocks until released or canceled.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_open = false;
  int entered = 0;
  int canceled = 0;

  void Wait(Request& request, Response& response) {
    std::unique_lock lock(mutex);
    ++entered;
    changed.notify_all();
    while (!is_open && !request.cancel->canceled()) {
      changed.wait_for(lock, std::chrono::milliseconds(2));
    }
    if (request.cancel->canceled()) ++canceled;
    changed.notify_all();
    response.SetText(200, "released");
  }
  bool WaitFor(int& counter, int value) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return counter >= value; });
  }
  void Open() {
    const std::lock_guard lock(mutex);
    is_open = true;
  }
};

class ServerGateTest : public ServerFaultTest {
 protected:
  void StartWithGate() {
    auto routes = Routes();
    routes->Handle("GET", "/gate",
                   [this](Request& request, Response& response) { gate_.Wait(request, response); });
    Start(Options(), routes);
  }
  Gate gate_;
};

TEST_F(ServerGateTest, SlowHandlersDoNotStarveCheapOnes) {
  StartWithGate();
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 10; ++i) {
    waiting.push_back(std::make_unique<RawClient>(port()));
    waiting.back()->Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  ASSERT_TRUE(gate_.WaitFor(gate_.entered, 10));
  ExpectOthersGoOn();
  gate_.Open();
  for (const auto& client : waiting) EXPECT_EQ(client->ReadResponse().body, "released");
}

TEST_F(ServerGateTest, ClosingTheConnectionCancelsTheRequest) {
  StartWithGate();
  RawClient client(port());
  client.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(gate_.WaitFor(gate_.entered, 1));
  client.Close();
  EXPECT_TRUE(gate_.WaitFor(gate_.canceled, 1));
}

TEST_F(ServerGateTest, StopCancelsWhatDoesNotEndInTime) {
  StartWithGate();
  RawClient client(port());
  client.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(gate_.WaitFor(gate_.entered, 1));
  server_->Stop(10);
  EXPECT_EQ(gate_.canceled, 1);
}

TEST_F(ServerGateTest, StopLetsRequestsFinish) {
  StartWithGate();
  RawClient idle(port());
  EXPECT_EQ(Get(idle, "/hello").status, 200);
  RawClient client(port());
  client.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(gate_.WaitFor(gate_.entered, 1));
  auto stopping = std::async(std::launch::async, [&] { server_->Stop(10'000); });
  std::string nothing;
  EXPECT_TRUE(idle.ReadToEnd(nothing));  // Idle connections are closed at once.
  gate_.Open();
  const RawResponse response = client.ReadResponse();
  EXPECT_EQ(response.body, "released");
  EXPECT_EQ(response.Header("Connection"), "close");
  client.Close();
  stopping.wait();
  EXPECT_EQ(gate_.canceled, 0);
}

TEST_F(ServerFaultTest, ConnectionsAboveTheLimitWaitForAPlace) {
  ServerOptions options = Options();
  options.max_connections = 2;
  Start(options);
  RawClient first(port());
  RawClient second(port());
  EXPECT_EQ(Get(first, "/hello").status, 200);
  EXPECT_EQ(Get(second, "/hello").status, 200);
  RawClient third(port());
  third.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  first.Close();
  EXPECT_EQ(third.ReadResponse().body, "hello");
}

TEST_F(ServerFaultTest, SlowReaderOfALargeAnswerTimesOut) {
  ServerOptions options = Options();
  options.write_timeout_ms = 100;
  auto routes = Routes();
  routes->Handle("GET", "/huge", [](Request&, Response& response) {
    response.SetText(200, std::string(64 << 20, 'x'));
  });
  Start(options, routes);
  RawClient client(port());
  client.Send("GET /huge HTTP/1.1\r\nHost: x\r\n\r\n");
  ExpectOthersGoOn();
  server_->Stop(10'000);  // Ends when the writer has given up, long before the grace.
  std::string partial;
  client.ReadToEnd(partial);
  EXPECT_LT(partial.size(), size_t{64} << 20);
}

}  // namespace
}  // namespace tocsin::http
