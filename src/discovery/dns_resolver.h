#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace tocsin::discovery {

enum class DnsType : uint16_t { kA = 1, kNs = 2, kMx = 15, kAaaa = 28, kSrv = 33 };

/// An answer to a question: an address, or the name (and for SRV the port) it points to.
struct DnsRecord {
  std::string target;  ///< "10.0.0.1", "::1", or a name without the dot at its end.
  uint16_t port = 0;
  friend bool operator==(const DnsRecord&, const DnsRecord&) = default;
};

/// Asks name servers. Thread-safe.
class DnsResolver {
 public:
  virtual ~DnsResolver() = default;
  /// The records of `type` for `name`, which is completed by the search domains of resolv.conf; no
  /// records if the name does not exist. kUnavailable: no server gave an answer. Blocks.
  virtual Result<std::vector<DnsRecord>> Resolve(const std::string& name, DnsType type) = 0;
};

/// On the system's resolver (resolv.conf), or on one server: `server` as in "127.0.0.1:5353".
std::unique_ptr<DnsResolver> MakeSystemResolver(const std::string& server = "");

/// The records of `type` in the answer section of a message (RFC 1035, §4). kCorruption for bytes
/// that are no answer. Reads nothing outside `message`.
Result<std::vector<DnsRecord>> ParseDnsAnswer(std::string_view message, DnsType type);

}  // namespace tocsin::discovery
