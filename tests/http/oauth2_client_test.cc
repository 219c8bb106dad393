#include "http/oauth2_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "base/clock.h"
#include "http/scripted_server.h"

namespace tocsin::http {
namespace {

using ::testing::HasSubstr;

std::string Answer(std::string_view status, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

class OAuth2ClientTest : public ::testing::Test {
 protected:
  OAuth2ClientTest() {
    auto oauth2 = std::make_shared<OAuth2Options>();
    oauth2->client_id = "shop";
    oauth2->client_secret = "s3cret";
    oauth2->token_url = token_server_.Url("/token");
    oauth2->form = {{"grant_type", "client_credentials"}, {"scope", "a b"}};
    oauth2->transport = std::make_shared<ClientOptions>();
    auto options = std::make_shared<ClientOptions>();
    options->oauth2 = oauth2;
    options_ = options;
  }
  ClientRequest Request() const {
    ClientRequest request;
    request.url = target_.Url();
    request.options = options_;
    return request;
  }

  std::atomic<int> fetch_count_ = 0;
  std::atomic<bool> refuses_ = false;
  std::string token_request_;
  ScriptedServer token_server_{[this](Peer& peer) {
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      token_request_ = request;
      const int count = ++fetch_count_;
      peer.Send(refuses_ ? Answer("401 Unauthorized", "who?")
                         : Answer("200 OK", "{\"access_token\":\"t" + std::to_string(count) +
                                                "\",\"token_type\":\"bearer\",\"expires_in\":60}"));
    }
  }};
  // Answers with the Authorization header it got.
  ScriptedServer target_{[](Peer& peer) {
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      const size_t at = request.find("Authorization: ");
      peer.Send(Answer("200 OK", at == std::string::npos
                                     ? "none"
                                     : request.substr(at, request.find("\r\n", at) - at)));
    }
  }};
  std::shared_ptr<const ClientOptions> options_;
  ManualClock clock_{1'000'000};
  std::unique_ptr<IoClient> client_ = WithOAuth2(MakeCurlClient("Tocsin/test"), clock_);
};

TEST_F(OAuth2ClientTest, FetchesATokenAndUsesItUntilItEnds) {
  for (int i = 0; i < 3; ++i) {
    const auto response = client_->Send(Request());
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->body, "Authorization: Bearer t1");
  }
  EXPECT_EQ(fetch_count_, 1);
  EXPECT_THAT(token_request_, HasSubstr("POST /token HTTP/1.1"));
  EXPECT_THAT(token_request_, HasSubstr("Authorization: Basic c2hvcDpzM2NyZXQ="));
  EXPECT_THAT(token_request_, HasSubstr("grant_type=client_credentials&scope=a+b"));
  clock_.SetMs(1'000'000 + 49'999);
  EXPECT_EQ(client_->Send(Request())->body, "Authorization: Bearer t1");
  clock_.SetMs(1'000'000 + 50'000);
  EXPECT_EQ(client_->Send(Request())->body, "Authorization: Bearer t2");
}

TEST_F(OAuth2ClientTest, ARefusalFailsTheRequestAndIsTriedAgain) {
  refuses_ = true;
  const auto refused = client_->Send(Request());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "Get \"" + target_.Url() + "\": oauth2: cannot fetch token: 401\nResponse: who?");
  refuses_ = false;
  EXPECT_EQ(client_->Send(Request())->body, "Authorization: Bearer t2");
}

TEST_F(OAuth2ClientTest, RequestsWithoutItPass) {
  ClientRequest request = Request();
  request.options = std::make_shared<ClientOptions>();
  EXPECT_EQ(client_->Send(std::move(request))->body, "none");
  EXPECT_EQ(fetch_count_, 0);
}

}  // namespace
}  // namespace tocsin::http
