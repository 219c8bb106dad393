#pragma once

#include <atomic>
#include <cstdint>

namespace tocsin {

/// Where a component's time comes from. No code below `app` reads the machine's clock itself.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since the Unix epoch: the time of samples, alerts and rules.
  virtual int64_t NowMs() const { return NowNs() / 1'000'000; }
  /// Nanoseconds since the Unix epoch, for texts that show them (RFC 3339).
  virtual int64_t NowNs() const = 0;
  /// Nanoseconds of a clock that never goes back: durations and timeouts.
  virtual int64_t MonotonicNs() const = 0;
};

/// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  int64_t NowNs() const override;
  int64_t MonotonicNs() const override;
};

/// Time that moves only when told. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t now_ms = 0) : now_ns_(now_ms * 1'000'000) {}
  int64_t NowNs() const override { return now_ns_.load(); }
  int64_t MonotonicNs() const override { return now_ns_.load(); }
  void SetMs(int64_t now_ms) { now_ns_ = now_ms * 1'000'000; }
  void AdvanceMs(int64_t delta_ms) { now_ns_ += delta_ms * 1'000'000; }

 private:
  std::atomic<int64_t> now_ns_;
};

}  // namespace tocsin
