// chunk  := count(BE16) start_header(1) bits
// bits   := t(varint) v(64 bits) [start]   dt(uvarint) value [start]   (joint [start])*
// joint  := 0                     same interval, same value
//         | 10 window             same interval
//         | 110 d13 value | 1110 d20 value | 11110 d64 value      (change of delta, two's
//         complement) | 11111                 same interval, stale marker
// value  := 0 | 10 meaningful | 110 leading(5) length(6) meaningful | 111 (stale marker)
// window := 0 meaningful | 1 leading(5) length(6) meaningful
// start  := see start_timestamps.h
#include "tsdb/chunks/xor2_chunk.h"

#include <bit>

#include "model/sample.h"

namespace tocsin::tsdb {
namespace {

constexpr uint32_t kShortBits = 13;
constexpr uint32_t kLongBits = 20;

constexpr bool FitsBits(int64_t value, uint32_t bits) {
  return -(int64_t{1} << (bits - 1)) <= value && value < int64_t{1} << (bits - 1);
}

constexpr uint64_t LowBits(int64_t value, uint32_t bits) {
  return static_cast<uint64_t>(value) & ((uint64_t{1} << bits) - 1);
}

int64_t SignExtend(uint64_t bits, uint32_t count) {
  return static_cast<int64_t>(bits << (64 - count)) >> (64 - count);
}

Error Malformed() { return Error(ErrorCode::kCorruption, "malformed XOR2 chunk"); }

/// The state of decoding. Confined to a call.
class Decoder {
 public:
  Decoder(std::string_view bits, uint8_t start_header) : in_(bits), starts_(start_header) {}

  /// Reads sample `index`; false if it makes no sense.
  bool Next(uint32_t index) {
    const int64_t previous_ms = timestamp_ms_;
    if (!ReadSample(index)) return false;
    start_ms_ = starts_.Read(in_, index, timestamp_ms_, previous_ms);
    return !in_.past_end();
  }
  int64_t timestamp_ms() const { return timestamp_ms_; }
  int64_t start_ms() const { return start_ms_; }
  bool knows_starts() const { return starts_.knows_any(); }
  double value() const { return is_stale_ ? kStaleNan : value_.value(); }

 private:
  bool ReadSample(uint32_t index) {
    is_stale_ = false;
    if (index > 1) return ReadJoint();
    if (index == 1) {
      Advance(in_.ReadUvarint());
      return ReadValue();
    }
    timestamp_ms_ = in_.ReadVarint();
    const uint64_t bits = in_.Read(64);
    is_stale_ = bits == kStaleNanBits;
    if (!is_stale_) value_.bits = bits;
    return true;
  }

  bool ReadJoint() {
    const auto ones = static_cast<uint32_t>(std::countl_one(in_.Peek()));
    switch (ones) {
      case 0:
        in_.Skip(1);
        Advance(0);
        return true;
      case 1:
        in_.Skip(2);
        Advance(0);
        return ReadWindow();
      case 2:
        in_.Skip(3);
        Advance(static_cast<uint64_t>(SignExtend(in_.Read(kShortBits), kShortBits)));
        return ReadValue();
      case 3:
        in_.Skip(4);
        Advance(static_cast<uint64_t>(SignExtend(in_.Read(kLongBits), kLongBits)));
        return ReadValue();
      case 4:
        in_.Skip(5);
        Advance(in_.Read(64));
        return ReadValue();
      default:
        in_.Skip(5);
        Advance(0);
        is_stale_ = true;
        return true;
    }
  }

  bool ReadValue() {
    if (in_.Read(1) == 0) return true;
    if (in_.Read(1) == 0) return value_.ReadMeaningful(in_);
    is_stale_ = in_.Read(1) == 1;
    return is_stale_ || (value_.ReadWindow(in_) && value_.ReadMeaningful(in_));
  }

  bool ReadWindow() {
    if (in_.Read(1) == 1 && !value_.ReadWindow(in_)) return false;
    return value_.ReadMeaningful(in_);
  }

  void Advance(uint64_t change) {
    delta_ms_ += change;
    timestamp_ms_ = static_cast<int64_t>(static_cast<uint64_t>(timestamp_ms_) + delta_ms_);
  }

