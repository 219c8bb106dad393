#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/file_descriptor.h"

namespace tocsin::http {

/// A non-blocking listening socket and the port it got.
struct ListenSocket {
  FileDescriptor fd;
  uint16_t port = 0;
};

/// Binds "host:port", ":port" (all addresses, IPv4 and IPv6) or "[::1]:port". kUnavailable with
/// Go's text: "listen tcp 127.0.0.1:9090: bind: address already in use".
Result<ListenSocket> OpenListenSocket(std::string_view address);

/// Both ends of a connection in text.
struct SocketAddress {
  std::string ip;
  int port = 0;
};
SocketAddress LocalAddress(int fd);
SocketAddress PeerAddress(int fd);

}  // namespace tocsin::http
