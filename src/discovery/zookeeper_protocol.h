#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The messages of ZooKeeper that discovery needs; the bytes are drawn in the .cc. Encoders make
// whole frames, decoders take the payload of one and read nothing outside of it. Pure.

namespace tocsin::discovery::zookeeper {

/// Larger frames are refused; servers send a little over 1 MiB at most, unless told otherwise.
inline constexpr uint32_t kMaxFrameBytes = 16 << 20;

inline constexpr int32_t kPingId = -2;   ///< What pings and their answers bear.
inline constexpr int32_t kEventId = -1;  ///< What events bear.

enum class Operation : int32_t { kExists = 3, kGetData = 4, kGetChildren = 12 };

enum ReplyError : int32_t { kNone = 0, kNoNode = -101 };

/// Bytes of a connection's first message, for a new session.
std::string EncodeConnect(int32_t timeout_ms);
/// A request for `path` that leaves a watch on it.
std::string EncodeRequest(int32_t id, Operation operation, std::string_view path);
std::string EncodePing();
std::string EncodeClose();

/// The session's timeout that the server grants. kUnavailable when it refuses the session.
Result<int32_t> DecodeConnect(std::string_view payload);

/// What every later message of the server begins with.
struct ReplyHeader {
  int32_t id = 0;
  int32_t error = 0;      ///< 0: none; see ReplyError.
  std::string_view body;  ///< Of the payload; what follows.
};
Result<ReplyHeader> DecodeReply(std::string_view payload);

Result<std::string> DecodeData(std::string_view body);
Result<std::vector<std::string>> DecodeChildren(std::string_view body);

struct WatchEvent {
  enum Type : int32_t { kSession = -1, kCreated = 1, kDeleted = 2, kData = 3, kChildren = 4 };
  int32_t type = kSession;
  std::string path;
};
Result<WatchEvent> DecodeEvent(std::string_view body);

}  // namespace tocsin::discovery::zookeeper
