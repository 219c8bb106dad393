#include "http/event_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/thread_pool.h"

namespace tocsin::http {
namespace {

constexpr int kEventsPerWait = 128;
constexpr int64_t kMsToNs = 1'000'000;
// Time for a client to read the answer to a request that we did not read to its end.
constexpr int64_t kLingerMs = 2'000;
// A connection idle this long may be closed for a new one when all places are taken.
constexpr int64_t kEvictableIdleMs = 5'000;
// Wait before accepting again after running out of file descriptors.
constexpr int64_t kAcceptPauseMs = 100;
// How often a queue of requests is looked at for want of a worker.
constexpr int64_t kStuckCheckMs = 5;
// Reads and answers for one pipelining client before others get their turn.
constexpr int kStepsPerTurn = 64;

constexpr std::string_view kRequestTimeout = "408 Request Timeout";
constexpr std::string_view kBadRequest = "400 Bad Request";
constexpr std::string_view kHeaderTooLarge = "431 Request Header Fields Too Large";

}  // namespace

EventLoop::EventLoop(const EventLoopOptions& options, std::vector<ListenSocket> sockets,
                     WebSecurity& security, Exchange& exchange, WorkerPool& workers,
                     const Clock& clock, Logger& logger)
    : options_(options),
      security_(security),
      exchange_(exchange),
      workers_(workers),
      clock_(clock),
      logger_(logger),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      sockets_(std::move(sockets)) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event);
  SetListening(true);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

EventLoop::~EventLoop() { Stop(); }

void EventLoop::Stop() {
  thread_.request_stop();
  Wake();
  if (thread_.joinable()) thread_.join();
}

void EventLoop::Drain() {
  is_draining_ = true;
  Wake();
}

size_t EventLoop::connection_count() {
  MutexLock lock(mutex_);
  return connections_.size();
}

void EventLoop::CancelAll() {
  MutexLock lock(mutex_);
  for (const auto& [connection, owned] : connections_) {
    connection->CancelRequest();
    // Ends reads and writes that wait for the client.
    ::shutdown(connection->transport().fd(), SHUT_RDWR);
  }
}

void EventLoop::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void EventLoop::Run(const std::stop_token& stop) {
  SetThreadName("http-loop");
  std::array<epoll_event, kEventsPerWait> events;
  int64_t next_sweep_ns = 0;
  while (!stop.stop_requested()) {
    {
      MutexLock lock(mutex_);
      closed_.clear();  // All events that named these have been handled.
    }
    const int64_t wait_ms = workers_.has_queued() ? kStuckCheckMs : SweepIntervalMs();
    const int count =
        epoll_wait(epoll_.get(), events.data(), kEventsPerWait, static_cast<int>(wait_ms));
    for (int i = 0; i < count; ++i) HandleEvent(events[i].data.ptr, events[i].events);
    workers_.AddWorkerIfStuck();
    const int64_t now_ns = clock_.MonotonicNs();
    if (now_ns < next_sweep_ns && !is_draining_) continue;
    next_sweep_ns = now_ns + SweepIntervalMs() * kMsToNs;
    Sweep(now_ns);
  }
}

int64_t EventLoop::SweepIntervalMs() const {
  if (is_draining_) return 10;
  const int64_t shortest_ms = std::min(options_.idle_timeout_ms, options_.header_timeout_ms);
  return std::clamp<int64_t>(shortest_ms / 4, 10, 1000);
}

void EventLoop::HandleEvent(void* tag, uint32_t events) {
  if (tag == nullptr) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = ::read(wakeup_.get(), &count, sizeof count);
    if (is_draining_) {
      is_listening_ = false;
      for (ListenSocket& socket : sockets_) socket.fd.Reset();
    } else if (!is_listening_ && !IsFull()) {
      SetListening(true);
    }
    return;
  }
  for (const ListenSocket& socket : sockets_) {
    if (tag == &socket) return AcceptAll(socket);
  }
  auto& connection = *static_cast<Connection*>(tag);
  if (connection.ReportEvent()) {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) connection.CancelRequest();
    return;
  }
  Advance(connection);
}

// ---- Listening.

void EventLoop::SetListening(bool is_listening) {
  if (is_listening == is_listening_) return;
  is_listening_ = is_listening;
  for (ListenSocket& socket : sockets_) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &socket}};
    epoll_ctl(epoll_.get(), is_listening ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, socket.fd.get(), &event);
  }
}

bool EventLoop::IsFull() {
  MutexLock lock(mutex_);
  return connections_.size() >= options_.max_connections;
}

