#include "write_fixture.h"

namespace tocsin::remote {
namespace {

class WriteProtocolTest : public WriteFixture {
 protected:
  WriteAnswer Send(const std::string& content_type, const std::string& encoding) {
    return receiver_.Receive(content_type, encoding, Snappy(""));
  }
};

TEST_F(WriteProtocolTest, TakesWhatSendersSay) {
  for (const char* type : {"", "application/x-protobuf", " application/x-protobuf ",
                           "application/x-protobuf;proto=prometheus.WriteRequest",
                           "application/x-protobuf;a=b;proto=io.prometheus.write.v2.Request"}) {
    EXPECT_EQ(Send(type, "snappy").status, 204) << type;
    EXPECT_EQ(Send(type, "").status, 204) << type;
  }
}

TEST_F(WriteProtocolTest, RefusesOtherTypesWithUpstreamsTexts) {
  EXPECT_EQ(Send("text/plain", "snappy").status, 415);
  EXPECT_EQ(Send("text/plain", "snappy").text,
            "expected application/x-protobuf as the first (media) part, got text/plain "
            "content-type\n");
  EXPECT_EQ(Send("application/x-protobuf;proto", "").text,
            "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be "
            "key-values, got proto in application/x-protobuf;proto content-type\n");
  EXPECT_EQ(Send("application/x-protobuf;proto=yolo", "").text,
            "got application/x-protobuf;proto=yolo content type; unknown type for remote write "
            "protobuf message yolo, supported: prometheus.WriteRequest, "
            "io.prometheus.write.v2.Request\n");
  EXPECT_EQ(Send("", "zstd").status, 415);
  EXPECT_EQ(Send("", "zstd").text,
            "zstd encoding (compression) is not accepted by this server; only snappy is "
            "acceptable\n");
}

TEST_F(WriteProtocolTest, RefusesMessagesThatAreNotAccepted) {
  WriteReceiverOptions options;
  options.accepted = {WriteProtocol::kV2};
  WriteReceiver receiver(storage_, clock_, logger_, registry_, options);
  const WriteAnswer answer = receiver.Receive(kV1, "snappy", Snappy(""));
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(answer.text,
            "prometheus.WriteRequest protobuf message is not accepted by this server; only accepts "
            "io.prometheus.write.v2.Request\n");
  EXPECT_EQ(receiver.Receive(kV2, "snappy", Snappy("")).status, 204);
}

TEST_F(WriteProtocolTest, RefusesBodiesThatAreNotSnappyOrTooLarge) {
  EXPECT_EQ(receiver_.Receive(kV1, "snappy", "").status, 400);
  EXPECT_EQ(receiver_.Receive(kV1, "snappy", "not snappy").status, 400);
  WriteReceiverOptions options;
  options.max_decoded_bytes = 1000;
  WriteReceiver receiver(storage_, clock_, logger_, registry_, options);
  const WriteAnswer answer = receiver.Receive(kV1, "snappy", Snappy(std::string(1001, '\0')));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.text, "snappy: decompressed size exceeds 1000 bytes\n");
}

TEST_F(WriteProtocolTest, RefusesWhatIsNotTheMessage) {
  EXPECT_EQ(receiver_.Receive(kV1, "", Snappy("\x0a\x05\x0a")).text, "unexpected EOF\n");
  EXPECT_EQ(receiver_.Receive(kV1, "", Snappy("\x08\x01")).text,
            "proto: wrong wireType = 0 for field Timeseries\n");
  EXPECT_EQ(receiver_.Receive(kV1, "", Snappy(std::string("\x00\x01", 2))).text,
            "proto: illegal tag 0 (wire type 0)\n");
  EXPECT_EQ(receiver_.Receive(kV1, "", Snappy(std::string(11, '\xff'))).text,
            "proto: integer overflow\n");
}

}  // namespace
}  // namespace tocsin::remote
