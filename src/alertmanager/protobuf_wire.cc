#include "alertmanager/protobuf_wire.h"

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
// Go writes its zero time (year 1) for unset times of old files; it counts as unset here too.
constexpr int64_t kGoZeroSeconds = -62135596800;

}  // namespace

bool ProtobufReader::Next() {
  if (failed_ || bytes_.remaining() == 0) return false;
  const uint64_t key = bytes_.ReadUvarint();
  field_ = static_cast<uint32_t>(key >> 3);
  type_ = static_cast<WireType>(key & 7);
  number_ = 0;
  value_ = {};
  switch (type_) {
    case WireType::kVarint:
      number_ = bytes_.ReadUvarint();
      break;
    case WireType::kBytes:
      value_ = bytes_.ReadUvarintBytes();
      break;
    case WireType::kFixed64:
      number_ = __builtin_bswap64(bytes_.ReadBE64());
      break;
    case WireType::kFixed32:
      bytes_.ReadBytes(4);
      break;
    default:
      failed_ = true;
  }
  failed_ = failed_ || bytes_.failed() || field_ == 0 || key >> 35 != 0;
  return !failed_;
}

std::string EncodeTimestamp(int64_t unix_ns) {
  int64_t seconds = unix_ns / kNanosPerSecond;
  int64_t nanos = unix_ns % kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  }
  std::string out;
  ProtobufWriter writer(out);
  writer.Uint(1, static_cast<uint64_t>(seconds));
  writer.Uint(2, static_cast<uint64_t>(nanos));
  return out;
}

bool DecodeTimestamp(std::string_view message, int64_t& unix_ns) {
  int64_t seconds = 0;
  int64_t nanos = 0;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) seconds = static_cast<int64_t>(reader.number());
    if (reader.field() == 2) nanos = static_cast<int64_t>(reader.number());
  }
  if (reader.failed() || nanos < 0 || nanos >= kNanosPerSecond) return false;
  if (seconds == kGoZeroSeconds) {
    unix_ns = 0;
    return true;
  }
  return !__builtin_mul_overflow(seconds, kNanosPerSecond, &unix_ns) &&
         !__builtin_add_overflow(unix_ns, nanos, &unix_ns);
}

}  // namespace tocsin::alertmanager
