// The files: what upstream wrote is read, what we write is upstream's, and broken bytes are
// refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alertmanager/alert_format.h"
#include "alertmanager/mesh_format.h"
#include "base/digest.h"
#include "base/varint.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kTimeNs = 1705320000'000000000;

Matcher Make(MatchType type, const char* name, const char* value) {
  return *MakeSilenceMatcher(type, name, value);
}

MeshSilence SampleSilence() {
  MeshSilence mesh;
  Silence& silence = mesh.silence;
  silence.id = "8d0ba5f5-9b2e-4b9e-8f0e-000000000001";
  silence.matcher_sets = {
      {Make(MatchType::kEqual, "alertname", "A"), Make(MatchType::kNotRegex, "instance", "web.*")},
      {Make(MatchType::kRegex, "job", "a|b"), Make(MatchType::kNotEqual, "env", "dev")}};
  silence.starts_at_ns = kTimeNs;
  silence.ends_at_ns = kTimeNs + 3'600'500'000'001;
  silence.updated_at_ns = kTimeNs + 1;
  silence.created_by = "me";
  silence.comment = "disk is being replaced";
  silence.annotations = {{"ticket", "4711"}, {"empty", ""}};
  mesh.expires_at_ns = kTimeNs + 7'200'000'000'000;
  return mesh;
}

NotificationEntry SampleEntry() {
  NotificationEntry entry;
  entry.group_key = R"({}/{env="prod"}:{alertname="A"})";
  entry.receiver = {"web", "webhook", 2};
  entry.timestamp_ns = kTimeNs + 5;
  entry.firing_alerts = {1, 300, ~uint64_t{0}};
  entry.resolved_alerts = {7};
  entry.receiver_values = {{"channel", std::string("C1")}, {"count", int64_t{-3}}, {"ratio", 0.25}};
  entry.expires_at_ns = kTimeNs + 10;
  return entry;
}

StoredAlert SampleAlert() {
  StoredAlert alert;
  alert.labels = {{"alertname", "A"}, {"job", "node"}};
  alert.annotations = {{"summary", "it is down"}};
  alert.starts_at_ns = kTimeNs;
  alert.ends_at_ns = kTimeNs + 1;
  alert.updated_at_ns = kTimeNs + 2;
  alert.is_timeout = true;
  alert.generator_url = "http://prometheus/graph";
  alert.starts_at_offset_seconds = -3600;
  alert.ends_at_offset_seconds = 7200;
  alert.Finish();
  return alert;
}

void ExpectEqual(const MeshSilence& a, const MeshSilence& b) {
  EXPECT_EQ(a.expires_at_ns, b.expires_at_ns);
  EXPECT_EQ(a.silence.id, b.silence.id);
  EXPECT_EQ(a.silence.matcher_sets, b.silence.matcher_sets);
  EXPECT_EQ(a.silence.starts_at_ns, b.silence.starts_at_ns);
  EXPECT_EQ(a.silence.ends_at_ns, b.silence.ends_at_ns);
  EXPECT_EQ(a.silence.updated_at_ns, b.silence.updated_at_ns);
  EXPECT_EQ(a.silence.created_by, b.silence.created_by);
  EXPECT_EQ(a.silence.comment, b.silence.comment);
  EXPECT_EQ(a.silence.annotations, b.silence.annotations);
}

TEST(MeshFormatTest, SilenceRoundTrips) {
  const auto decoded = DecodeMeshSilence(EncodeMeshSilence(SampleSilence()));
  ASSERT_TRUE(decoded);
  ExpectEqual(*decoded, SampleSilence());
}

TEST(MeshFormatTest, EntryRoundTrips) {
  const NotificationEntry want = SampleEntry();
  const auto got = DecodeMeshEntry(EncodeMeshEntry(want));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->group_key, want.group_key);
  EXPECT_EQ(got->receiver.receiver, "web");
  EXPECT_EQ(got->receiver.integration, "webhook");
  EXPECT_EQ(got->receiver.index, 2u);
  EXPECT_EQ(got->timestamp_ns, want.timestamp_ns);
  EXPECT_EQ(got->firing_alerts, want.firing_alerts);
  EXPECT_EQ(got->resolved_alerts, want.resolved_alerts);
  EXPECT_EQ(got->receiver_values, want.receiver_values);
  EXPECT_EQ(got->expires_at_ns, want.expires_at_ns);
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// The bytes by hand from the message definitions: fields in order of number, times as seconds and
// nanos.
TEST(MeshFormatTest, EntryHasUpstreamsBytes) {
  NotificationEntry entry;
  entry.group_key = "{}:{}";
  entry.receiver = {"w", "webhook", 0};
  entry.timestamp_ns = 1'000'000'002;
  entry.firing_alerts = {1, 300};
  entry.expires_at_ns = 2'000'000'000;
  EXPECT_EQ(HexEncode(EncodeMeshEntry(entry)),
            "0a20"            // entry
            "0a057b7d3a7b7d"  //   group_key "{}:{}"
            "120c0a017712077765"
            "62686f6f6b"    //   receiver {"w" "webhook"}
            "2a0408011002"  //   timestamp {1 2}
            "320301ac02"    //   firing_alerts, packed
            "12020802");    // expires_at {2}
}

