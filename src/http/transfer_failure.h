#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::http {

/// What libcurl knows about a request that failed.
struct TransferFailure {
  int curl_code = 0;
  long os_error = 0;             ///< errno of the socket, 0 if none.
  long verify_result = 0;        ///< OpenSSL's X509_V_ERR_…, 0 if none.
  std::string_view detail = {};  ///< libcurl's own sentence.
  std::string_view host = {};    ///< Of the URL.
  std::string_view dial_network = "tcp";
  std::string_view dial_address = {};   ///< "ip:port" or socket tried first, "" before.
  std::string_view local_address = {};  ///< "" unless connected.
  bool is_in_body = false;              ///< The response's headers had arrived.
  std::string_view method = {};
  std::string_view url = {};  ///< Without password.
};

/// The sentence that Go's net/http says for it, which users know from lastError: `Get
/// "http://x:1/metrics": dial tcp 127.0.0.1:1: connect: connection refused`. kTimeout or
/// kUnavailable.
Error DescribeFailure(const TransferFailure& failure);

/// `Get "URL": reason`, as Go's url.Error.
std::string RequestErrorText(std::string_view method, std::string_view url,
                             std::string_view reason);

}  // namespace tocsin::http
