// ZooKeeper's messages, byte by byte, and the members that its nodes describe.
#include "discovery/zookeeper_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discovery/zookeeper_discovery.h"

namespace tocsin::discovery::zookeeper {
namespace {

using ::testing::ElementsAre;

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text += static_cast<char>(byte);
  return text;
}

// id 1, zxid 7, no error.
const std::string kHeader = Bytes({0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0});
const std::string kStat(68, '\0');

TEST(ZooKeeperProtocolTest, EncodesAConnection) {
  EXPECT_EQ(EncodeConnect(10'000), Bytes({0, 0, 0,    44,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                          0, 0, 0x27, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16}) +
                                       std::string(16, '\0'));
}

TEST(ZooKeeperProtocolTest, EncodesRequests) {
  EXPECT_EQ(EncodeRequest(3, Operation::kGetData, "/a"),
            Bytes({0, 0, 0, 15, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 2, '/', 'a', 1}));
  EXPECT_EQ(EncodePing(), Bytes({0, 0, 0, 8, 255, 255, 255, 254, 0, 0, 0, 11}));
}

TEST(ZooKeeperProtocolTest, DecodesAConnection) {
  const std::string answer =
      Bytes({0, 0, 0, 0, 0, 0, 0x0F, 0xA0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0});
  EXPECT_EQ(DecodeConnect(answer).value(), 4000);
  EXPECT_FALSE(DecodeConnect(Bytes({0, 0, 0, 0, 0, 0, 0, 0})));
}

TEST(ZooKeeperProtocolTest, DecodesAnswersAndNoneCutShort) {
  const std::string data = kHeader + Bytes({0, 0, 0, 2, 'o', 'k'}) + kStat;
  EXPECT_EQ(DecodeData(DecodeReply(data)->body).value(), "ok");
  const std::string null_data = kHeader + Bytes({255, 255, 255, 255}) + kStat;
  EXPECT_EQ(DecodeData(DecodeReply(null_data)->body).value(), "");
  const std::string children = kHeader + Bytes({0, 0, 0, 2, 0, 0, 0, 1, 'a', 0, 0, 0, 2, 'b', 'c'});
  EXPECT_THAT(DecodeChildren(DecodeReply(children + kStat)->body).value(), ElementsAre("a", "bc"));
  for (size_t size = 0; size < children.size(); ++size) {
    const auto reply = DecodeReply(std::string_view(children).substr(0, size));
    EXPECT_EQ(reply.ok(), size >= kHeader.size());
    EXPECT_FALSE(reply && DecodeChildren(reply->body)) << size;
  }
  // A count that no message could hold.
  EXPECT_FALSE(DecodeChildren(Bytes({0x7F, 255, 255, 255, 0, 0, 0, 1, 'a'})));
}

TEST(ZooKeeperProtocolTest, DecodesEvents) {
  const auto event = DecodeEvent(Bytes({0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, '/', 'a'}));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, WatchEvent::kChildren);
  EXPECT_EQ(event->path, "/a");
}

TEST(ZooKeeperMembersTest, Serverset) {
  const auto labels = ParseServersetMember(
      R"({"serviceEndpoint": {"host": "10.0.0.1", "port": 8080}, "additionalEndpoints":
          {"http-admin": {"host": "10.0.0.2", "port": 9990}}, "status": "ALIVE", "shard": 3})",
      "/svc/member_1");
  ASSERT_TRUE(labels) << labels.error().message();
  EXPECT_EQ(*labels, (Labels{{"__address__", "10.0.0.1:8080"},
                             {"__meta_serverset_path", "/svc/member_1"},
                             {"__meta_serverset_endpoint_host", "10.0.0.1"},
                             {"__meta_serverset_endpoint_port", "8080"},
                             {"__meta_serverset_endpoint_host_http_admin", "10.0.0.2"},
                             {"__meta_serverset_endpoint_port_http_admin", "9990"},
                             {"__meta_serverset_status", "ALIVE"},
                             {"__meta_serverset_shard", "3"}}));
}

TEST(ZooKeeperMembersTest, Nerve) {
  const auto labels = ParseNerveMember(R"({"host": "::1", "port": 80, "name": "n"})", "/m");
  ASSERT_TRUE(labels) << labels.error().message();
  EXPECT_EQ(*labels, (Labels{{"__address__", "[::1]:80"},
                             {"__meta_nerve_path", "/m"},
                             {"__meta_nerve_endpoint_host", "::1"},
                             {"__meta_nerve_endpoint_port", "80"},
                             {"__meta_nerve_endpoint_name", "n"}}));
}

TEST(ZooKeeperMembersTest, OtherDataIsNoMember) {
  for (const char* data : {"", "x", "[]", "1", R"({"port": "80"})", R"({"host": 1})",
                           R"({"serviceEndpoint": [], "host": {}})"}) {
    const bool is_serverset = ParseServersetMember(data, "/m").ok();
    const bool is_nerve = ParseNerveMember(data, "/m").ok();
    EXPECT_FALSE(is_serverset && is_nerve) << data;
  }
}

}  // namespace
}  // namespace tocsin::discovery::zookeeper
