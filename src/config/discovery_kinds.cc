#include <array>

#include "config/discovery_dns.h"
#include "config/discovery_http.h"
#include "config/discovery_kind.h"

namespace tocsin::config {

const DiscoveryKind* FindDiscoveryKind(std::string_view key) {
  static const std::array kKinds = {
      DnsDiscoveryKind(),
      HttpDiscoveryKind(),
  };
  for (const DiscoveryKind& kind : kKinds) {
    if (kind.key == key) return &kind;
  }
  return nullptr;
}

}  // namespace tocsin::config
