#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin::tsdb {

/// The name of a block: 48 bits of milliseconds, then 80 random bits; as text 26 digits of
/// Crockford's base 32, so that names sort by time. Value type.
class Ulid {
 public:
  static constexpr size_t kTextSize = 26;

  Ulid() = default;
  explicit Ulid(const std::array<uint8_t, 16>& bytes) : bytes_(bytes) {}
  /// `random` gives 64 random bits a call.
  static Ulid Make(int64_t time_ms, const std::function<uint64_t()>& random);
  /// From the 26 digits, of either case; kInvalidArgument for anything else.
  static Result<Ulid> Parse(std::string_view text);

  std::string ToString() const;
  int64_t time_ms() const;
  bool is_zero() const { return *this == Ulid(); }
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

  friend bool operator==(const Ulid&, const Ulid&) = default;
  friend auto operator<=>(const Ulid&, const Ulid&) = default;

 private:
  std::array<uint8_t, 16> bytes_{};
};

/// Makes names for new blocks; each is greater than the one before. Confined to a thread.
class UlidSource {
 public:
  /// `clock` must outlive it. `random` gives 64 random bits a call.
  UlidSource(const Clock& clock, std::function<uint64_t()> random)
      : clock_(clock), random_(std::move(random)) {}

  Ulid Next();

 private:
  const Clock& clock_;
  const std::function<uint64_t()> random_;
  Ulid last_;
};

}  // namespace tocsin::tsdb
