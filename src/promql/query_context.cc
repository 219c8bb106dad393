#include "promql/query_context.h"

namespace tocsin::promql {
namespace {

Error TooManySamples() {
  return Error(ErrorCode::kTooLarge,
               "query processing would load too many samples into memory in query execution");
}

void RaiseTo(std::atomic<uint64_t>& peak, uint64_t value) {
  uint64_t seen = peak.load(std::memory_order_relaxed);
  while (seen < value && !peak.compare_exchange_weak(seen, value)) {
  }
}

}  // namespace

Status QueryContext::CheckRunning() const {
  if (deadline_.canceled() || (caller_ != nullptr && caller_->canceled())) {
    return Error(ErrorCode::kCanceled, "query was canceled in expression evaluation");
  }
  if (deadline_.expired() || (caller_ != nullptr && caller_->expired())) {
    return Error(ErrorCode::kTimeout, "query timed out in expression evaluation");
  }
  return {};
}

Status QueryContext::HoldSamples(uint64_t count) {
  const uint64_t held = held_samples_.fetch_add(count) + count;
  RaiseTo(peak_samples_, held);
  if (held <= settings_.max_samples) return {};
  held_samples_.fetch_sub(count);
  return TooManySamples();
}

Status QueryContext::TouchSamples(uint64_t count) {
  const uint64_t held = held_samples_.load(std::memory_order_relaxed) + count;
  RaiseTo(peak_samples_, held);
  if (held > settings_.max_samples) return TooManySamples();
  return {};
}

}  // namespace tocsin::promql
