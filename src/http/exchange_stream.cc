#include "http/exchange_stream.h"

#include <algorithm>
#include <cstring>

namespace tocsin::http {
namespace {

// Below: copied together with the header into one send. Above: sent from where it is.
constexpr size_t kGatherBytes = 32 << 10;

}  // namespace

size_t ExchangeStream::Read(char* out, size_t size) {
  if (header_left_ > 0) {
    const size_t count = TakeInput(out, std::min(size, header_left_));
    header_left_ -= count;
    return count;
  }
  if (connection_.input().empty() && !FillInput()) return 0;
  return TakeInput(out, size);
}

size_t ExchangeStream::TakeInput(char* out, size_t size) {
  const std::string_view input = connection_.input();
  const size_t count = std::min(size, input.size());
  std::memcpy(out, input.data(), count);
  connection_.Consume(count);
  return count;
}

bool ExchangeStream::FillInput() {
  if (!Flush()) return false;  // A client that waits for "100 Continue".
  if (body_deadline_ns_ == 0) {
    body_deadline_ns_ = clock_.MonotonicNs() + options_.body_timeout_ms * 1'000'000;
  }
  for (;;) {
    const IoOutcome outcome = connection_.Fill();
    if (outcome == IoOutcome::kDone) return true;
    if (outcome == IoOutcome::kClosed) {
      has_failed_ = true;
      return false;
    }
    if (!connection_.WaitReady(outcome, clock_, body_deadline_ns_)) {
      has_timed_out_ = true;
      return false;
    }
  }
}

bool ExchangeStream::Write(std::string_view bytes) {
  if (has_failed_) return false;
  if (output_.size() + bytes.size() <= kGatherBytes) {
    output_.append(bytes);
    return true;
  }
  const bool sent = Send(output_, true) && Send(bytes, false);
  output_.clear();
  return sent;
}

bool ExchangeStream::Flush() {
  const bool sent = Send(output_, false);
  output_.clear();
  return sent;
}

bool ExchangeStream::Send(std::string_view bytes, bool more_follows) {
  while (!bytes.empty() && !has_failed_) {
    const IoStep step = connection_.transport().Write(bytes, more_follows);
    if (step.outcome == IoOutcome::kDone) {
      bytes.remove_prefix(step.size);
      continue;
    }
    const int64_t deadline_ns = clock_.MonotonicNs() + options_.write_timeout_ms * 1'000'000;
    has_failed_ = step.outcome == IoOutcome::kClosed ||
                  !connection_.WaitReady(step.outcome, clock_, deadline_ns);
  }
  return !has_failed_;
}

}  // namespace tocsin::http
