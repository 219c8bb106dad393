#include "tsdb/block/ulid.h"

namespace tocsin::tsdb {
namespace {

using Bits = unsigned __int128;

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int kDigitBits = 5;
constexpr int kTimeBits = 48;

Bits BitsOf(const std::array<uint8_t, 16>& bytes) {
  Bits bits = 0;
  for (const uint8_t byte : bytes) bits = bits << 8 | byte;
  return bits;
}

Ulid FromBits(Bits bits) {
  std::array<uint8_t, 16> bytes;
  for (size_t i = bytes.size(); i-- > 0; bits >>= 8) bytes[i] = static_cast<uint8_t>(bits);
  return Ulid(bytes);
}

Bits TimeBits(int64_t time_ms) {
  return static_cast<Bits>(static_cast<uint64_t>(time_ms) & ((uint64_t{1} << kTimeBits) - 1)) << 80;
}

}  // namespace

Ulid Ulid::Make(int64_t time_ms, const std::function<uint64_t()>& random) {
  const Bits low = random();
  const Bits high = random() & 0xffff;
  return FromBits(TimeBits(time_ms) | high << 64 | low);
}

Result<Ulid> Ulid::Parse(std::string_view text) {
  const auto invalid = [text] {
    return Errorf(ErrorCode::kInvalidArgument, "not a ULID: \"{}\"", text);
  };
  // 26 digits hold 130 bits: the first may only use three.
  if (text.size() != kTextSize || text[0] > '7') return invalid();
  Bits bits = 0;
  for (const char c : text) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const size_t digit = kDigits.find(upper);
    if (digit == std::string_view::npos) return invalid();
    bits = bits << kDigitBits | digit;
  }
  return FromBits(bits);
}

std::string Ulid::ToString() const {
  std::string text(kTextSize, '0');
  Bits bits = BitsOf(bytes_);
  for (size_t i = kTextSize; i-- > 0; bits >>= kDigitBits) {
    text[i] = kDigits[static_cast<size_t>(bits & 31)];
  }
  return text;
}

int64_t Ulid::time_ms() const { return static_cast<int64_t>(BitsOf(bytes_) >> 80); }

Ulid UlidSource::Next() {
  const Ulid made = Ulid::Make(clock_.NowMs(), random_);
  // Within a millisecond, or when the clock went back, the next number after the last.
  last_ = made > last_ ? made : FromBits(BitsOf(last_.bytes()) + 1);
  return last_;
}

}  // namespace tocsin::tsdb