bool EventLoop::IsSomebodyWaiting() const {
  return std::any_of(sockets_.begin(), sockets_.end(), [](const ListenSocket& socket) {
    pollfd waited{.fd = socket.fd.get(), .events = POLLIN, .revents = 0};
    return poll(&waited, 1, 0) > 0;
  });
}

void EventLoop::AcceptAll(const ListenSocket& socket) {
  while (is_listening_) {
    if (IsFull()) return SetListening(false);
    FileDescriptor fd(accept4(socket.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.is_open()) {
      Adopt(std::move(fd));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    logger_.Warn("Accepting a connection failed", {{"err", std::strerror(errno)}});
    listen_again_ns_ = clock_.MonotonicNs() + kAcceptPauseMs * kMsToNs;
    return SetListening(false);
  }
}

void EventLoop::Adopt(FileDescriptor fd) {
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int raw_fd = fd.get();
  const SocketAddress local = LocalAddress(raw_fd);
  const SocketAddress peer = PeerAddress(raw_fd);
  const auto security = security_.Current();
  auto transport =
      security->tls ? security->tls->Accept(std::move(fd)) : MakePlainTransport(std::move(fd));
  auto owned = std::make_unique<Connection>(std::move(transport), local, peer);
  Connection* connection = owned.get();
  connection->parked_since_ns = clock_.MonotonicNs();
  connection->deadline_ns = DeadlineNs(options_.idle_timeout_ms);
  if (security->tls) {
    connection->header_deadline_ns = DeadlineNs(options_.header_timeout_ms);
    connection->deadline_ns = connection->header_deadline_ns;
  }
  {
    MutexLock lock(mutex_);
    connections_.emplace(connection, std::move(owned));
  }
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.ptr = connection}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, raw_fd, &event);
}

// ---- Parked connections.

void EventLoop::Advance(Connection& connection) {
  if (connection.is_lingering) {
    if (!Discard(connection)) Close(connection);
    return;
  }
  if (connection.transport().is_encrypted()) return Dispatch(connection);
  for (;;) {
    const IoOutcome outcome = connection.Fill();
    if (outcome == IoOutcome::kClosed) return Close(connection);
    if (outcome != IoOutcome::kDone) break;
    size_t header_bytes = 0;
    switch (connection.FindHeader(header_bytes)) {
      case Connection::HeaderState::kComplete:
        return Dispatch(connection);
      case Connection::HeaderState::kTooLarge:
        return Refuse(connection, kHeaderTooLarge);
      case Connection::HeaderState::kMalformed:
        return Refuse(connection, kBadRequest);
      case Connection::HeaderState::kIncomplete:
        break;
    }
  }
  if (connection.input().empty()) return connection.ShrinkInput();
  if (connection.header_deadline_ns == 0) {
    connection.header_deadline_ns = DeadlineNs(options_.header_timeout_ms);
    connection.deadline_ns = connection.header_deadline_ns;
  }
}

bool EventLoop::Discard(Connection& connection) {
  while (clock_.MonotonicNs() < connection.deadline_ns) {
    const IoOutcome outcome = connection.Fill();
    connection.Consume(connection.input().size());
    if (outcome == IoOutcome::kClosed) return false;
    if (outcome == IoOutcome::kDone) continue;
    connection.ShrinkInput();
    return true;
  }
  return false;
}

// A request that never reached a handler. The socket takes these few bytes or the client is not
// there.
void EventLoop::SendRefusal(Connection& connection, std::string_view status_line) {
  const std::string answer = fmt::format(
      "HTTP/1.1 {0}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
      "Content-Length: {1}\r\n\r\n{0}",
      status_line, status_line.size());
  connection.transport().Write(answer, false);
}

void EventLoop::Refuse(Connection& connection, std::string_view status_line) {
  SendRefusal(connection, status_line);
  BeginLinger(connection);
  if (!Discard(connection)) Close(connection);
}

void EventLoop::Sweep(int64_t now_ns) {
  std::vector<Connection*> parked;
  {
    MutexLock lock(mutex_);
    for (const auto& [connection, owned] : connections_) {
      if (connection->owner() == Connection::Owner::kLoop) parked.push_back(connection);
    }
  }
  for (Connection* connection : parked) SweepOne(*connection, now_ns);
  if (is_listening_ || is_draining_ || now_ns < listen_again_ns_) return;
  if (IsFull() && IsSomebodyWaiting()) MakeRoom(parked, now_ns);
  if (!IsFull()) SetListening(true);
}

