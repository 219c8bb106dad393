#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"

namespace tocsin::http {

/// libcurl's CURL*, of which its header says that it is void*.
using CurlEasy = void*;

/// An easy handle and the options it is set up for, so that the next request of the same job only
/// names its URL. Owns the handle.
struct CurlHandle {
  explicit CurlHandle(const std::string& user_agent);
  ~CurlHandle();
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  /// Applies what is the same for all requests of `options`; nothing when they are applied already.
  void Use(const std::shared_ptr<const ClientOptions>& options);

  CurlEasy easy;
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

  Client::RequestId id() const { return id_; }
  CurlEasy easy() const { return handle_->easy; }
  const ClientRequest& request() const { return request_; }

 private:
  struct HeaderList;

  Status Configure();
  void ConfigureMethod();
  void ConfigureServerName();
  Status BuildHeaders();
  Status AddCredentials();
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

  const Client::RequestId id_;
  ClientRequest request_;
  Client::Callback done_;
  std::unique_ptr<CurlHandle> handle_;
  std::unique_ptr<HeaderList> header_list_;
  ClientResponse response_;
  std::string url_;           ///< Where it is now.
  std::string dial_address_;  ///< First address tried.
  std::string error_detail_;  ///< libcurl writes into it.
  int redirect_count_ = 0;
  bool keeps_credentials_ = true;
  bool is_in_body_ = false;
  bool is_too_large_ = false;
};

}  // namespace tocsin::http
