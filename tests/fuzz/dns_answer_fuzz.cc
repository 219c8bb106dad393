// Any bytes as a name server's answer: an error or records, and nothing read outside of them.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "discovery/dns_resolver.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tocsin::discovery;
  const std::string message(reinterpret_cast<const char*>(data), size);
  for (const DnsType type :
       {DnsType::kA, DnsType::kNs, DnsType::kMx, DnsType::kAaaa, DnsType::kSrv}) {
    const auto records = ParseDnsAnswer(message, type);
    if (records && records->size() > size) std::abort();
  }
  return 0;
}