  BitReader in_;
  StartTimestampReader starts_;
  XorValue value_;
  int64_t timestamp_ms_ = 0;
  int64_t start_ms_ = 0;
  uint64_t delta_ms_ = 0;
  bool is_stale_ = false;
};

}  // namespace

void Xor2Encoder::Append(int64_t timestamp_ms, double value, int64_t start_timestamp_ms) {
  const int64_t previous_ms = timestamp_ms_;
  const auto delta_ms = static_cast<uint64_t>(timestamp_ms) - static_cast<uint64_t>(previous_ms);
  if (count_ == 0) {
    bits_.PutVarint(timestamp_ms);
    bits_.Put(std::bit_cast<uint64_t>(value), 64);
    if (!IsStaleNan(value)) value_ = XorValue(value);
  } else if (count_ == 1) {
    bits_.PutUvarint(delta_ms);
    PutValue(value);
    delta_ms_ = delta_ms;
  } else {
    PutJoint(static_cast<int64_t>(delta_ms - delta_ms_), value);
    delta_ms_ = delta_ms;
  }
  timestamp_ms_ = timestamp_ms;
  starts_.Put(bits_, count_, timestamp_ms, previous_ms, start_timestamp_ms);
  ++count_;
}

void Xor2Encoder::PutJoint(int64_t dod, double value) {
  if (dod != 0) {
    if (FitsBits(dod, kShortBits)) {
      bits_.Put(uint64_t{0b110} << kShortBits | LowBits(dod, kShortBits), 3 + kShortBits);
    } else if (FitsBits(dod, kLongBits)) {
      bits_.Put(uint64_t{0b1110} << kLongBits | LowBits(dod, kLongBits), 4 + kLongBits);
    } else {
      bits_.Put(0b11110, 5);
      bits_.Put(static_cast<uint64_t>(dod), 64);
    }
    return PutValue(value);
  }
  if (IsStaleNan(value)) return bits_.Put(0b11111, 5);
  const uint64_t delta = std::bit_cast<uint64_t>(value) ^ value_.bits;
  if (delta == 0) return bits_.Put(0, 1);
  value_.bits ^= delta;
  if (value_.FitWindow(delta)) {
    bits_.Put(0b100, 3);
  } else {
    bits_.Put(0b101, 3);
    value_.PutWindow(bits_);
  }
  value_.PutMeaningful(bits_, delta);
}

void Xor2Encoder::PutValue(double value) {
  if (IsStaleNan(value)) return bits_.Put(0b111, 3);
  const uint64_t delta = std::bit_cast<uint64_t>(value) ^ value_.bits;
  if (delta == 0) return bits_.Put(0, 1);
  value_.bits ^= delta;
  if (value_.FitWindow(delta)) {
    bits_.Put(0b10, 2);
  } else {
    bits_.Put(0b110, 3);
    value_.PutWindow(bits_);
  }
  value_.PutMeaningful(bits_, delta);
}

std::string Xor2Encoder::Bytes() const {
  std::string bytes;
  bytes.reserve(byte_count());
  bytes.push_back(static_cast<char>(count_ >> 8));
  bytes.push_back(static_cast<char>(count_));
  bytes.push_back(static_cast<char>(starts_.header()));
  bits_.AppendTo(bytes);
  return bytes;
}

Status Xor2DecodeChunk(std::string_view chunk, storage::SampleBuffer& out) {
  if (chunk.size() < Xor2Encoder::kHeaderBytes) return Malformed();
  const uint32_t count =
      uint32_t{static_cast<uint8_t>(chunk[0])} << 8 | static_cast<uint8_t>(chunk[1]);
  // Every sample takes a bit at least: a count beyond that is refused before memory is taken.
  if (count > chunk.size() * 8) return Malformed();
  Decoder decoder(chunk.substr(Xor2Encoder::kHeaderBytes), static_cast<uint8_t>(chunk[2]));
  const size_t before = out.values.size();
  const size_t starts_before = out.start_timestamps_ms.size();
  const bool keeps_starts = decoder.knows_starts() || starts_before > 0;
  if (keeps_starts) out.start_timestamps_ms.resize(before);
  for (uint32_t i = 0; i < count; ++i) {
    if (!decoder.Next(i)) {
      out.timestamps_ms.resize(before);
      out.values.resize(before);
      out.start_timestamps_ms.resize(starts_before);
      return Malformed();
    }
    out.timestamps_ms.push_back(decoder.timestamp_ms());
    out.values.push_back(decoder.value());
    if (keeps_starts) out.start_timestamps_ms.push_back(decoder.start_ms());
  }
  return {};
}

}  // namespace tocsin::tsdb
