#include "rules/host_port.h"

#include <arpa/inet.h>

#include <optional>

namespace tocsin::rules {
namespace {

struct HostPort {
  std::string host;
  std::string port;
};

// Go's net.SplitHostPort.
std::optional<HostPort> Split(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos || close + 1 != colon) return std::nullopt;
    host = text.substr(1, close - 1);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.find_first_of("[]") != std::string_view::npos) return std::nullopt;
  return HostPort{std::string(host), std::string(text.substr(colon + 1))};
}

bool IsAddress(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

std::string StripPort(std::string_view host_port) {
  const std::optional<HostPort> parts = Split(host_port);
  return parts ? parts->host : std::string(host_port);
}

std::string StripDomain(std::string_view host_port) {
  const std::optional<HostPort> parts = Split(host_port);
  const std::string host = parts ? parts->host : std::string(host_port);
  if (IsAddress(host)) return std::string(host_port);
  const std::string first = host.substr(0, host.find('.'));
  return parts && !parts->port.empty() ? first + ":" + parts->port : first;
}

}  // namespace tocsin::rules
