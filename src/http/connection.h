#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/mutex.h"
#include "http/listen_socket.h"
#include "http/transport.h"

namespace tocsin::http {

/// One client connection: its bytes, the part of them not yet understood, and who may touch it. An
/// idle connection belongs to the event loop, a busy one to the worker that serves it; `owner`
/// hands it over. Only ReportEvent() and CancelRequest() may be called by whoever does not own it.
class Connection {
 public:
  enum class Owner {
    kLoop,             ///< Parked: the event loop waits for bytes.
    kWorker,           ///< A worker reads, answers or writes.
    kWorkerWithEvent,  ///< The same, and the socket has reported something since.
    kNobody,           ///< Closed; the object waits for the loop to free it.
  };
  enum class HeaderState { kIncomplete, kComplete, kTooLarge, kMalformed };

  Connection(std::unique_ptr<Transport> transport, SocketAddress local, SocketAddress peer)
      : local_(std::move(local)), peer_(std::move(peer)), transport_(std::move(transport)) {}

  // Hand-over. See `Owner`.
  Owner owner() const { return owner_.load(); }
  void GiveToWorker() { owner_.store(Owner::kWorker); }
  /// True when the loop owns it from now on; false when the socket reported something meanwhile,
  /// then the caller keeps it and reads again.
  bool TryPark();
  void MarkClosed() { owner_.store(Owner::kNobody); }
  /// Notes an event for the worker that owns it; false when it is parked.
  bool ReportEvent();

  /// A new request begins: its token, to be canceled when the client goes away. Until EndRequest().
  CancelToken& BeginRequest(const Clock& clock) EXCLUDES(mutex_);
  void EndRequest() EXCLUDES(mutex_);
  void CancelRequest() EXCLUDES(mutex_);

  // The rest is for the owner.
  Transport& transport() { return *transport_; }
  const SocketAddress& local() const { return local_; }
  const SocketAddress& peer() const { return peer_; }

  /// Reads once, without blocking, into the input.
  IoOutcome Fill();
  /// Received and not yet consumed.
  std::string_view input() const { return std::string_view(input_).substr(consumed_); }
  void Consume(size_t size);
  /// Whether the input starts with a whole request line and headers; `size` is their length when it
  /// does.
  HeaderState FindHeader(size_t& size);
  /// Gives memory back before waiting or after closing.
  void ShrinkInput();

  /// Waits until the socket is ready or monotonic time reached `until_ns` (false).
  bool WaitReady(IoOutcome what, const Clock& clock, int64_t until_ns);

  /// Gives up the socket. Nothing but owner() may be asked afterwards.
  void ReleaseTransport() { transport_.reset(); }

  /// When the headers under way (or the TLS handshake) must be complete; 0 between requests.
  int64_t header_deadline_ns = 0;
  /// When the loop gives up on it while parked.
  int64_t deadline_ns = 0;
  int64_t parked_since_ns = 0;
  /// The answer is out and the connection will be closed once the client has read it (RFC 9112
  /// §9.6).
  bool is_lingering = false;

 private:
  const SocketAddress local_;
  const SocketAddress peer_;

  std::atomic<Owner> owner_{Owner::kLoop};

  Mutex mutex_;
  std::optional<CancelToken> cancel_ GUARDED_BY(mutex_);
  bool is_peer_gone_ GUARDED_BY(mutex_) = false;

  // Owner's.
  std::unique_ptr<Transport> transport_;
  std::string input_;
  size_t consumed_ = 0;
  size_t scanned_ = 0;  ///< Of input(): holds no end of headers.
};

}  // namespace tocsin::http