void EventLoop::SweepOne(Connection& connection, int64_t now_ns) {
  const bool is_between_requests = !connection.is_lingering && connection.header_deadline_ns == 0;
  if (is_draining_ && is_between_requests) return Close(connection);
  if (now_ns < connection.deadline_ns) return;
  if (is_between_requests || connection.is_lingering) return Close(connection);
  // The client of a TLS connection that got stuck could not read the reason.
  if (connection.transport().is_encrypted()) return Close(connection);
  Refuse(connection, kRequestTimeout);
}

void EventLoop::MakeRoom(const std::vector<Connection*>& parked, int64_t now_ns) {
  Connection* oldest = nullptr;
  for (Connection* connection : parked) {
    if (connection->owner() != Connection::Owner::kLoop || connection->is_lingering) continue;
    if (connection->header_deadline_ns != 0) continue;
    if (oldest == nullptr || connection->parked_since_ns < oldest->parked_since_ns) {
      oldest = connection;
    }
  }
  if (oldest == nullptr) return;
  if (now_ns - oldest->parked_since_ns >= kEvictableIdleMs * kMsToNs) Close(*oldest);
}

// ---- Connections of workers.

void EventLoop::Dispatch(Connection& connection) {
  connection.GiveToWorker();
  workers_.Submit([this, &connection] { Work(connection); });
}

void EventLoop::Work(Connection& connection) {
  for (int step = 0; step < kStepsPerTurn; ++step) {
    if (!WorkOnce(connection)) return;
  }
  workers_.Submit([this, &connection] { Work(connection); });
}

bool EventLoop::WorkOnce(Connection& connection) {
  const IoOutcome handshake = connection.transport().Handshake();
  if (handshake == IoOutcome::kClosed) {
    Linger(connection);
    return false;
  }
  if (handshake != IoOutcome::kDone) return !Park(connection);
  size_t header_bytes = 0;
  switch (connection.FindHeader(header_bytes)) {
    case Connection::HeaderState::kComplete:
      return ServeOne(connection, header_bytes);
    case Connection::HeaderState::kTooLarge:
      SendRefusal(connection, kHeaderTooLarge);
      break;
    case Connection::HeaderState::kMalformed:
      SendRefusal(connection, kBadRequest);
      break;
    case Connection::HeaderState::kIncomplete:
      return ReadMore(connection);
  }
  Linger(connection);
  return false;
}

bool EventLoop::ReadMore(Connection& connection) {
  const IoOutcome outcome = connection.Fill();
  if (outcome == IoOutcome::kDone) return true;
  if (outcome == IoOutcome::kClosed) {
    Close(connection);
    return false;
  }
  if (!connection.input().empty() && connection.header_deadline_ns == 0) {
    connection.header_deadline_ns = DeadlineNs(options_.header_timeout_ms);
  }
  connection.ShrinkInput();
  return !Park(connection);
}

bool EventLoop::ServeOne(Connection& connection, size_t header_bytes) {
  connection.header_deadline_ns = 0;
  switch (exchange_.Serve(connection, header_bytes)) {
    case Exchange::Outcome::kKeepAlive:
      return true;
    case Exchange::Outcome::kLinger:
      Linger(connection);
      return false;
    case Exchange::Outcome::kBroken:
      Close(connection);
      return false;
  }
  return false;
}

bool EventLoop::Park(Connection& connection) {
  connection.parked_since_ns = clock_.MonotonicNs();
  if (connection.is_lingering) return connection.TryPark();
  if (connection.header_deadline_ns != 0) {
    connection.deadline_ns = connection.header_deadline_ns;
  } else {
    connection.deadline_ns = DeadlineNs(options_.idle_timeout_ms);
  }
  return connection.TryPark();
}

void EventLoop::BeginLinger(Connection& connection) {
  connection.transport().ShutdownWrite();
  connection.is_lingering = true;
  connection.deadline_ns = DeadlineNs(kLingerMs);
}

void EventLoop::Linger(Connection& connection) {
  BeginLinger(connection);
  do {
    if (!Discard(connection)) return Close(connection);
  } while (!Park(connection));
}

void EventLoop::Close(Connection& connection) {
  bool was_full = false;
  {
    MutexLock lock(mutex_);
    was_full = connections_.size() >= options_.max_connections;
    auto node = connections_.extract(&connection);
    connection.MarkClosed();
    connection.ReleaseTransport();
    closed_.push_back(std::move(node.mapped()));
  }
  if (was_full) Wake();
}

int64_t EventLoop::DeadlineNs(int64_t timeout_ms) const {
  return clock_.MonotonicNs() + timeout_ms * kMsToNs;
}

}  // namespace tocsin::http
