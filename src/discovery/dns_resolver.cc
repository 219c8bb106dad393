#include "discovery/dns_resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace tocsin::discovery {
namespace {

// The largest a DNS message can be; answers that do not fit a datagram come over TCP.
constexpr size_t kMaxMessageBytes = 65'535;

std::string WithoutDot(std::string name) {
  while (name.ends_with('.')) name.pop_back();
  return name;
}

Error Malformed() { return Error(ErrorCode::kCorruption, "malformed DNS answer"); }

Result<std::string> ReadName(const ns_msg& message, const unsigned char* at) {
  char name[NS_MAXDNAME];
  if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), at, name, sizeof name) < 0) {
    return Malformed();
  }
  return WithoutDot(name);
}

Result<DnsRecord> ReadRecord(const ns_msg& message, const ns_rr& record, DnsType type) {
  const unsigned char* const data = ns_rr_rdata(record);
  const size_t size = ns_rr_rdlen(record);
  DnsRecord result;
  if (type == DnsType::kA || type == DnsType::kAaaa) {
    char text[INET6_ADDRSTRLEN];
    const bool is_v4 = type == DnsType::kA;
    if (size != (is_v4 ? 4u : 16u)) return Malformed();
    inet_ntop(is_v4 ? AF_INET : AF_INET6, data, text, sizeof text);
    result.target = text;
    return result;
  }
  // Numbers before the name: priority, weight and port of SRV; preference of MX.
  const size_t prefix = type == DnsType::kSrv ? 6 : type == DnsType::kMx ? 2 : 0;
  if (size <= prefix) return Malformed();
  if (type == DnsType::kSrv) result.port = static_cast<uint16_t>(data[4] << 8 | data[5]);
  TOCSIN_ASSIGN_OR_RETURN(result.target, ReadName(message, data + prefix));
  return result;
}

class SystemResolver final : public DnsResolver {
 public:
  explicit SystemResolver(const std::string& server) {
    const size_t colon = server.rfind(':');
    if (colon == std::string::npos) return;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::atoi(server.c_str() + colon + 1)));
    if (inet_pton(AF_INET, server.substr(0, colon).c_str(), &address.sin_addr) == 1) {
      server_ = address;
    }
  }

  Result<std::vector<DnsRecord>> Resolve(const std::string& name, DnsType type) override {
    struct __res_state state {};
    if (res_ninit(&state) != 0) return Error(ErrorCode::kUnavailable, "cannot read resolv.conf");
    if (server_) {
      state.nscount = 1;
      state.nsaddr_list[0] = *server_;
    }
    std::string message(kMaxMessageBytes, '\0');
    const int size =
        res_nsearch(&state, name.c_str(), ns_c_in, static_cast<int>(type),
                    reinterpret_cast<unsigned char*>(message.data()), kMaxMessageBytes);
    const int reason = state.res_h_errno;
    res_nclose(&state);
    if (size < 0) {
      if (reason == HOST_NOT_FOUND || reason == NO_DATA) return std::vector<DnsRecord>();
      return Errorf(ErrorCode::kUnavailable, "could not resolve {}: {}", name, hstrerror(reason));
    }
    message.resize(std::min(static_cast<size_t>(size), message.size()));
    return ParseDnsAnswer(message, type);
  }

 private:
  std::optional<sockaddr_in> server_;
};

}  // namespace

Result<std::vector<DnsRecord>> ParseDnsAnswer(std::string_view bytes, DnsType type) {
  ns_msg message;
  if (ns_initparse(reinterpret_cast<const unsigned char*>(bytes.data()),
                   static_cast<int>(bytes.size()), &message) < 0) {
    return Malformed();
  }
  std::vector<DnsRecord> records;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) < 0) return Malformed();
    if (ns_rr_type(record) != static_cast<uint16_t>(type)) continue;  // The aliases on the way.
    TOCSIN_ASSIGN_OR_RETURN(DnsRecord parsed, ReadRecord(message, record, type));
    records.push_back(std::move(parsed));
  }
  return records;
}

std::unique_ptr<DnsResolver> MakeSystemResolver(const std::string& server) {
  return std::make_unique<SystemResolver>(server);
}

}  // namespace tocsin::discovery
