#include "discovery/zookeeper_session.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace tocsin::discovery::zookeeper {
namespace {

constexpr const char* kDefaultPort = "2181";
constexpr size_t kReadBytes = 64 << 10;

Error SystemError(const char* what) {
  return Errorf(ErrorCode::kUnavailable, "{}: {}", what, std::strerror(errno));
}

std::pair<std::string, std::string> SplitHostPort(const std::string& server) {
  const size_t colon = server.rfind(':');
  const bool is_bracketed = server.starts_with('[');
  const size_t bracket = server.find(']');
  const bool is_bare_ipv6 = !is_bracketed && server.find(':') != colon;
  const bool has_port = colon != std::string::npos && !is_bare_ipv6 &&
                        (!is_bracketed || (bracket != std::string::npos && colon > bracket));
  std::string host = has_port ? server.substr(0, colon) : server;
  if (is_bracketed && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::move(host), has_port ? server.substr(colon + 1) : kDefaultPort};
}

// A socket whose connection is under way, to the first address that takes one.
Result<http::FileDescriptor> BeginConnect(const std::string& server) {
  const auto [host, port] = SplitHostPort(server);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failure = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); failure != 0) {
    return Errorf(ErrorCode::kUnavailable, "lookup {}: {}", host, gai_strerror(failure));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    http::FileDescriptor fd(
        socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol));
    if (!fd.is_open()) continue;
    const bool is_begun =
        connect(fd.get(), at->ai_addr, at->ai_addrlen) == 0 || errno == EINPROGRESS;
    if (is_begun) return fd;
  }
  return SystemError("connect");
}

}  // namespace

Result<std::unique_ptr<Session>> Session::Connect(const std::string& server, int32_t timeout_ms,
                                                  int stop_fd) {
  TOCSIN_ASSIGN_OR_RETURN(http::FileDescriptor fd, BeginConnect(server));
  std::unique_ptr<Session> session(new Session(std::move(fd), timeout_ms, stop_fd));
  TOCSIN_RETURN_IF_ERROR(session->FinishConnect());
  TOCSIN_RETURN_IF_ERROR(session->Send(EncodeConnect(timeout_ms)));
  TOCSIN_ASSIGN_OR_RETURN(const std::string answer, session->ReadFrame(timeout_ms));
  TOCSIN_ASSIGN_OR_RETURN(session->timeout_ms_, DecodeConnect(answer));
  return session;
}

Session::~Session() {
  const std::string close = EncodeClose();  // Spares the server the session's timeout.
  [[maybe_unused]] const ssize_t sent =
      send(socket_.get(), close.data(), close.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Status Session::FinishConnect() {
  TOCSIN_RETURN_IF_ERROR(WaitUntilReady(POLLOUT, timeout_ms_));
  int failure = 0;
  socklen_t size = sizeof failure;
  getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure == 0) return {};
  errno = failure;
  return SystemError("connect");
}

Status Session::WaitUntilReady(short events, int32_t timeout_ms) const {
  pollfd waits[] = {{socket_.get(), events, 0}, {stop_fd_, POLLIN, 0}};
  int count = 0;
  do {
    count = poll(waits, 2, timeout_ms);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return SystemError("poll");
  if (waits[1].revents != 0) return Error(ErrorCode::kCanceled, "context canceled");
  if (count == 0) return Error(ErrorCode::kTimeout, "the ZooKeeper server does not answer");
  return {};
}

Status Session::Send(std::string_view frame) {
  while (!frame.empty()) {
    TOCSIN_RETURN_IF_ERROR(WaitUntilReady(POLLOUT, timeout_ms_));
    const ssize_t count = send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return SystemError("send");
    if (count > 0) frame.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

std::optional<std::string> Session::TakeFrame() {
  if (input_.size() < 4) return std::nullopt;
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(input_[i]);
  if (size > kMaxFrameBytes) return "";  // No message is this short: decoding fails.
  if (input_.size() - 4 < size) return std::nullopt;
  std::string frame = input_.substr(4, size);
  input_.erase(0, 4 + size_t{size});
  return frame;
}

Result<std::string> Session::ReadFrame(int32_t timeout_ms) {
  while (true) {
    if (std::optional<std::string> frame = TakeFrame()) return std::move(*frame);
    TOCSIN_RETURN_IF_ERROR(WaitUntilReady(POLLIN, timeout_ms));
    const size_t old_size = input_.size();
    input_.resize(old_size + kReadBytes);
    const ssize_t count = recv(socket_.get(), input_.data() + old_size, kReadBytes, 0);
    input_.resize(old_size + static_cast<size_t>(count > 0 ? count : 0));
    if (count == 0) return Error(ErrorCode::kUnavailable, "the ZooKeeper server closed");
    if (count < 0 && errno != EAGAIN && errno != EINTR) return SystemError("recv");
  }
}

Status Session::TakeEvent(std::string_view body) {
  TOCSIN_ASSIGN_OR_RETURN(WatchEvent event, DecodeEvent(body));
  if (event.type != WatchEvent::kSession) events_.push_back(std::move(event));
  return {};
}

Result<std::string> Session::Call(Operation operation, const std::string& path) {
  const int32_t id = ++last_id_;
  TOCSIN_RETURN_IF_ERROR(Send(EncodeRequest(id, operation, path)));
  while (true) {
    TOCSIN_ASSIGN_OR_RETURN(const std::string frame, ReadFrame(timeout_ms_));
    TOCSIN_ASSIGN_OR_RETURN(const ReplyHeader reply, DecodeReply(frame));
    if (reply.id == kPingId) continue;
    if (reply.id == kEventId) {
      TOCSIN_RETURN_IF_ERROR(TakeEvent(reply.body));
      continue;
    }
    if (reply.id != id) {
      return Errorf(ErrorCode::kCorruption, "answer {} to request {}", reply.id, id);
    }
    if (reply.error == kNoNode) {
      return Errorf(ErrorCode::kNotFound, "path {} does not exist", path);
    }
    if (reply.error != kNone) {
      return Errorf(ErrorCode::kUnavailable, "{}: ZooKeeper error {}", path, reply.error);
    }
    return std::string(reply.body);
  }
}

Result<std::string> Session::GetData(const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string body, Call(Operation::kGetData, path));
  return DecodeData(body);
}

Result<std::vector<std::string>> Session::GetChildren(const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string body, Call(Operation::kGetChildren, path));
  return DecodeChildren(body);
}

Status Session::CheckExists(const std::string& path) {
  TOCSIN_RETURN_IF_ERROR(Call(Operation::kExists, path));
  return {};
}

Result<WatchEvent> Session::WaitForEvent() {
  // Silent for a third of the timeout: ping; for another: gone.
  bool is_pinged = false;
  while (events_.empty()) {
    const auto frame = ReadFrame(timeout_ms_ / 3);
    if (!frame && frame.error().code() == ErrorCode::kTimeout && !is_pinged) {
      TOCSIN_RETURN_IF_ERROR(Send(EncodePing()));
      is_pinged = true;
      continue;
    }
    if (!frame) return frame.error();
    is_pinged = false;
    TOCSIN_ASSIGN_OR_RETURN(const ReplyHeader reply, DecodeReply(*frame));
    if (reply.id == kEventId) TOCSIN_RETURN_IF_ERROR(TakeEvent(reply.body));
  }
  WatchEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace tocsin::discovery::zookeeper
