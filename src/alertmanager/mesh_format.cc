// The messages (field numbers are upstream's, silence/silencepb and nflog/nflogpb):
//
//   MeshSilence := silence=1 expires_at=2
//   Silence     := id=1 matchers=2* starts_at=3 ends_at=4 updated_at=5 comments=7* created_by=8
//                  comment=9 annotations=10{key=1 value=2} matcher_sets=11*
//   MatcherSet  := matchers=1*
//   Matcher     := type=1 name=2 pattern=3            type: = =~ != !~ as 0 1 2 3
//   Comment     := author=1 comment=2 timestamp=3     (before 0.5; read only)
//
//   MeshEntry   := entry=1 expires_at=2
//   Entry       := group_key=1 receiver=2 timestamp=5 firing_alerts=6 resolved_alerts=7 (packed)
//                  receiver_data=8{key=1 value=2{str_val=1 | int_val=2 | double_val=3}}
//   Receiver    := group_name=1 integration=2 idx=3
#include "alertmanager/mesh_format.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "alertmanager/protobuf_wire.h"

namespace tocsin::alertmanager {

namespace {

Error Corrupt(std::string_view what) {
  return Errorf(ErrorCode::kCorruption, "malformed {}", what);
}

// Matchers of the two regular types change places between us and the wire.
constexpr MatchType kMatchTypes[] = {MatchType::kEqual, MatchType::kRegex, MatchType::kNotEqual,
                                     MatchType::kNotRegex};

uint64_t WireTypeOf(MatchType type) {
  return static_cast<uint64_t>(std::find(kMatchTypes, kMatchTypes + 4, type) - kMatchTypes);
}

std::string EncodeMatcher(const Matcher& matcher) {
  std::string out;
  ProtobufWriter writer(out);
  writer.Uint(1, WireTypeOf(matcher.type()));
  writer.Bytes(2, matcher.name());
  writer.Bytes(3, matcher.value());
  return out;
}

Result<Matcher> DecodeMatcher(std::string_view message) {
  uint64_t type = 0;
  std::string_view name;
  std::string_view pattern;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) type = reader.number();
    if (reader.field() == 2) name = reader.bytes();
    if (reader.field() == 3) pattern = reader.bytes();
  }
  if (reader.failed() || type >= std::size(kMatchTypes)) return Corrupt("matcher");
  return MakeSilenceMatcher(kMatchTypes[type], name, pattern);
}

std::string EncodeMatchers(const MatcherSet& matchers, uint32_t field) {
  std::string out;
  for (const Matcher& matcher : matchers) {
    ProtobufWriter(out).Message(field, EncodeMatcher(matcher));
  }
  return out;
}

Status DecodeMatcherSet(std::string_view message, std::vector<MatcherSet>& sets) {
  MatcherSet matchers;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() != 1 || !reader.is_bytes()) continue;
    TOCSIN_ASSIGN_OR_RETURN(Matcher matcher, DecodeMatcher(reader.bytes()));
    matchers.push_back(std::move(matcher));
  }
  if (reader.failed()) return Corrupt("matcher set");
  sets.push_back(std::move(matchers));
  return {};
}

Status DecodeStringEntry(std::string_view message, std::map<std::string, std::string>& map) {
  std::string key;
  std::string value;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) key = reader.bytes();
    if (reader.field() == 2) value = reader.bytes();
  }
  if (reader.failed()) return Corrupt("annotation");
  map.insert_or_assign(std::move(key), std::move(value));
  return {};
}

// Silences of old files carry author and text in a list of comments.
Status DecodeLegacyComment(std::string_view message, Silence& silence) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1 && silence.created_by.empty()) silence.created_by = reader.bytes();
    if (reader.field() == 2 && silence.comment.empty()) silence.comment = reader.bytes();
  }
  if (reader.failed()) return Corrupt("comment");
  return {};
}

Status DecodeTime(std::string_view message, int64_t& unix_ns) {
  if (DecodeTimestamp(message, unix_ns)) return {};
  return Corrupt("timestamp");
}

