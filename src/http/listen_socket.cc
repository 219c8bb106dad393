#include "http/listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

namespace tocsin::http {
namespace {

// The kernel caps it at net.core.somaxconn; a burst of dashboards must not be refused.
constexpr int kBacklog = 1024;

struct HostAndPort {
  std::string host;
  std::string port;
};

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

std::string SystemReason(int error) {
  std::string reason = std::strerror(error);
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(reason[0]));
  return reason;
}

Result<HostAndPort> SplitListenAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) {
    return Errorf(ErrorCode::kInvalidArgument, "listen tcp: address {}: missing port in address",
                  address);
  }
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return Errorf(ErrorCode::kInvalidArgument, "listen tcp: address {}: too many colons in address",
                  address);
  }
  return HostAndPort{std::string(host), std::string(address.substr(colon + 1))};
}

Result<AddressList> Resolve(std::string_view address, const HostAndPort& target, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(target.host.empty() ? nullptr : target.host.c_str(),
                               target.port.c_str(), &hints, &found);
  if (code != 0) {
    return Errorf(ErrorCode::kInvalidArgument, "listen tcp: address {}: {}", address,
                  gai_strerror(code));
  }
  return AddressList(found, freeaddrinfo);
}

Result<ListenSocket> Bind(std::string_view address, const addrinfo& where) {
  const auto failure = [&](const char* step) {
    return Errorf(ErrorCode::kUnavailable, "listen tcp {}: {}: {}", address, step,
                  SystemReason(errno));
  };
  FileDescriptor fd(socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return failure("socket");
  const int on = 1;
  const int off = 0;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.ai_family == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(fd.get(), where.ai_addr, where.ai_addrlen) != 0) return failure("bind");
  if (listen(fd.get(), kBacklog) != 0) return failure("listen");
  const auto port = static_cast<uint16_t>(LocalAddress(fd.get()).port);
  return ListenSocket{std::move(fd), port};
}

SocketAddress ToText(const sockaddr_storage& storage, socklen_t length) {
  char host[NI_MAXHOST] = "";
  char port[NI_MAXSERV] = "";
  getnameinfo(reinterpret_cast<const sockaddr*>(&storage), length, host, sizeof host, port,
              sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  std::string ip = host;
  // An IPv4 client of a dual-stack socket; Go prints it as IPv4.
  if (ip.starts_with("::ffff:") && ip.find('.') != std::string::npos) ip = ip.substr(7);
  return {ip, std::atoi(port)};
}

}  // namespace

Result<ListenSocket> OpenListenSocket(std::string_view address) {
  TOCSIN_ASSIGN_OR_RETURN(const HostAndPort target, SplitListenAddress(address));
  // Without a host the IPv6 wildcard takes IPv4 too; machines without IPv6 get the IPv4 one.
  if (target.host.empty()) {
    TOCSIN_ASSIGN_OR_RETURN(const AddressList everywhere, Resolve(address, target, AF_INET6));
    if (auto socket = Bind(address, *everywhere)) return socket;
    TOCSIN_ASSIGN_OR_RETURN(const AddressList ipv4, Resolve(address, target, AF_INET));
    return Bind(address, *ipv4);
  }
  TOCSIN_ASSIGN_OR_RETURN(const AddressList found, Resolve(address, target, AF_UNSPEC));
  return Bind(address, *found);
}

SocketAddress LocalAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return ToText(storage, length);
}

SocketAddress PeerAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return ToText(storage, length);
}

}  // namespace tocsin::http