TEST(MeshFormatTest, SilenceOfAnOldVersionIsRead) {
  // One matcher in the legacy field; author and text in the old list of comments.
  const std::string silence = FromHex(
      "0a0169"
      "120808011201611a0162"
      "1a020801"
      "22020802"
      "2a020803"
      "3a080a026d65120268"
      "69");
  std::string mesh;
  mesh.push_back(0x0a);
  PutUvarint(mesh, silence.size());
  mesh += silence;
  const auto decoded = DecodeMeshSilence(mesh);
  ASSERT_TRUE(decoded) << decoded.error().message();
  ASSERT_EQ(decoded->silence.matcher_sets.size(), 1u);
  EXPECT_EQ(decoded->silence.matcher_sets[0][0].ToString(), R"(a=~"b")");
  EXPECT_EQ(decoded->silence.starts_at_ns, 1'000'000'000);
  EXPECT_EQ(decoded->silence.created_by, "me");
  EXPECT_EQ(decoded->silence.comment, "hi");
}

TEST(MeshFormatTest, SilenceWithoutMatchersIsRefused) {
  MeshSilence mesh = SampleSilence();
  mesh.silence.matcher_sets.clear();
  EXPECT_FALSE(DecodeMeshSilence(EncodeMeshSilence(mesh)));
}

TEST(MeshFormatTest, DelimitedMessagesSplit) {
  std::string file;
  AppendDelimited(file, "one");
  AppendDelimited(file, "");
  AppendDelimited(file, std::string(300, 'x'));
  const auto messages = SplitDelimited(file);
  ASSERT_TRUE(messages);
  EXPECT_THAT(*messages, ElementsAre("one", "", std::string(300, 'x')));
  for (size_t size = 1; size < file.size(); ++size) {
    const auto cut = SplitDelimited(std::string_view(file).substr(0, size));
    EXPECT_TRUE(!cut || cut->size() < 3) << size;
  }
}

TEST(AlertFormatTest, FileRoundTrips) {
  AlertBatch batch;
  batch.written_at_ns = kTimeNs;
  batch.alerts = {SampleAlert(), SampleAlert()};
  batch.alerts[1].annotations = {};
  const auto decoded = DecodeAlertFile(EncodeAlertFile(batch));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->written_at_ns, kTimeNs);
  ASSERT_EQ(decoded->alerts.size(), 2u);
  const StoredAlert& alert = decoded->alerts[0];
  const StoredAlert want = SampleAlert();
  EXPECT_EQ(alert.labels, want.labels);
  EXPECT_EQ(alert.annotations, want.annotations);
  EXPECT_EQ(alert.starts_at_ns, want.starts_at_ns);
  EXPECT_EQ(alert.ends_at_ns, want.ends_at_ns);
  EXPECT_EQ(alert.updated_at_ns, want.updated_at_ns);
  EXPECT_EQ(alert.is_timeout, want.is_timeout);
  EXPECT_EQ(alert.generator_url, want.generator_url);
  EXPECT_EQ(alert.starts_at_offset_seconds, -3600);
  EXPECT_EQ(alert.ends_at_offset_seconds, 7200);
  EXPECT_EQ(alert.fingerprint, want.fingerprint);
}

TEST(AlertFormatTest, UnknownVersionIsRefused) {
  EXPECT_EQ(DecodeAlertFile("tocsin-alerts 2\n").error().code(), ErrorCode::kCorruption);
}

/// Calls a decoder with every truncation of `bytes` and every bit of it flipped: it must end, with
/// a result or an error. Returns how many truncations it refused.
template <typename Decode>
size_t Torture(const std::string& bytes, Decode decode) {
  size_t refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    if (!decode(std::string_view(bytes).substr(0, size))) ++refused;
  }
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    (void)decode(flipped);
  }
  return refused;
}

TEST(FormatTortureTest, BrokenBytesEndInAnErrorOrAValue) {
  EXPECT_GT(Torture(EncodeMeshSilence(SampleSilence()),
                    [](std::string_view bytes) { return DecodeMeshSilence(bytes); }),
            200u);
  EXPECT_GT(Torture(EncodeMeshEntry(SampleEntry()),
                    [](std::string_view bytes) { return DecodeMeshEntry(bytes); }),
            90u);
  AlertBatch batch;
  batch.alerts = {SampleAlert()};
  EXPECT_GT(Torture(EncodeAlertFile(batch),
                    [](std::string_view bytes) { return DecodeAlertFile(bytes); }),
            100u);
}

}  // namespace
}  // namespace tocsin::alertmanager