std::string EncodeSilence(const Silence& silence) {
  std::string out;
  ProtobufWriter writer(out);
  writer.Bytes(1, silence.id);
  // Also in the field of versions that know one set only, so that they can read the file.
  if (!silence.matcher_sets.empty()) out.append(EncodeMatchers(silence.matcher_sets.front(), 2));
  writer.Message(3, EncodeTimestamp(silence.starts_at_ns));
  writer.Message(4, EncodeTimestamp(silence.ends_at_ns));
  writer.Message(5, EncodeTimestamp(silence.updated_at_ns));
  writer.Bytes(8, silence.created_by);
  writer.Bytes(9, silence.comment);
  for (const auto& [key, value] : silence.annotations) {
    std::string entry;
    ProtobufWriter(entry).Bytes(1, key);
    ProtobufWriter(entry).Bytes(2, value);
    writer.Message(10, entry);
  }
  for (const MatcherSet& matchers : silence.matcher_sets) {
    writer.Message(11, EncodeMatchers(matchers, 1));
  }
  return out;
}

Status DecodeSilenceField(const ProtobufReader& reader, Silence& silence, MatcherSet& legacy) {
  const std::string_view bytes = reader.bytes();
  switch (reader.field()) {
    case 1:
      silence.id = bytes;
      return {};
    case 2: {
      TOCSIN_ASSIGN_OR_RETURN(Matcher matcher, DecodeMatcher(bytes));
      legacy.push_back(std::move(matcher));
      return {};
    }
    case 3:
      return DecodeTime(bytes, silence.starts_at_ns);
    case 4:
      return DecodeTime(bytes, silence.ends_at_ns);
    case 5:
      return DecodeTime(bytes, silence.updated_at_ns);
    case 7:
      return DecodeLegacyComment(bytes, silence);
    case 8:
      silence.created_by = bytes;
      return {};
    case 9:
      silence.comment = bytes;
      return {};
    case 10:
      return DecodeStringEntry(bytes, silence.annotations);
    case 11:
      return DecodeMatcherSet(bytes, silence.matcher_sets);
    default:
      return {};
  }
}

Result<Silence> DecodeSilence(std::string_view message) {
  Silence silence;
  MatcherSet legacy;
  ProtobufReader reader(message);
  while (reader.Next()) TOCSIN_RETURN_IF_ERROR(DecodeSilenceField(reader, silence, legacy));
  if (reader.failed() || silence.id.empty()) return Corrupt("silence");
  if (silence.matcher_sets.empty()) silence.matcher_sets.push_back(std::move(legacy));
  // A set without matchers would mute everything.
  for (const MatcherSet& matchers : silence.matcher_sets) {
    if (matchers.empty()) return Corrupt("silence: no matchers");
  }
  return silence;
}

std::string EncodePacked(const std::vector<uint64_t>& numbers) {
  std::string out;
  for (const uint64_t number : numbers) PutUvarint(out, number);
  return out;
}

// Packed, or a field each: readers must take both.
Status DecodeNumbers(const ProtobufReader& reader, std::vector<uint64_t>& numbers) {
  if (reader.is_varint()) {
    numbers.push_back(reader.number());
    return {};
  }
  ByteReader packed(reader.bytes());
  while (packed.remaining() > 0) numbers.push_back(packed.ReadUvarint());
  if (packed.failed()) return Corrupt("list of alerts");
  return {};
}

std::string EncodeReceiver(const ReceiverKey& receiver) {
  std::string out;
  ProtobufWriter writer(out);
  writer.Bytes(1, receiver.receiver);
  writer.Bytes(2, receiver.integration);
  writer.Uint(3, receiver.index);
  return out;
}

Status DecodeReceiver(std::string_view message, ReceiverKey& receiver) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) receiver.receiver = reader.bytes();
    if (reader.field() == 2) receiver.integration = reader.bytes();
    if (reader.field() == 3) receiver.index = static_cast<uint32_t>(reader.number());
  }
  if (reader.failed()) return Corrupt("receiver");
  return {};
}

std::string EncodeReceiverValue(const std::string& key, const ReceiverValue& value) {
  std::string encoded;
  ProtobufWriter writer(encoded);
  if (const auto* text = std::get_if<std::string>(&value)) {
    writer.Message(1, *text);
  } else if (const auto* number = std::get_if<int64_t>(&value)) {
    PutUvarint(encoded, 2 << 3 | 0);
    PutUvarint(encoded, static_cast<uint64_t>(*number));
  } else {
    writer.Double(3, std::get<double>(value));
  }
  std::string out;
  ProtobufWriter(out).Bytes(1, key);
  ProtobufWriter(out).Message(2, encoded);
  return out;
}

