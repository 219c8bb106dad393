#include "http/direct_exchange.h"

#include <sys/socket.h>

#include <cerrno>

namespace tocsin::http {

DirectExchange::DirectExchange(std::unique_ptr<CurlTransfer> transfer, FileDescriptor socket,
                               int64_t start_ns)
    : transfer_(std::move(transfer)),
      socket_(std::move(socket)),
      reader_(transfer_->TakeBodyBuffer(), transfer_->request().max_body_bytes),
      start_ns_(start_ns),
      deadline_ns_(start_ns + transfer_->request().timeout_ms * 1'000'000) {}

bool DirectExchange::Send(const std::string& user_agent) {
  const Result<std::string> head = transfer_->MakeHead(user_agent);
  if (!head) return false;
  // A request fits the socket's buffer, which is empty.
  const ssize_t sent = ::send(socket_.get(), head->data(), head->size(), MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(head->size());
}

DirectExchange::Progress DirectExchange::Receive(std::span<char> scratch) {
  for (;;) {
    const std::span<char> room = reader_.Room();
    const std::span<char> target = room.empty() ? scratch : room;
    const ssize_t count = ::recv(socket_.get(), target.data(), target.size(), 0);
    if (count < 0) {
      return errno == EAGAIN || errno == EINTR ? Progress::kMore : Progress::kFailed;
    }
    const auto size = static_cast<size_t>(count);
    if (count == 0) {
      reader_.TakeEnd();
    } else if (!room.empty()) {
      reader_.TakeReceived(size);
    } else if (reader_.Take({scratch.data(), size}) < size) {
      socket_.Reset();  // Bytes behind the answer belong to nothing.
    }
    if (reader_.is_too_large()) return Progress::kTooLarge;
    if (reader_.is_malformed()) return Progress::kFailed;
    if (reader_.is_complete()) return Progress::kComplete;
    if (size < target.size()) return Progress::kMore;
  }
}

FileDescriptor DirectExchange::Finish(int64_t now_ns) {
  if (!reader_.keeps_alive()) socket_.Reset();
  transfer_->FinishDirect(reader_, now_ns - start_ns_);
  return std::move(socket_);
}

std::unique_ptr<CurlTransfer> DirectExchange::ReleaseTransfer(int64_t now_ns) {
  transfer_->AddElapsed(now_ns - start_ns_);
  return std::move(transfer_);
}

void DirectExchange::FailTooLarge() {
  transfer_->Fail(Error(ErrorCode::kTooLarge, "body size limit exceeded"));
}

void DirectExchange::FailTimeout() { transfer_->FailTimeout(reader_.is_in_body()); }

}  // namespace tocsin::http
