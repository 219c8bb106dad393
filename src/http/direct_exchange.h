#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "http/curl_transfer.h"
#include "http/file_descriptor.h"
#include "http/response_reader.h"

namespace tocsin::http {

/// A GET and its answer over a kept connection, without libcurl: one write and as many reads as
/// the answer takes. Whatever goes wrong but time and size is left to libcurl, which gets the
/// request anew and finds the words for what it meets. Confined to the I/O thread.
class DirectExchange {
 public:
  enum class Progress : uint8_t { kMore, kComplete, kTooLarge, kFailed };

  /// `socket` is non-blocking and connected to what `transfer` asks.
  DirectExchange(std::unique_ptr<CurlTransfer> transfer, FileDescriptor socket, int64_t start_ns);

  /// Sends the request. False: the connection does not take it.
  bool Send(const std::string& user_agent);
  /// The socket is readable. `scratch` receives what is there.
  Progress Receive(std::span<char> scratch);

  int fd() const { return socket_.get(); }
  int64_t deadline_ns() const { return deadline_ns_; }
  const CurlTransfer& transfer() const { return *transfer_; }

  // What comes after; each ends the exchange.

  /// Calls back with the answer. Returns the socket if it can be used again, else a closed one.
  FileDescriptor Finish(int64_t now_ns);
  void FailTooLarge();
  void FailTimeout();
  /// The request, to be sent in another way in the time that is left.
  std::unique_ptr<CurlTransfer> ReleaseTransfer(int64_t now_ns);

 private:
  std::unique_ptr<CurlTransfer> transfer_;
  FileDescriptor socket_;
  ResponseReader reader_;
  const int64_t start_ns_;
  const int64_t deadline_ns_;
};

}  // namespace tocsin::http