Status DecodeReceiverValue(std::string_view message, std::map<std::string, ReceiverValue>& values) {
  std::string key;
  ReceiverValue value;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) key = reader.bytes();
    if (reader.field() != 2) continue;
    ProtobufReader inner(reader.bytes());
    while (inner.Next()) {
      if (inner.field() == 1) value = std::string(inner.bytes());
      if (inner.field() == 2) value = static_cast<int64_t>(inner.number());
      if (inner.field() == 3) value = std::bit_cast<double>(inner.number());
    }
    if (inner.failed()) return Corrupt("receiver data");
  }
  if (reader.failed()) return Corrupt("receiver data");
  values.insert_or_assign(std::move(key), std::move(value));
  return {};
}

std::string EncodeEntry(const NotificationEntry& entry) {
  std::string out;
  ProtobufWriter writer(out);
  writer.Bytes(1, entry.group_key);
  writer.Message(2, EncodeReceiver(entry.receiver));
  writer.Message(5, EncodeTimestamp(entry.timestamp_ns));
  writer.Bytes(6, EncodePacked(entry.firing_alerts));
  writer.Bytes(7, EncodePacked(entry.resolved_alerts));
  for (const auto& [key, value] : entry.receiver_values) {
    writer.Message(8, EncodeReceiverValue(key, value));
  }
  return out;
}

Status DecodeEntryField(const ProtobufReader& reader, NotificationEntry& entry) {
  switch (reader.field()) {
    case 1:
      entry.group_key = reader.bytes();
      return {};
    case 2:
      return DecodeReceiver(reader.bytes(), entry.receiver);
    case 5:
      return DecodeTime(reader.bytes(), entry.timestamp_ns);
    case 6:
      return DecodeNumbers(reader, entry.firing_alerts);
    case 7:
      return DecodeNumbers(reader, entry.resolved_alerts);
    case 8:
      return DecodeReceiverValue(reader.bytes(), entry.receiver_values);
    default:
      return {};
  }
}

Result<NotificationEntry> DecodeEntry(std::string_view message) {
  NotificationEntry entry;
  ProtobufReader reader(message);
  while (reader.Next()) TOCSIN_RETURN_IF_ERROR(DecodeEntryField(reader, entry));
  if (reader.failed() || entry.group_key.empty()) return Corrupt("notification log entry");
  std::sort(entry.firing_alerts.begin(), entry.firing_alerts.end());
  std::sort(entry.resolved_alerts.begin(), entry.resolved_alerts.end());
  return entry;
}

}  // namespace

std::string EncodeMeshSilence(const MeshSilence& silence) {
  std::string out;
  ProtobufWriter(out).Message(1, EncodeSilence(silence.silence));
  ProtobufWriter(out).Message(2, EncodeTimestamp(silence.expires_at_ns));
  return out;
}

Result<MeshSilence> DecodeMeshSilence(std::string_view message) {
  MeshSilence result;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) {
      TOCSIN_ASSIGN_OR_RETURN(result.silence, DecodeSilence(reader.bytes()));
    } else if (reader.field() == 2) {
      TOCSIN_RETURN_IF_ERROR(DecodeTime(reader.bytes(), result.expires_at_ns));
    }
  }
  if (reader.failed() || result.silence.id.empty()) return Corrupt("silence");
  return result;
}

std::string EncodeMeshEntry(const NotificationEntry& entry) {
  std::string out;
  ProtobufWriter(out).Message(1, EncodeEntry(entry));
  ProtobufWriter(out).Message(2, EncodeTimestamp(entry.expires_at_ns));
  return out;
}

Result<NotificationEntry> DecodeMeshEntry(std::string_view message) {
  NotificationEntry entry;
  int64_t expires_at_ns = 0;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) {
      TOCSIN_ASSIGN_OR_RETURN(entry, DecodeEntry(reader.bytes()));
    } else if (reader.field() == 2) {
      TOCSIN_RETURN_IF_ERROR(DecodeTime(reader.bytes(), expires_at_ns));
    }
  }
  if (reader.failed() || entry.group_key.empty()) return Corrupt("notification log entry");
  entry.expires_at_ns = expires_at_ns;
  return entry;
}

void AppendDelimited(std::string& out, std::string_view message) {
  PutUvarint(out, message.size());
  out.append(message);
}

Result<std::vector<std::string_view>> SplitDelimited(std::string_view file) {
  std::vector<std::string_view> messages;
  ByteReader reader(file);
  while (reader.remaining() > 0) {
    messages.push_back(reader.ReadUvarintBytes());
    if (reader.failed()) return Corrupt("file: a message is cut off");
  }
  return messages;
}

}  // namespace tocsin::alertmanager
