// ZooKeeper's messages ("jute"). Numbers are big endian, bytes and texts come after their length as
// an int (-1: null), vectors after their count.
//
//   frame     = length:int payload
//   connect   = version:int(0) last_zxid:long timeout_ms:int session:long password:bytes
//   connected = version:int timeout_ms:int session:long password:bytes [read_only:bool]
//   request   = id:int operation:int path:text watch:bool       id from 1
//   ping      = id:int(-2) operation:int(11)
//   close     = id:int operation:int(-11)
//   reply     = id:int zxid:long error:int body
//   body      = data:bytes stat | children:vector<text> stat | stat      by operation
//             | type:int state:int path:text                    an event, with id -1
//   stat      = 68 bytes, of which nothing is needed here
#include "discovery/zookeeper_protocol.h"

namespace tocsin::discovery::zookeeper {
namespace {

constexpr int32_t kPing = 11;
constexpr int32_t kClose = -11;
constexpr size_t kPasswordBytes = 16;

void AppendNumber(std::string& out, uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xFF);
  }
}

void AppendInt(std::string& out, int32_t value) {
  AppendNumber(out, static_cast<uint32_t>(value), 4);
}

void AppendBytes(std::string& out, std::string_view bytes) {
  AppendInt(out, static_cast<int32_t>(bytes.size()));
  out += bytes;
}

std::string Frame(const std::string& payload) {
  std::string frame;
  AppendBytes(frame, payload);
  return frame;
}

/// Takes a message apart. After the first short read everything fails.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  int32_t Int() {
    const std::string_view bytes = Take(4);
    uint32_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<int32_t>(value);
  }
  std::string_view Bytes() {
    const int32_t size = Int();
    return size <= 0 ? std::string_view() : Take(static_cast<size_t>(size));
  }
  std::string_view Take(size_t size) {
    if (size > rest_.size()) {
      is_short_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest() const { return rest_; }
  Status status() const {
    if (!is_short_) return {};
    return Error(ErrorCode::kCorruption, "a message of the ZooKeeper server is too short");
  }

 private:
  std::string_view rest_;
  bool is_short_ = false;
};

}  // namespace

std::string EncodeConnect(int32_t timeout_ms) {
  std::string payload;
  AppendInt(payload, 0);
  AppendNumber(payload, 0, 8);
  AppendInt(payload, timeout_ms);
  AppendNumber(payload, 0, 8);
  AppendBytes(payload, std::string(kPasswordBytes, '\0'));
  return Frame(payload);
}

std::string EncodeRequest(int32_t id, Operation operation, std::string_view path) {
  std::string payload;
  AppendInt(payload, id);
  AppendInt(payload, static_cast<int32_t>(operation));
  AppendBytes(payload, path);
  payload += '\1';
  return Frame(payload);
}

std::string EncodePing() {
  std::string payload;
  AppendInt(payload, kPingId);
  AppendInt(payload, kPing);
  return Frame(payload);
}

std::string EncodeClose() {
  std::string payload;
  AppendInt(payload, 0);
  AppendInt(payload, kClose);
  return Frame(payload);
}

Result<int32_t> DecodeConnect(std::string_view payload) {
  Reader reader(payload);
  reader.Int();
  const int32_t timeout_ms = reader.Int();
  TOCSIN_RETURN_IF_ERROR(reader.status());
  if (timeout_ms <= 0) return Error(ErrorCode::kUnavailable, "the server refuses the session");
  return timeout_ms;
}

Result<ReplyHeader> DecodeReply(std::string_view payload) {
  Reader reader(payload);
  ReplyHeader header;
  header.id = reader.Int();
  reader.Take(8);
  header.error = reader.Int();
  header.body = reader.rest();
  TOCSIN_RETURN_IF_ERROR(reader.status());
  return header;
}

Result<std::string> DecodeData(std::string_view body) {
  Reader reader(body);
  std::string data(reader.Bytes());
  TOCSIN_RETURN_IF_ERROR(reader.status());
  return data;
}

Result<std::vector<std::string>> DecodeChildren(std::string_view body) {
  Reader reader(body);
  std::vector<std::string> children;
  // The count is the server's word: each child is read before there is room for the next.
  for (int32_t left = reader.Int(); left > 0; --left) {
    children.emplace_back(reader.Bytes());
    TOCSIN_RETURN_IF_ERROR(reader.status());
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  return children;
}

Result<WatchEvent> DecodeEvent(std::string_view body) {
  Reader reader(body);
  WatchEvent event;
  event.type = reader.Int();
  reader.Int();
  event.path = reader.Bytes();
  TOCSIN_RETURN_IF_ERROR(reader.status());
  return event;
}

}  // namespace tocsin::discovery::zookeeper
