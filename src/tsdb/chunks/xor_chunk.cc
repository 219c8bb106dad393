// chunk  := count(BE16) bits
// bits   := t(varint) v(64 bits)  [dt(uvarint) value]  (dod value)*
// dod    := 0 | 10 d14 | 110 d17 | 1110 d20 | 1111 d64      (change of delta, two's complement)
// value  := 0                                               (same bits as before)
//         | 1 0 meaningful                                  (XOR, in the window in force)
//         | 1 1 leading(5) length(6) meaningful             (XOR, new window; length 64 is written
//         0)
#include "tsdb/chunks/xor_chunk.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/varint.h"
#include "tsdb/chunks/bit_reader.h"

namespace tocsin::tsdb {
namespace {

constexpr uint8_t kMaxLeading = 31;  // What five bits hold.
// The first of the bits that BitReader::Peek does not vouch for, minus one to make their number
// even.
constexpr uint64_t kPeekEnd = uint64_t{1} << 7;

// Collects bits left to right in a word and stores whole words.
class BitWriter {
 public:
  BitWriter(char* out, uint32_t bit_offset) : out_(out), used_(bit_offset) {
    if (bit_offset > 0) word_ = uint64_t{static_cast<uint8_t>(*out)} << 56;
  }

  // The low `count` bits of `bits`; the others are zero. 0 < count <= 64.
  void Put(uint64_t bits, uint32_t count) {
    const uint32_t room = 64 - used_;
    if (count < room) {
      word_ |= bits << (room - count);
      used_ += count;
      return;
    }
    word_ |= bits >> (count - room);
    Store();
    used_ = count - room;
    word_ = used_ == 0 ? 0 : bits << (64 - used_);
  }

  void PutBytes(std::string_view bytes) {
    for (const char byte : bytes) Put(static_cast<uint8_t>(byte), 8);
  }

  // Writes out what is left and returns the number of bits since the start of `out`.
  uint32_t Finish() {
    const uint32_t total = words_ * 64 + used_;
    if (used_ > 0) Store();
    return total;
  }

 private:
  void Store() {
    const uint64_t big_endian = __builtin_bswap64(word_);
    std::memcpy(out_ + size_t{words_} * 8, &big_endian, 8);
    ++words_;
  }

