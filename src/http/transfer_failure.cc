#include "http/transfer_failure.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <cctype>
#include <cstring>

namespace tocsin::http {
namespace {

std::string SystemReason(long error) {
  std::string reason = std::strerror(static_cast<int>(error));
  if (!reason.empty()) {
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  }
  return reason;
}

std::string DialReason(const TransferFailure& failure) {
  if (failure.dial_address.empty())
    return fmt::format("dial {}: {}", failure.dial_network, failure.detail);
  if (failure.os_error == 0) {
    return fmt::format("dial {} {}: {}", failure.dial_network, failure.dial_address,
                       failure.detail);
  }
  return fmt::format("dial {} {}: connect: {}", failure.dial_network, failure.dial_address,
                     SystemReason(failure.os_error));
}

std::string SocketReason(const TransferFailure& failure, std::string_view direction) {
  if (failure.os_error == 0) return std::string(failure.detail);
  return fmt::format("{0} tcp {1}->{2}: {0}: {3}", direction, failure.local_address,
                     failure.dial_address, SystemReason(failure.os_error));
}

std::string CertificateReason(const TransferFailure& failure) {
  constexpr std::string_view kPrefix = "tls: failed to verify certificate: x509: ";
  switch (failure.verify_result) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return std::string(kPrefix) + "certificate signed by unknown authority";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return std::string(kPrefix) + "certificate has expired or is not yet valid";
    default:
      return std::string(kPrefix) + std::string(failure.detail);
  }
}

std::string Reason(const TransferFailure& failure) {
  switch (failure.curl_code) {
    case CURLE_OPERATION_TIMEDOUT:
      return "context deadline exceeded";
    case CURLE_COULDNT_RESOLVE_HOST:
      return fmt::format("dial tcp: lookup {}: no such host", failure.host);
    case CURLE_COULDNT_CONNECT:
      return DialReason(failure);
    case CURLE_RECV_ERROR:
      return SocketReason(failure, "read");
    case CURLE_SEND_ERROR:
      return SocketReason(failure, "write");
    case CURLE_GOT_NOTHING:
      return "EOF";
    case CURLE_PARTIAL_FILE:
      return "unexpected EOF";
    case CURLE_PEER_FAILED_VERIFICATION:
      return CertificateReason(failure);
    case CURLE_UNSUPPORTED_PROTOCOL:
      // libcurl says so, too, of an answer without a status line.
      if (failure.detail.find("HTTP/0.9") != std::string_view::npos) {
        return "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
      }
      return "unsupported protocol scheme";
    default:
      return failure.detail.empty() ? curl_easy_strerror(static_cast<CURLcode>(failure.curl_code))
                                    : std::string(failure.detail);
  }
}

}  // namespace

std::string RequestErrorText(std::string_view method, std::string_view url,
                             std::string_view reason) {
  std::string operation(method);
  for (size_t i = 1; i < operation.size(); ++i) {
    operation[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(operation[i])));
  }
  return fmt::format("{} \"{}\": {}", operation, url, reason);
}

Error DescribeFailure(const TransferFailure& failure) {
  const ErrorCode code =
      failure.curl_code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable;
  const std::string reason = Reason(failure);
  // Go reports what happens to a body without the request before it.
  if (failure.is_in_body) return Error(code, reason);
  return Error(code, RequestErrorText(failure.method, failure.url, reason));
}

}  // namespace tocsin::http
