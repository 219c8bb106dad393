#include "http/connection.h"

#include <poll.h>

#include <algorithm>

namespace tocsin::http {
namespace {

constexpr size_t kReadBytes =
    16 << 10;  // A request of a dashboard fits; parked connections hold none.
constexpr size_t kMaxHeaderBytes = 64 << 10;  // Browsers send below 16 KB; workers copy it all.

}  // namespace

bool Connection::TryPark() {
  Owner expected = Owner::kWorker;
  if (owner_.compare_exchange_strong(expected, Owner::kLoop)) return true;
  owner_.store(Owner::kWorker);
  return false;
}

bool Connection::ReportEvent() {
  Owner owner = owner_.load();
  while (owner == Owner::kWorker) {
    if (owner_.compare_exchange_weak(owner, Owner::kWorkerWithEvent)) return true;
  }
  return owner != Owner::kLoop;
}

CancelToken& Connection::BeginRequest(const Clock& clock) {
  MutexLock lock(mutex_);
  cancel_.emplace(clock);
  if (is_peer_gone_) cancel_->Cancel();
  return *cancel_;
}

void Connection::EndRequest() {
  MutexLock lock(mutex_);
  cancel_.reset();
}

void Connection::CancelRequest() {
  MutexLock lock(mutex_);
  is_peer_gone_ = true;
  if (cancel_) cancel_->Cancel();
}

IoOutcome Connection::Fill() {
  if (consumed_ > 0) {
    input_.erase(0, consumed_);
    consumed_ = 0;
  }
  const size_t old_size = input_.size();
  input_.resize(old_size + kReadBytes);
  const IoStep step = transport_->Read(input_.data() + old_size, kReadBytes);
  input_.resize(old_size + (step.outcome == IoOutcome::kDone ? step.size : 0));
  return step.outcome;
}

void Connection::Consume(size_t size) {
  consumed_ += size;
  scanned_ = 0;
}

Connection::HeaderState Connection::FindHeader(size_t& size) {
  // Empty lines before a request are to be ignored (RFC 9112 §2.2).
  while (input().starts_with("\r\n")) Consume(2);
  const std::string_view text = input();
  if (text == "\r") return HeaderState::kIncomplete;  // Half of such a line.
  // Methods start with a letter; a TLS greeting on a plain port does not.
  if (!text.empty() && (text[0] < 'A' || text[0] > 'z')) return HeaderState::kMalformed;
  size_t at = scanned_;
  while ((at = text.find('\n', at)) != std::string_view::npos) {
    const std::string_view rest = text.substr(at + 1);
    // The exchange understands only CRLF; a bare line feed would make it wait for more.
    if (at == 0 || text[at - 1] != '\r') return HeaderState::kMalformed;
    if (rest.starts_with("\r\n")) {
      size = at + 3;
      return size > kMaxHeaderBytes ? HeaderState::kTooLarge : HeaderState::kComplete;
    }
    if (rest.empty() || rest == "\r") break;
    ++at;
  }
  if (text.size() > kMaxHeaderBytes) return HeaderState::kTooLarge;
  scanned_ = std::min(at, text.size());
  return HeaderState::kIncomplete;
}

void Connection::ShrinkInput() {
  if (!input().empty()) return;
  std::string().swap(input_);
  consumed_ = scanned_ = 0;
}

bool Connection::WaitReady(IoOutcome what, const Clock& clock, int64_t until_ns) {
  const int64_t left_ms = (until_ns - clock.MonotonicNs() + 999'999) / 1'000'000;
  if (left_ms <= 0) return false;
  const short events = what == IoOutcome::kNeedsRead ? POLLIN : POLLOUT;
  pollfd waited{.fd = transport_->fd(), .events = events, .revents = 0};
  return poll(&waited, 1, static_cast<int>(std::min<int64_t>(left_ms, INT32_MAX))) != 0;
}

}  // namespace tocsin::http
