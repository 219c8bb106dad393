#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/client.h"
#include "http/response_reader.h"

namespace tocsin::http {

/// libcurl's CURL*, of which its header says that it is void*.
using CurlEasy = void*;

class CurlTransfer;

/// Which transfer opened a socket. Only of those that could do without libcurl: when libcurl closes
/// the socket, its connection may be kept.
using SocketOwners = std::unordered_map<int, CurlTransfer*>;

/// What all handles of a client have in common.
struct CurlSetup {
  std::string user_agent;
  SocketOwners* owners = nullptr;  ///< Borrowed.
  /// libcurl's callback in place of close(2), and what it gets as its first argument.
  int (*close_socket)(void* client, int socket) = nullptr;
  void* client = nullptr;
};

/// An easy handle and the options it is set up for, so that the next request of the same job only
/// names its URL. Owns the handle.
struct CurlHandle {
  explicit CurlHandle(const CurlSetup& setup);
  ~CurlHandle();
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  /// Applies what is the same for all requests of `options`; nothing when they are applied already.
  void Use(const std::shared_ptr<const ClientOptions>& options);

  CurlEasy easy;
  SocketOwners& owners;
  /// Kept, shared with the requests of the job, so that an equal address means equal options.
  std::shared_ptr<const ClientOptions> applied;
  std::string packed_body;  ///< Compressed bytes as they arrive; its capacity is used again.
};

/// One request from its start to its answer, over as many redirects as it takes. Confined to the
/// I/O thread.
class CurlTransfer {
 public:
  CurlTransfer(Client::RequestId id, ClientRequest request, Client::Callback done);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Readies `handle`, which it keeps until ReleaseHandle(). Fails when a file of credentials
  /// cannot be read.
  Status Prepare(std::unique_ptr<CurlHandle> handle);
  std::unique_ptr<CurlHandle> ReleaseHandle();

  /// libcurl is done. True when a redirect is to be followed: the handle is ready for it.
  bool FollowsRedirect(int curl_code);
  /// Calls back with the answer or the reason there is none.
  void Finish(int curl_code);
  void Fail(Error error);

  // A plain GET can do without libcurl once there is a connection: DirectExchange.

  /// "host:port" that such a request goes to; "" for one that needs libcurl.
  const std::string& direct_authority() const { return direct_authority_; }
  /// Request line and headers, for a connection to direct_authority().
  Result<std::string> MakeHead(const std::string& user_agent) const;
  std::string TakeBodyBuffer() { return std::move(response_.body); }
  /// Calls back with a complete answer.
  void FinishDirect(ResponseReader& reader, int64_t duration_ns);
  /// Counts time spent in vain against the timeout.
  void AddElapsed(int64_t elapsed_ns) { response_.duration_ns += elapsed_ns; }
  /// Calls back as libcurl's timeout would.
  void FailTimeout(bool is_in_body);
  /// Whether the answer that libcurl received is whole, so far as its headers tell, and lets its
  /// connection carry another request to direct_authority().
  bool LeavesConnection() const;

  Client::RequestId id() const { return id_; }
  CurlEasy easy() const { return handle_->easy; }
  const ClientRequest& request() const { return request_; }

 private:
  struct HeaderList;

  Status Configure();
  void ConfigureMethod();
  void ConfigureServerName();
  static std::string DirectAuthority(const ClientRequest& request);
  Result<Fields> MakeHeaders() const;
  Status AddCredentials(Fields& headers) const;
  Status BuildHeaderList();
  bool IsSameHost(std::string_view other_url) const;
  Result<ClientResponse> TakeResponse(int curl_code);
  bool IsPacked() const;
  Status Unpack();
  Error Failure(int curl_code) const;

  // libcurl's callbacks.
  static size_t OnHeader(char* bytes, size_t size, size_t count, void* transfer);
  static size_t OnBody(char* bytes, size_t size, size_t count, void* transfer);
  static int OnSocket(void* transfer, int purpose, void* address);
  size_t TakeHeader(std::string_view line);
  size_t TakeBody(std::string_view bytes);
  bool IsStreamed() const;

  const Client::RequestId id_;
  ClientRequest request_;
  Client::Callback done_;
  std::unique_ptr<CurlHandle> handle_;
  std::unique_ptr<HeaderList> header_list_;
  ClientResponse response_;
  const std::string direct_authority_;
  std::string url_;           ///< Where it is now.
  std::string dial_address_;  ///< First address tried.
  std::string error_detail_;  ///< libcurl writes into it.
  int redirect_count_ = 0;
  bool keeps_credentials_ = true;
  bool is_in_body_ = false;
  bool is_too_large_ = false;
  bool is_refused_ = false;  ///< By on_body.
  bool is_http_1_1_ = false;
  std::vector<int> owned_sockets_;  ///< Entered in the handle's owners, perhaps gone since.
  uint64_t received_bytes_ = 0;     ///< Of the body, as it came.
};

}  // namespace tocsin::http
