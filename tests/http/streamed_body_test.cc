// ClientRequest::on_body: answers that are read while they come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "http/client.h"
#include "http/scripted_server.h"

namespace tocsin::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kEndlessHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

class StreamedBodyTest : public ::testing::Test {
 protected:
  ClientRequest RequestTo(const ScriptedServer& server) const {
    ClientRequest request;
    request.url = server.Url("/watch");
    request.options = std::make_shared<const ClientOptions>();
    request.timeout_ms = 0;
    return request;
  }

  std::unique_ptr<Client> client_ = MakeCurlClient("Tocsin/test");
};

TEST_F(StreamedBodyTest, PiecesArriveWhileTheAnswerGoesOn) {
  std::promise<void> first_arrived;
  const ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(kEndlessHead);
    peer.Send("4\r\none\n\r\n");
    first_arrived.get_future().wait();  // The second piece leaves only when the first was seen.
    peer.Send("4\r\ntwo\n\r\n0\r\n\r\n");
  });
  ClientRequest request = RequestTo(server);
  std::string seen;
  request.on_body = [&](std::string_view piece) {
    if (seen.empty()) first_arrived.set_value();
    seen += piece;
    return true;
  };
  const auto response = client_->Send(request);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(seen, "one\ntwo\n");
}

TEST_F(StreamedBodyTest, FalseEndsTheRequest) {
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send(kEndlessHead);
    peer.Send("4\r\none\n\r\n");
    peer.WaitForClose();
  });
  ClientRequest request = RequestTo(server);
  request.on_body = [](std::string_view) { return false; };
  const auto response = client_->Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kCanceled);
}

TEST_F(StreamedBodyTest, OtherStatusesKeepTheirBody) {
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 410 Gone\r\nContent-Length: 7\r\n\r\nexpired");
  });
  ClientRequest request = RequestTo(server);
  request.on_body = [](std::string_view) {
    ADD_FAILURE() << "called";
    return true;
  };
  const auto response = client_->Send(request);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 410);
  EXPECT_EQ(response->body, "expired");
}

TEST_F(StreamedBodyTest, CancelEndsASilentAnswer) {
  std::promise<void> arrived;
  const ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send(kEndlessHead);
    peer.Send("4\r\none\n\r\n");
    peer.WaitForClose();
  });
  ClientRequest request = RequestTo(server);
  request.on_body = [&](std::string_view) {
    arrived.set_value();
    return true;
  };
  std::promise<Result<ClientResponse>> done;
  const Client::RequestId id = client_->Start(
      std::move(request), [&](Result<ClientResponse> response) { done.set_value(response); });
  arrived.get_future().wait();
  client_->Cancel(id);
  const Result<ClientResponse> response = done.get_future().get();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kCanceled);
}

TEST_F(StreamedBodyTest, AsksForNoCompression) {
  std::string head;
  const ScriptedServer server([&](Peer& peer) {
    head = peer.ReadRequest();
    peer.Send(OkResponse("x"));
  });
  ClientRequest request = RequestTo(server);
  request.on_body = [](std::string_view) { return true; };
  ASSERT_TRUE(client_->Send(request));
  EXPECT_THAT(head, Not(HasSubstr("Accept-Encoding")));
}

}  // namespace
}  // namespace tocsin::http
