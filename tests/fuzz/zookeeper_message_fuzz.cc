// Any bytes as a ZooKeeper server's message: an error or values, and nothing read outside of them.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "discovery/zookeeper_discovery.h"
#include "discovery/zookeeper_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tocsin::discovery;
  const std::string message(reinterpret_cast<const char*>(data), size);
  [[maybe_unused]] const auto connected = zookeeper::DecodeConnect(message);
  const auto reply = zookeeper::DecodeReply(message);
  if (!reply) return 0;
  const auto member = zookeeper::DecodeData(reply->body);
  const auto children = zookeeper::DecodeChildren(reply->body);
  const auto event = zookeeper::DecodeEvent(reply->body);
  // A child takes four bytes at least.
  if (children && children->size() > size / 4) std::abort();
  if (event && event->path.size() > size) std::abort();
  if (!member) return 0;
  for (const auto& parse : {ParseServersetMember, ParseNerveMember}) {
    const auto labels = parse(*member, "/member");
    if (labels && labels->Get("__address__").empty()) std::abort();
  }
  return 0;
}