  char* out_;
  uint64_t word_ = 0;
  uint32_t used_;
  uint32_t words_ = 0;
};

constexpr bool FitsBits(int64_t value, int bits) {
  return -((int64_t{1} << (bits - 1)) - 1) <= value && value <= int64_t{1} << (bits - 1);
}

constexpr uint64_t LowBits(int64_t value, int bits) {
  return static_cast<uint64_t>(value) & ((uint64_t{1} << bits) - 1);
}

void PutDeltaOfDelta(BitWriter& out, int64_t dod) {
  if (dod == 0) {
    out.Put(0, 1);
  } else if (FitsBits(dod, 14)) {
    out.Put(uint64_t{0b10} << 14 | LowBits(dod, 14), 16);
  } else if (FitsBits(dod, 17)) {
    out.Put(uint64_t{0b110} << 17 | LowBits(dod, 17), 20);
  } else if (FitsBits(dod, 20)) {
    out.Put(uint64_t{0b1110} << 20 | LowBits(dod, 20), 24);
  } else {
    out.Put(0b1111, 4);
    out.Put(static_cast<uint64_t>(dod), 64);
  }
}

void PutValue(BitWriter& out, XorCursor& cursor, double value) {
  const uint64_t delta = std::bit_cast<uint64_t>(value) ^ std::bit_cast<uint64_t>(cursor.value);
  cursor.value = value;
  if (delta == 0) {
    out.Put(0, 1);
    return;
  }
  auto leading = static_cast<uint8_t>(std::countl_zero(delta));
  const auto trailing = static_cast<uint8_t>(std::countr_zero(delta));
  if (leading > kMaxLeading) leading = kMaxLeading;
  if (cursor.leading != XorCursor::kNoWindow && leading >= cursor.leading &&
      trailing >= cursor.trailing) {
    const uint32_t length = 64u - cursor.leading - cursor.trailing;
    out.Put(0b10, 2);
    out.Put(delta >> cursor.trailing, length);
    return;
  }
  cursor.leading = leading;
  cursor.trailing = trailing;
  const uint32_t length = 64u - leading - trailing;
  out.Put(uint64_t{0b11} << 11 | uint64_t{leading} << 6 | (length & 0x3f), 13);
  out.Put(delta >> trailing, length);
}

void PutFirst(BitWriter& out, XorCursor& cursor, int64_t timestamp_ms, double value) {
  std::string bytes;
  PutVarint(bytes, timestamp_ms);
  out.PutBytes(bytes);
  out.Put(std::bit_cast<uint64_t>(value), 64);
  cursor.value = value;
}

void PutSecond(BitWriter& out, XorCursor& cursor, int64_t delta_ms, double value) {
  std::string bytes;
  PutUvarint(bytes, static_cast<uint64_t>(delta_ms));
  out.PutBytes(bytes);
  PutValue(out, cursor, value);
}

// `bits` of a two's complement number whose range is (-2^(n-1), 2^(n-1)].
int64_t SignExtend(uint64_t bits, uint32_t count) {
  const uint64_t half = uint64_t{1} << (count - 1);
  return static_cast<int64_t>(bits > half ? bits - (half << 1) : bits);
}

int64_t ReadDeltaOfDelta(BitReader& in, uint64_t window) {
  static constexpr struct {
    uint8_t prefix_bits, value_bits;
  } kForms[] = {{2, 14}, {3, 17}, {4, 20}};
  const auto ones = static_cast<uint32_t>(std::countl_one(window));
  if (ones >= 4) {
    in.Skip(4);
    return static_cast<int64_t>(in.Read(64));
  }
  const auto form = kForms[ones - 1];
  in.Skip(form.prefix_bits);
  return SignExtend(in.Read(form.value_bits), form.value_bits);
}

struct Window {
  uint32_t leading = 0;
  uint32_t trailing = 0;
  bool is_set = false;
};

// Reads a value that differs from the last; `control` holds the bits from its first control bit on.
// False if the window makes no sense.
bool ReadChangedValue(BitReader& in, uint64_t control, Window& window, uint64_t& value_bits) {
  if (control & uint64_t{1} << 62) {
    const auto leading = static_cast<uint32_t>(control >> 57) & 0x1f;
    auto length = static_cast<uint32_t>(control >> 51) & 0x3f;
    if (length == 0) length = 64;
    if (leading + length > 64) return false;
    window = {leading, 64 - leading - length, true};
    in.Skip(13);
  } else {
    if (!window.is_set) return false;
    in.Skip(2);
  }
  value_bits ^= in.Read(64 - window.leading - window.trailing) << window.trailing;
  return true;
}

Error Malformed() { return Error(ErrorCode::kCorruption, "malformed XOR chunk"); }

// What decoding leaves behind, for a cursor.
struct DecodeEnd {
  BitReader in;
  Window window;
  uint64_t delta = 0;
};

Status Decode(DecodeEnd& end, size_t count, int64_t* timestamps_ms, double* values) {
  if (count == 0) return {};
  BitReader in = end.in;
  // Unsigned, so that malformed input wraps instead of overflowing.
  auto timestamp = static_cast<uint64_t>(in.ReadVarint());
  uint64_t value_bits = in.Read(64);
  uint64_t delta = 0;
  Window window;
  timestamps_ms[0] = static_cast<int64_t>(timestamp);
  values[0] = std::bit_cast<double>(value_bits);
  for (size_t i = 1; i < count; ++i) {
    uint64_t bits;
    if (i > 1) [[likely]] {
      bits = in.Peek();
      if (bits >> 62 == 0) {
        // As many samples as there are pairs of zero bits: same interval, same value.
        const size_t pairs = static_cast<size_t>(std::countl_zero(bits | kPeekEnd)) / 2;
        const size_t last = std::min(count, i + pairs);
        in.Skip(static_cast<uint32_t>(2 * (last - i)));
        if (in.past_end()) return Malformed();
        const double value = std::bit_cast<double>(value_bits);
        for (; i < last; ++i) {
          timestamp += delta;
          timestamps_ms[i] = static_cast<int64_t>(timestamp);
          values[i] = value;
        }
        --i;
        continue;
      }
      if (bits >> 63 == 0) [[likely]] {
        in.Skip(1);
        bits <<= 1;
      } else {
        delta += static_cast<uint64_t>(ReadDeltaOfDelta(in, bits));
        bits = in.Peek();
      }
    } else {
      delta = in.ReadUvarint();
      bits = in.Peek();
    }
    timestamp += delta;
    if (bits >> 63 == 0) {
      in.Skip(1);
    } else if (!ReadChangedValue(in, bits, window, value_bits)) {
      return Malformed();
    }
    if (in.past_end()) return Malformed();
    timestamps_ms[i] = static_cast<int64_t>(timestamp);
    values[i] = std::bit_cast<double>(value_bits);
  }
  if (in.past_end()) return Malformed();
  end = {in, window, delta};
  return {};
}

}  // namespace

void XorAppend(XorCursor& cursor, const int64_t* timestamps_ms, const double* values, size_t count,
               char* out) {
  const uint32_t bit_offset = cursor.bit_count & 7;
  BitWriter writer(out, bit_offset);
  for (size_t i = 0; i < count; ++i) {
    const auto delta_ms = static_cast<int64_t>(static_cast<uint64_t>(timestamps_ms[i]) -
                                               static_cast<uint64_t>(cursor.timestamp_ms));
    if (cursor.sample_count > 1) [[likely]] {
      PutDeltaOfDelta(writer, static_cast<int64_t>(static_cast<uint64_t>(delta_ms) -
                                                   static_cast<uint64_t>(cursor.delta_ms)));
      PutValue(writer, cursor, values[i]);
      cursor.delta_ms = delta_ms;
    } else if (cursor.sample_count == 1) {
      PutSecond(writer, cursor, delta_ms, values[i]);
      cursor.delta_ms = delta_ms;
    } else {
      PutFirst(writer, cursor, timestamps_ms[i], values[i]);
    }
    cursor.timestamp_ms = timestamps_ms[i];
    ++cursor.sample_count;
  }
  cursor.bit_count += writer.Finish() - bit_offset;
}

Status XorDecode(std::string_view bits, size_t count, int64_t* timestamps_ms, double* values) {
  DecodeEnd end{BitReader(bits), {}, 0};
  return Decode(end, count, timestamps_ms, values);
}

Status XorDecodeChunk(std::string_view chunk, std::vector<int64_t>& timestamps_ms,
                      std::vector<double>& values) {
  if (chunk.size() < kXorHeaderBytes) return Malformed();
  const size_t count =
      static_cast<size_t>(static_cast<uint8_t>(chunk[0])) << 8 | static_cast<uint8_t>(chunk[1]);
  // Every sample takes two bits at least: a count beyond that is refused before memory is taken.
  if (count > chunk.size() * 4) return Malformed();
  const size_t before = timestamps_ms.size();
  timestamps_ms.resize(before + count);
  values.resize(before + count);
  auto status = XorDecode(chunk.substr(kXorHeaderBytes), count, timestamps_ms.data() + before,
                          values.data() + before);
  if (!status) {
    timestamps_ms.resize(before);
    values.resize(before);
  }
  return status;
}

int64_t XorFirstTimestamp(std::string_view bits) {
  BitReader in(bits);
  return in.ReadVarint();
}

Result<XorCursor> XorCursorAtEnd(std::string_view bits, size_t count) {
  XorCursor cursor;
  if (count == 0) return cursor;
  if (count > UINT16_MAX) return Malformed();
  std::vector<int64_t> timestamps_ms(count);
  std::vector<double> values(count);
  DecodeEnd end{BitReader(bits), {}, 0};
  TOCSIN_RETURN_IF_ERROR(Decode(end, count, timestamps_ms.data(), values.data()));
  cursor.timestamp_ms = timestamps_ms.back();
  cursor.value = values.back();
  cursor.delta_ms = static_cast<int64_t>(end.delta);
  cursor.bit_count = static_cast<uint32_t>(end.in.position());
  cursor.sample_count = static_cast<uint16_t>(count);
  if (end.window.is_set) {
    cursor.leading = static_cast<uint8_t>(end.window.leading);
    cursor.trailing = static_cast<uint8_t>(end.window.trailing);
  }
  return cursor;
}

}  // namespace tocsin::tsdb
