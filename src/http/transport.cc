#include "http/transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace tocsin::http {
namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(FileDescriptor fd) : fd_(std::move(fd)) {}

  IoOutcome Handshake() override { return IoOutcome::kDone; }

  IoStep Read(char* out, size_t size) override {
    const ssize_t count = ::recv(fd_.get(), out, size, 0);
    if (count > 0) return {IoOutcome::kDone, static_cast<size_t>(count)};
    return {count < 0 && IsTemporary() ? IoOutcome::kNeedsRead : IoOutcome::kClosed};
  }

  IoStep Write(std::string_view bytes, bool more_follows) override {
    const int flags = MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0);
    const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), flags);
    if (count >= 0) return {IoOutcome::kDone, static_cast<size_t>(count)};
    return {IsTemporary() ? IoOutcome::kNeedsWrite : IoOutcome::kClosed};
  }

  void ShutdownWrite() override { ::shutdown(fd_.get(), SHUT_WR); }
  bool is_encrypted() const override { return false; }
  int fd() const override { return fd_.get(); }

 private:
  static bool IsTemporary() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

  FileDescriptor fd_;
};

}  // namespace

std::unique_ptr<Transport> MakePlainTransport(FileDescriptor fd) {
  return std::make_unique<PlainTransport>(std::move(fd));
}

}  // namespace tocsin::http
