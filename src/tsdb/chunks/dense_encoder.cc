// The grammar stands atop dense_decoder.cc.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>

#include "base/check.h"
#include "base/varint.h"
#include "tsdb/chunks/bit_packing.h"
#include "tsdb/chunks/dense_chunk.h"
#include "tsdb/chunks/dense_format.h"
#include "tsdb/chunks/xor_value.h"

namespace tocsin::tsdb {
namespace {

using internal::DenseValues;

void PutLE64(std::string& out, uint64_t value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  out.append(bytes, sizeof(bytes));
}

int64_t Subtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

/// Numbers as distances to the smallest of them.
struct Packed {
  int64_t min = 0;
  uint32_t width = 0;
  std::vector<uint64_t> distances;

  explicit Packed(const std::vector<int64_t>& numbers) {
    if (numbers.empty()) return;
    min = *std::min_element(numbers.begin(), numbers.end());
    uint64_t all = 0;
    for (const int64_t number : numbers) {
      distances.push_back(static_cast<uint64_t>(Subtract(number, min)));
      all |= distances.back();
    }
    width = static_cast<uint32_t>(std::bit_width(all));
  }
};

void PutTimestamps(const int64_t* timestamps_ms, size_t count, std::string& out) {
  PutVarint(out, timestamps_ms[0]);
  if (count == 1) return;
  int64_t delta = Subtract(timestamps_ms[1], timestamps_ms[0]);
  PutVarint(out, delta);
  if (count == 2) return;
  std::vector<int64_t> changes;
  for (size_t i = 2; i < count; ++i) {
    const int64_t next = Subtract(timestamps_ms[i], timestamps_ms[i - 1]);
    changes.push_back(Subtract(next, delta));
    delta = next;
  }
  const Packed packed(changes);
  if (packed.width > kMaxPackedWidth) {
    out.push_back(static_cast<char>(internal::kPlainTimestamps));
    for (size_t i = 2; i < count; ++i) PutLE64(out, static_cast<uint64_t>(timestamps_ms[i]));
    return;
  }
  out.push_back(static_cast<char>(packed.width));
  PutVarint(out, packed.min);
  PackBits(packed.distances.data(), packed.distances.size(), packed.width, out);
}

/// `value` times 10^exponent, if that is a whole number that gives the value back, bit for bit.
std::optional<int64_t> WholeNumber(double value, uint32_t exponent) {
  const double power = internal::kPowersOfTen[exponent];
  const double scaled = std::nearbyint(value * power);
  // Written so that NaN is refused.
  if (!(std::abs(scaled) < static_cast<double>(internal::kMaxDenseInteger))) return std::nullopt;
  const auto number = static_cast<int64_t>(scaled);
  const double back = static_cast<double>(number) / power;
  if (std::bit_cast<uint64_t>(back) != std::bit_cast<uint64_t>(value)) return std::nullopt;
  return number;
}

/// The fewest digits after the point with which all values that are decimals at all are whole.
uint32_t ExponentOf(const double* values, size_t count) {
  uint32_t exponent = 0;
  for (size_t i = 0; i < count; ++i) {
    if (WholeNumber(values[i], exponent)) continue;
    for (uint32_t more = exponent + 1; more <= internal::kMaxDenseExponent; ++more) {
      if (!WholeNumber(values[i], more)) continue;
      exponent = more;
      break;
    }
  }
  return exponent;
}

struct Exception {
  size_t index = 0;
  uint64_t bits = 0;
};

/// The values as whole numbers; exceptions repeat the number before.
struct Numbers {
  std::vector<int64_t> numbers;
  std::vector<Exception> exceptions;
};

std::optional<Numbers> MakeNumbers(const double* values, size_t count, uint32_t exponent) {
  // Nine bytes each: with more of them XOR is smaller.
  const size_t max_exceptions = count / 8 + 1;
  Numbers out;
  for (size_t i = 0; i < count; ++i) {
    const std::optional<int64_t> number = WholeNumber(values[i], exponent);
    if (!number) {
      out.exceptions.push_back({i, std::bit_cast<uint64_t>(values[i])});
      if (out.exceptions.size() > max_exceptions) return std::nullopt;
    }
    out.numbers.push_back(number ? *number : i > 0 ? out.numbers.back() : 0);
  }
  // Leading exceptions take the first number that there is, so that no delta is large.
  size_t first = 0;
  while (first < out.exceptions.size() && out.exceptions[first].index == first) ++first;
  if (first < count) std::fill_n(out.numbers.begin(), first, out.numbers[first]);
  return out;
}

std::optional<std::string> EncodeDecimals(const double* values, size_t count) {
  const uint32_t exponent = ExponentOf(values, count);
  const std::optional<Numbers> made = MakeNumbers(values, count, exponent);
  if (!made) return std::nullopt;
  std::vector<int64_t> deltas;
  int64_t divisor = 0;
  for (size_t i = 1; i < count; ++i) {
    deltas.push_back(made->numbers[i] - made->numbers[i - 1]);
    divisor = std::gcd(divisor, deltas.back());
  }
  if (divisor == 0) divisor = 1;
  for (int64_t& delta : deltas) delta /= divisor;
  const Packed packed(deltas);
  if (packed.width > kMaxPackedWidth) return std::nullopt;
  std::string out;
  out.push_back(static_cast<char>(exponent));
  PutVarint(out, made->numbers[0]);
  PutUvarint(out, static_cast<uint64_t>(divisor));
  PutVarint(out, packed.min);
  out.push_back(static_cast<char>(packed.width));
  PackBits(packed.distances.data(), packed.distances.size(), packed.width, out);
  PutUvarint(out, made->exceptions.size());
  for (const Exception& exception : made->exceptions) {
    PutUvarint(out, exception.index);
    PutLE64(out, exception.bits);
  }
  return out;
}

std::string EncodeXor(const double* values, size_t count) {
  BitBuffer bits;
  XorValue value(values[0]);
  bits.Put(value.bits, 64);
  for (size_t i = 1; i < count; ++i) value.Put(bits, values[i]);
  std::string out;
  bits.AppendTo(out);
  return out;
}

bool IsConstant(const double* values, size_t count) {
  const auto first = std::bit_cast<uint64_t>(values[0]);
  return std::all_of(values, values + count,
                     [first](double value) { return std::bit_cast<uint64_t>(value) == first; });
}

struct Candidate {
  DenseValues kind;
  std::string bytes;
};

std::vector<Candidate> CandidatesOf(const double* values, size_t count) {
  std::vector<Candidate> candidates;
  if (IsConstant(values, count)) {
    candidates.push_back({DenseValues::kConstant, {}});
    PutLE64(candidates.back().bytes, std::bit_cast<uint64_t>(values[0]));
  }
  if (std::optional<std::string> decimals = EncodeDecimals(values, count)) {
    candidates.push_back({DenseValues::kDecimal, std::move(*decimals)});
  }
  if (candidates.empty() || candidates.front().kind != DenseValues::kConstant) {
    candidates.push_back({DenseValues::kXor, EncodeXor(values, count)});
  }
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.bytes.size() < b.bytes.size(); });
  return candidates;
}

bool DecodesTo(std::string_view chunk, const int64_t* timestamps_ms, const double* values,
               size_t count) {
  std::vector<int64_t> decoded_times;
  std::vector<double> decoded;
  return DenseDecodeChunk(chunk, decoded_times, decoded) && decoded.size() == count &&
         std::memcmp(decoded_times.data(), timestamps_ms, count * sizeof(int64_t)) == 0 &&
         std::memcmp(decoded.data(), values, count * sizeof(double)) == 0;
}

}  // namespace

std::string DenseEncode(const int64_t* timestamps_ms, const double* values, size_t count) {
  CHECK(count > 0 && count <= kMaxDenseSamples, "a dense chunk holds 1 to 16384 samples");
  std::string times;
  PutTimestamps(timestamps_ms, count, times);
  for (const Candidate& candidate : CandidatesOf(values, count)) {
    std::string chunk;
    chunk.push_back(static_cast<char>(candidate.kind));
    PutUvarint(chunk, count);
    chunk.append(times);
    chunk.append(candidate.bytes);
    if (DecodesTo(chunk, timestamps_ms, values, count)) return chunk;
  }
  CHECK(false, "a dense chunk does not decode to its samples");
  return {};
}

}  // namespace tocsin::tsdb
